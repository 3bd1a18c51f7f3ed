/** An SMTP client that sends one message after the other and writes down each answer, whatever happens in between. */

import { connect, type Socket } from 'node:net';
import { type Ledger, textOf } from './ledger.ts';

/** Longer than any time limit of the daemon that a client could meet. */
export const PATIENCE_MS = 30_000;

export interface Conversation {
  /** Sends text and answers the reply to it, all its lines. Rejects when the connection ends first. */
  say(text: string): Promise<string>;
  end(): void;
}

/** Connects and waits for the greeting. */
export async function converse(port: number): Promise<Conversation> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const reply = createReplies(socket);
  const greeting = await reply();
  if (!greeting.startsWith('220')) throw new Error(`no greeting: ${greeting}`);
  return {
    say(text) {
      socket.write(text);
      return reply();
    },
    end: () => socket.destroy(),
  };
}

export class Hung extends Error {}

/** Hands out one reply a call; the last line of a reply has a space after its code. */
function createReplies(socket: Socket): () => Promise<string> {
  let text = '';
  let ended: Error | undefined;
  let wake = () => {};
  socket.setEncoding('utf8').setTimeout(PATIENCE_MS);
  socket.on('data', (chunk) => {
    text += chunk;
    wake();
  });
  const end = (error: Error) => {
    ended ??= error;
    socket.destroy();
    wake();
  };
  socket.once('timeout', () => end(new Hung('no reply in time')));
  socket.once('error', end);
  socket.once('close', () => end(new Error('connection closed')));

  return async () => {
    for (;;) {
      const match = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(text);
      if (match) {
        text = text.slice(match[0].length);
        return match[0];
      }
      if (ended) throw ended;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
}

/** Sends up to `count` messages over one connection; returns when it ends, by itself or by the other side. */
export async function sendOverSmtp(
  port: number,
  { ledger, count, lines, goOn }: { ledger: Ledger; count: number; lines: number; goOn: () => boolean },
): Promise<void> {
  const conversation = await converse(port);
  try {
    await conversation.say('EHLO client.example.com\r\n');
    for (let sent = 0; sent < count && goOn(); sent += 1) {
      const token = ledger.token();
      try {
        const reply = await sendOne(conversation, token, lines);
        const id = /queued as (\S+)/.exec(reply)?.[1];
        if (reply.startsWith('250') && id !== undefined) ledger.answer(token, { kind: 'acknowledged', messageId: id });
        else {
          ledger.answer(token, { kind: 'refused', door: 'smtp', code: Number(reply.slice(0, 3)) });
          return; // the rest of the transaction's state is not worth keeping
        }
      } catch (error) {
        ledger.answer(token, { kind: error instanceof Hung ? 'hung' : 'unanswered' });
        throw error;
      }
    }
    await conversation.say('QUIT\r\n');
  } finally {
    conversation.end();
  }
}

/** The reply that decided: that to the dot, or the first refusal before it. */
async function sendOne(conversation: Conversation, token: string, lines: number): Promise<string> {
  for (const command of ['MAIL FROM:<sender@example.com>', 'RCPT TO:<recipient@example.net>', 'DATA']) {
    const reply = await conversation.say(`${command}\r\n`);
    if (!/^[23]/.test(reply)) return reply;
  }
  const header = `From: sender@example.com\r\nTo: recipient@example.net\r\nSubject: ${token}\r\n`;
  return conversation.say(`${header}\r\n${textOf(token, lines)}.\r\n`);
}
