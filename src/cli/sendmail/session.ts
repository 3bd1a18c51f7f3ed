/**
 * `sendmail -bs`: SMTP (RFC 5321) on standard input and output, for mail programs that talk to a pipe. Its caller is
 * trusted as any user of the local store is, and does not log in; each message goes through the same call as all others.
 */

import { addressFault, normalizeAddress } from '../../core/address.ts';
import { IepError } from '../../core/errors.ts';
import { readSmtpPath } from '../../core/smtp-path.ts';
import { qualify } from '../../message/rfc5322/complete-header.ts';
import type { Client } from '../client/client.ts';
import { visible } from '../output.ts';
import { localSender } from '../send/local-sender.ts';
import { submitRaw } from '../send/submit.ts';
import type { Shell } from '../shell.ts';
import { readLines } from './read-lines.ts';

const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

interface Transaction {
  mailFrom?: string;
  readonly recipients: string[];
}

export async function runSession(shell: Shell, client: Client): Promise<void> {
  const say = (text: string) => void shell.stdout.write(`${text.split('\r\n').map(visible).join('\r\n')}\r\n`);
  const lines = readLines(shell.stdin);
  const host = client.mailDomain;
  let now: Transaction = { recipients: [] };
  say(`220 ${host} ESMTP IEP`);
  for await (const bytes of lines) {
    const line = bytes.toString('utf8').trimEnd();
    const verb = line.split(' ', 1)[0]?.toUpperCase() ?? '';
    const argument = line.slice(verb.length).trim();
    switch (verb) {
      case 'HELO':
        say(`250 ${host}`);
        break;
      case 'EHLO':
        now = { recipients: [] };
        say(`250-${host}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES`);
        break;
      case 'MAIL':
        say(takeSender(now, argument, host));
        break;
      case 'RCPT':
        say(takeRecipient(now, argument, host));
        break;
      case 'DATA':
        if (now.recipients.length === 0) {
          say('503 5.5.1 Need RCPT first');
          break;
        }
        say('354 End data with <CR><LF>.<CR><LF>');
        say(await takeMessage({ shell, client, lines }, now));
        now = { recipients: [] };
        break;
      case 'RSET':
        now = { recipients: [] };
        say('250 2.0.0 Ok');
        break;
      case 'NOOP':
        say('250 2.0.0 Ok');
        break;
      case 'VRFY':
        say('252 2.0.0 Send some mail and see');
        break;
      case 'QUIT':
        say('221 2.0.0 Bye');
        return;
      default:
        say('502 5.5.1 Command not recognised');
    }
  }
}

function takeSender(now: Transaction, argument: string, host: string): string {
  const address = pathAfter('FROM:', argument);
  if (address === undefined) return '501 5.5.4 Syntax: MAIL FROM:<address>';
  if (now.mailFrom !== undefined) return '503 5.5.1 Sender already given';
  const sender = qualify(address, host);
  if (sender !== '' && normalizeAddress(sender) === undefined) return `553 5.1.7 That ${addressFault(sender)}`;
  now.mailFrom = sender;
  return '250 2.1.0 Ok';
}

function takeRecipient(now: Transaction, argument: string, host: string): string {
  const address = pathAfter('TO:', argument);
  if (!address) return '501 5.5.4 Syntax: RCPT TO:<address>';
  if (now.mailFrom === undefined) return '503 5.5.1 Need MAIL first';
  const recipient = qualify(address, host);
  if (normalizeAddress(recipient) === undefined) return `553 5.1.3 That ${addressFault(recipient)}`;
  now.recipients.push(recipient);
  return '250 2.1.5 Ok';
}

function pathAfter(word: string, argument: string): string | undefined {
  if (argument.slice(0, word.length).toUpperCase() !== word) return undefined;
  return readSmtpPath(argument.slice(word.length))?.address;
}

async function takeMessage(
  { shell, client, lines }: { shell: Shell; client: Client; lines: AsyncIterator<Buffer> },
  { mailFrom, recipients }: Transaction,
): Promise<string> {
  const raw = await readData(lines);
  if (raw === undefined) return '552 5.3.4 The message is too large';
  const from = mailFrom || localSender(shell, client.mailDomain);
  try {
    const accepted = await submitRaw(client, {
      raw,
      from,
      recipients,
      ...(mailFrom !== undefined && { mailFrom }),
    });
    return `250 2.0.0 queued as ${accepted.messageId}`;
  } catch (error) {
    if (!(error instanceof IepError)) throw error;
    const [code, enhanced] = error.refusal.smtp;
    return `${code} ${enhanced} ${error.message.replace(/\s+/g, ' ')}`;
  }
}

/** The lines up to the dot, unstuffed (RFC 5321 §4.5.2); undefined when they are more than is taken. */
async function readData(lines: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
  const kept: Buffer[] = [];
  let size = 0;
  for (;;) {
    const { value: line, done } = await lines.next();
    // The other side is gone before the end of the message: it was never handed over.
    if (done === true) throw new IepError('invalid_request', 'standard input ended within a message');
    if (/^\.\r?\n$/.test(line.subarray(0, 3).toString('latin1')) && line.length <= 3) break;
    size += line.length;
    if (size <= MAX_MESSAGE_BYTES) kept.push(line[0] === 0x2e ? line.subarray(1) : line);
  }
  return size > MAX_MESSAGE_BYTES ? undefined : Buffer.concat(kept);
}
