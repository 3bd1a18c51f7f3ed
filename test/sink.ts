/**
 * An SMTP server for tests that does what it is told: says yes to everything and records it, until a script refuses,
 * delays, stalls or drops the connection at any step. Plain node:net, so that it shares no bug with what it tests.
 *
 *     const sink = await createSink();
 *     sink.script(({ step, argument }) => {
 *       if (step === 'RCPT' && argument === 'gone@example.com') return '550 5.1.1 no such user';  // refuse
 *       if (step === 'MAIL' && tooMany()) return '450 4.7.1 too many messages, slow down';        // throttle
 *       if (step === 'dot') return { end: 'drop' };                  // close instead of answering
 *       if (step === 'dot') return { keep: true, end: 'drop' };      // take the message, but never say so
 *       if (step === 'dot') return { reply: '250 ok', end: 'drop' }; // answer, then close
 *       if (step === 'EHLO') return { end: 'stall' };                // never answer
 *       if (step === 'DATA') return gate.then(() => undefined);       // answer when told
 *     });
 *     const [first] = await sink.received(1);
 */

import { createServer, type Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { type House, serve } from './sink-session.ts';

/** `banner`: connected. `body`: the first bytes after DATA came. `dot`: the message is complete. */
export type Step =
  | 'banner'
  | 'EHLO'
  | 'HELO'
  | 'STARTTLS'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'body'
  | 'dot'
  | 'RSET'
  | 'NOOP'
  | 'QUIT'
  | 'other';

export interface Moment {
  readonly step: Step;
  /** The address for MAIL and RCPT, without brackets and parameters; else what follows the verb. */
  readonly argument: string;
  /** Counts connections from 1. */
  readonly session: number;
  readonly secure: boolean;
  /** From `MAIL` on: what is known of the message so far. */
  readonly message?: SinkMessage;
}

/** A reply (lines joined by \n; a reply that begins with 421 also closes), or something worse. */
export type SinkReply = string | { readonly reply?: string; readonly end: 'drop' | 'stall'; readonly keep?: boolean };

/** Undefined: the usual answer. */
export type Script = (moment: Moment) => SinkReply | undefined | Promise<SinkReply | undefined>;

export interface SinkMessage {
  readonly session: number;
  readonly from: string;
  /** Accepted recipients only. */
  readonly to: readonly string[];
  /** ESMTP parameters of MAIL, such as `SIZE=120`. */
  readonly parameters: readonly string[];
  readonly secure: boolean;
  /** Who logged in. */
  readonly user?: string;
  /** Dots unstuffed; empty until the dot. */
  readonly bytes: Buffer;
}

export interface SinkOptions {
  /** 0, the default: a free one. */
  readonly port?: number;
  /** What EHLO announces, beside STARTTLS and AUTH. */
  readonly extensions?: readonly string[];
  /** With a certificate STARTTLS is announced; `implicit` speaks TLS from the first byte instead. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly implicit?: boolean };
  /** User name → password. With it AUTH is announced, and MAIL refused without a login. */
  readonly users?: Readonly<Record<string, string>>;
}

export interface Sink {
  readonly host: string;
  readonly port: number;
  /** Messages that were taken, in order. */
  readonly messages: readonly SinkMessage[];
  /** Every command and its argument, in order, as `1 MAIL a@example.com`; the number is the session. */
  readonly transcript: readonly string[];
  /** Connections opened so far. */
  readonly sessions: number;
  /** Connections open now. */
  readonly open: number;
  /** Replaces the script; without one every answer is the usual one. */
  script(script?: Script): void;
  /** Resolves when that many messages were taken in all. */
  received(count: number): Promise<readonly SinkMessage[]>;
  /** Resolves when a step has come that many times in all, before it is answered. */
  reached(step: Step, count?: number): Promise<void>;
  /** Closes every connection without a word, as a server that restarts. */
  dropAll(): void;
  /** Stops listening and drops what is open. A new sink may take the same port. */
  close(): Promise<void>;
}

export async function createSink(options: SinkOptions = {}): Promise<Sink> {
  const messages: SinkMessage[] = [];
  const transcript: string[] = [];
  const steps = new Map<Step, number>();
  const sockets = new Set<Socket>();
  const waiters = new Set<() => boolean>();
  let sessions = 0;
  let script: Script | undefined;

  const changed = () => {
    for (const ready of waiters) if (ready()) waiters.delete(ready);
  };
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      waiters.add(() => {
        if (condition()) resolve();
        return condition();
      });
      changed();
    });

  const house: House = {
    options,
    ...(options.tls && { context: createSecureContext(options.tls) }),
    async ask(moment) {
      steps.set(moment.step, (steps.get(moment.step) ?? 0) + 1);
      transcript.push(`${moment.session} ${moment.step} ${moment.argument}`.trimEnd());
      changed();
      return await script?.(moment);
    },
    take(message) {
      messages.push(message);
      changed();
    },
  };

  const server = createServer({ noDelay: true }, (socket) => {
    sessions += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A client that vanishes is an ordinary event here.
    socket.on('error', () => socket.destroy());
    // A script that throws is a fault of the test: nobody catches it.
    void serve({ socket, session: sessions, house });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the sink has no port');

  return {
    host: '127.0.0.1',
    port: address.port,
    messages,
    transcript,
    get sessions() {
      return sessions;
    },
    get open() {
      return sockets.size;
    },
    script(next) {
      script = next;
    },
    async received(count) {
      await until(() => messages.length >= count);
      return messages;
    },
    reached: (step, count = 1) => until(() => (steps.get(step) ?? 0) >= count),
    dropAll() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
