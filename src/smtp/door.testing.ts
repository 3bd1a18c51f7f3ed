/** What the tests of this room share: a door over fakes that remember, and a client that speaks in raw bytes. */

import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { Log } from '../base/observe/log.ts';
import { createFilesystemBlobs } from '../blobs/filesystem.ts';
import { systemClock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { createIds } from '../core/ids.ts';
import type { Submission } from '../core/message.ts';
import type { Scope } from '../db/verbs/keys.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Accepted } from '../message/intake/accept.ts';
import { createSmtpListener, type SmtpDeps, type SmtpOptions } from './listener.ts';

export interface Taken {
  readonly tenant: Tenant;
  readonly submission: Submission;
  /** The message as it was accepted. */
  readonly content: string;
}

export interface LogLine {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export const acme = tenantOf('acme');
export const globex = tenantOf('globex');
export const dormant: Tenant = { ...tenantOf('dormant'), active: false };

/** Keys of the fake: what each may do. */
const keyRights: Readonly<Record<string, { tenant: Tenant; scopes: readonly Scope[] }>> = {
  iep_acme_send: { tenant: acme, scopes: ['send'] },
  iep_acme_read: { tenant: acme, scopes: ['read'] },
  iep_globex_send: { tenant: globex, scopes: ['send'] },
};

function tenantOf(slug: string): Tenant {
  const id = `id-of-${slug}`;
  return {
    id,
    slug,
    name: slug,
    active: true,
    paused: false,
    settings: {},
    senderDomains: [],
    verifiedDomains: [],
    createdAt: 0,
    updatedAt: 0,
  };
}

export interface TestDoor {
  readonly port: number;
  readonly implicitPort: number;
  readonly taken: Taken[];
  readonly log: LogLine[];
  readonly directory: string;
  /** Addresses that `keys.verify` was asked about. */
  readonly verified: string[];
  readonly revoked: Set<string>;
  stop(deadlineMs?: number): Promise<void>;
  /** Ends everything and removes the files. */
  close(): Promise<void>;
}

export async function openDoor(
  options: Partial<SmtpOptions> = {},
  fakes: { accept?: (tenant: Tenant, submission: Submission) => Promise<Accepted>; deps?: Partial<SmtpDeps> } = {},
): Promise<TestDoor> {
  const directory = await mkdtemp(join(tmpdir(), 'iep-smtp-'));
  const blobs = await createFilesystemBlobs(directory);
  const taken: Taken[] = [];
  const lines: LogLine[] = [];
  const verified: string[] = [];
  const revoked = new Set<string>();
  const tenants = [acme, globex, dormant];

  const accept = async (tenant: Tenant, submission: Submission): Promise<Accepted> => {
    const { content, id } = submission;
    if (content.kind !== 'raw' || id === undefined) throw new Error('not a raw message with an id');
    const bytes = 'bytes' in content.raw ? content.raw.bytes : await blobs.read(content.raw.blob);
    taken.push({ tenant, submission, content: Buffer.from(bytes).toString('latin1') });
    return { messageId: id, status: 'queued', suppressedRecipients: [], duplicate: false };
  };
  const listener = createSmtpListener(
    {
      accept: fakes.accept ?? accept,
      refuseRecipient: () => undefined,
      blobs,
      clock: systemClock,
      newId: createIds(systemClock),
      log: rememberingLog(lines),
      directory: { bySlug: async (slug) => tenants.find((tenant) => tenant.slug === slug) },
      keys: {
        async verify(key, source) {
          verified.push(source);
          if (key === 'iep_operator') return { kind: 'operator' };
          if (key === 'iep_shut_out')
            throw new IepError('too_many_failed_logins', undefined, { retryAfterMs: 300_000 });
          if (key === 'iep_broken') throw new Error('the store is on fire');
          const rights = revoked.has(key) ? undefined : keyRights[key];
          if (rights === undefined) throw new IepError('unauthorized');
          return { kind: 'tenant', tenant: rights.tenant, scopes: new Set(rights.scopes) };
        },
      },
      ...fakes.deps,
    },
    {
      host: '127.0.0.1',
      port: 0,
      hostname: 'mail.example.com',
      maxMessageBytes: 1024 * 1024,
      plaintextAuth: 'loopback',
      trustedNetworks: [{ cidr: '127.0.0.1/32', tenant: 'acme' }],
      ...options,
    },
  );
  const { port, implicitPort = 0 } = await listener.start();
  const stop = (deadlineMs = 0) => listener.stop(deadlineMs);
  const close = async () => {
    await stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { port, implicitPort, taken, log: lines, directory, verified, revoked, stop, close };
}

export function rememberingLog(lines: LogLine[]): Log {
  const at = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push({ level, fields, message });
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => rememberingLog(lines),
  };
}

/** A client that sends exactly the bytes it is told, and reads replies one by one. */
export interface RawClient {
  readonly socket: Socket;
  send(bytes: string | Buffer): void;
  /** The next reply, all its lines, joined by `\n`. Rejects when the connection ends instead. */
  reply(): Promise<string>;
  /** Sends a line and reads its reply. */
  say(line: string): Promise<string>;
  /** Everything until the server closes. */
  rest(): Promise<string>;
  startTls(): Promise<void>;
  close(): void;
}

export async function dial(port: number, options: { tls?: boolean; localAddress?: string } = {}): Promise<RawClient> {
  let text = '';
  let ended = false;
  let wake = () => {};
  const listen = (from: Socket) => {
    from.setEncoding('latin1');
    from.on('data', (data: string) => {
      text += data;
      wake();
    });
    from.on('error', () => {});
    from.on('close', () => {
      ended = true;
      wake();
    });
  };
  const { localAddress } = options;
  let socket: Socket = options.tls
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    : connect({ port, host: '127.0.0.1', ...(localAddress && { localAddress }) });
  socket.setNoDelay(true);
  listen(socket);

  const until = async <T>(found: () => T | undefined): Promise<T> => {
    for (;;) {
      const value = found();
      if (value !== undefined) return value;
      if (ended) throw new Error(`the connection ended after ${JSON.stringify(text)}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const reply = () =>
    until(() => {
      const lines = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(text)?.[0];
      if (lines === undefined) return undefined;
      text = text.slice(lines.length);
      return lines.trimEnd().replaceAll('\r\n', '\n');
    });
  const send = (bytes: string | Buffer) => {
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  };
  return {
    get socket() {
      return socket;
    },
    send,
    reply,
    say(line) {
      send(`${line}\r\n`);
      return reply();
    },
    async rest() {
      await until(() => (ended ? true : undefined));
      return text;
    },
    startTls() {
      const plain = socket;
      plain.removeAllListeners('data');
      const secure = connectTls({ socket: plain, rejectUnauthorized: false });
      socket = secure;
      listen(secure);
      return new Promise((resolve, reject) => {
        secure.once('secureConnect', resolve);
        secure.once('error', reject);
      });
    },
    close: () => socket.destroy(),
  };
}

/** A client past greeting and EHLO. */
export async function greet(port: number, options: { tls?: boolean; localAddress?: string } = {}): Promise<RawClient> {
  const client = await dial(port, options);
  await client.reply();
  await client.say('EHLO app.example.com');
  return client;
}

/** Sends a message and answers with the reply after DATA. */
export async function deliver(client: RawClient, message = 'Subject: test\r\n\r\nBody\r\n'): Promise<string> {
  client.send('MAIL FROM:<app@example.com>\r\nRCPT TO:<user@example.net>\r\nDATA\r\n');
  for (const code of ['250', '250', '354']) {
    const reply = await client.reply();
    if (!reply.startsWith(code)) throw new Error(`expected ${code}: ${reply}`);
  }
  client.send(`${message}.\r\n`);
  return client.reply();
}

export function plainAuth(username: string, password: string): string {
  return `AUTH PLAIN ${Buffer.from(`\0${username}\0${password}`).toString('base64')}`;
}
