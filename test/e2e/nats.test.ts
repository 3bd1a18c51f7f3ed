/**
 * The NATS door of a real daemon, asked by the client of NATS as the README of seed 002 says: its subjects, its payloads, its answers.
 * Skipped where nats-server is missing.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MessageJson } from '../../src/cli/client/wire.ts';
import { runCli } from '../../src/cli/program.ts';
import { fakeShell } from '../../src/cli/shell.testing.ts';
import { type DaemonProcess, isUp, spawnDaemon, type Up } from '../daemon-process.ts';
import { eventually } from '../eventually.ts';
import { type NatsServer, startNatsServer, whyNoNats } from '../nats-server.ts';
import { createSink, type Sink } from '../sink.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let folder: string;
let relay: Sink;
let nats: NatsServer;
let client: NatsConnection;
let daemon: DaemonProcess;
let up: Up;

const mail = {
  to: 'user@example.com',
  subject: 'You have been added',
  html: '<p>Hello</p>',
  text: 'Hello',
};

const streamed = { subject: 'iep.events', stream: 'IEP' };

function configured(servers: readonly string[], events: object = streamed): object {
  const { host, port } = relay;
  const platform = { settings: { anySender: true } };
  return {
    dataDir: join(folder, 'data'),
    providers: { relay: { type: 'smtp', host, port, tls: 'none' } },
    ...{ routing: { primary: 'relay' }, health: { intervalSeconds: 0 } },
    tenants: [
      {
        slug: 'lfx',
        domains: ['lfx.example.org'],
        settings: {
          defaultFrom: { email: 'noreply@lfx.example.org', name: 'LFX Self Serve' },
          replyToDomains: ['example.org'],
          recipientDomains: ['example.com', 'example.net'],
        },
      },
      { slug: 'other', ...platform },
    ],
    nats: { servers, tenant: 'lfx', events },
  };
}

const write = (config: object) => writeFileSync(join(folder, 'iep.config.yaml'), JSON.stringify(config));

async function ask<T = Record<string, unknown>>(
  subject: string,
  payload: object | string | Uint8Array,
  key?: string,
): Promise<T> {
  const given = headers();
  if (key !== undefined) given.set('Nats-Msg-Id', key);
  const body = typeof payload === 'string' || payload instanceof Uint8Array ? payload : JSON.stringify(payload);
  const reply = await client.request(`lfx.email-service.${subject}`, body, {
    timeout: 60_000,
    ...(key !== undefined && { headers: given }),
  });
  return reply.json<T>();
}

const send = (payload: object | string | Uint8Array, key?: string) =>
  ask<{ email_id: string; group_id: string }>('send_email', payload, key);

async function iep<T>(...args: string[]): Promise<T> {
  const shell = fakeShell({ env: { IEP_CONFIG: join(folder, 'iep.config.yaml') } });
  const exit = await runCli([...args, '--json'], shell);
  if (exit !== 0) throw new Error(`iep ${args.join(' ')}: ${shell.err()}`);
  return JSON.parse(shell.out()) as T;
}

async function ready(): Promise<{ status: number; nats: string | undefined }> {
  const answer = await fetch(`http://127.0.0.1:${up.http.port}/ready`);
  const { checks } = (await answer.json()) as { checks: Record<string, string> };
  return { status: answer.status, nats: checks.nats };
}

const isOpen = () => eventually(async () => expect(await ready()).toEqual({ status: 200, nats: 'ok' }));

const headerOf = (raw: string, name: string) =>
  new RegExp(`^${name}: (.*)$`, 'im').exec(raw.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n\r\n')[0] ?? '')?.[1];

/** The mail that came to the relay with this subject. */
async function receivedWith(subject: string): Promise<string> {
  const find = () =>
    relay.messages.map(({ bytes }) => bytes.toString()).find((raw) => raw.includes(`Subject: ${subject}\r\n`));
  return eventually(() => find() ?? Promise.reject(new Error(`no mail "${subject}" came`)));
}

interface ToldEvent {
  readonly subject: string;
  readonly id: string | undefined;
  readonly event: string;
  readonly messageId: string;
  readonly data: Record<string, unknown>;
}

/** All that the stream has by now. */
async function streamEvents(): Promise<readonly ToldEvent[]> {
  const { state } = await (await jetstreamManager(client)).streams.info('IEP');
  const told: ToldEvent[] = [];
  if (state.messages === 0) return told;
  const consumer = await jetstream(client).consumers.get('IEP');
  for await (const message of await consumer.consume()) {
    told.push({ ...message.json<ToldEvent>(), subject: message.subject, id: message.headers?.get('Nats-Msg-Id') });
    if (told.length === state.messages) break;
  }
  return told;
}

describe.skipIf(whyNoNats() !== undefined)('the NATS door (skipped where nats-server is missing)', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iep-nats-'));
    relay = await createSink();
    nats = await startNatsServer(join(folder, 'jetstream'));
    write(configured([nats.url]));
    daemon = spawnDaemon({ cwd: folder });
    up = await isUp(daemon);
    client = await connect({ servers: nats.url });
    await isOpen();
  });
  afterAll(async () => {
    await client.close();
    daemon.process.kill('SIGTERM');
    expect(await daemon.ended).toMatchObject({ code: 0 });
    await nats.kill();
    await relay.close();
    rmSync(folder, { recursive: true });
  });

  it('answers with an id by which the mail goes out, once it is stored', async () => {
    const sent = await send({
      ...{ ...mail, subject: 'Whole', from: 'newsletter@lfx.example.org', from_display_name: 'LFX Newsletter' },
      ...{ reply_to: 'support@lfx.example.org', group_id: 'invite-batch-abc123', unknown: { is: ['ignored'] } },
    });
    expect(sent).toEqual({ email_id: expect.stringMatching(UUID), group_id: 'invite-batch-abc123' });
    expect(await iep<MessageJson>('show', sent.email_id)).toMatchObject({
      ...{ door: 'nats', subject: 'Whole', groupId: 'invite-batch-abc123', to: ['user@example.com'] },
    });
    const raw = await receivedWith('Whole');
    expect(headerOf(raw, 'From')).toBe('LFX Newsletter <newsletter@lfx.example.org>');
    expect(headerOf(raw, 'Reply-To')).toBe('support@lfx.example.org');
    expect(headerOf(raw, 'X-LFX-TRACKING-ID')).toBe(`${sent.email_id}/invite-batch-abc123`);
  });

  it('makes a group and takes the default sender where none is given', async () => {
    const sent = await send({ ...mail, subject: 'Bare', from: '', reply_to: null });
    expect(sent).toEqual({ email_id: expect.stringMatching(UUID), group_id: expect.stringMatching(UUID) });
    const raw = await receivedWith('Bare');
    expect(headerOf(raw, 'From')).toBe('LFX Self Serve <noreply@lfx.example.org>');
    expect(headerOf(raw, 'Reply-To')).toBeUndefined();
  });

  it.each<[string, object | string | Uint8Array]>([
    ['invalid request payload', 'not json'],
    ['invalid request payload', ''],
    ['invalid request payload', '[]'],
    ['invalid request payload', '"text"'],
    ['invalid request payload', { ...mail, to: 5 }],
    ['invalid request payload', { ...mail, group_id: { $gt: '' } }],
    ['invalid request payload', Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)],
    ['to, subject, html, and text are required', 'null'],
    ['to, subject, html, and text are required', {}],
    ['to, subject, html, and text are required', { ...mail, text: undefined, from: 'nobody' }],
    ['invalid from address', { ...mail, from: 'nobody', reply_to: 'nobody' }],
    ['invalid from address', { ...mail, from: 'a@lfx.example.org\r\nBcc: b@example.com' }],
    ['from address domain not allowed', { ...mail, from: 'a@elsewhere.example', reply_to: 'nobody' }],
    ['invalid reply_to address', { ...mail, reply_to: 'nobody' }],
    ['reply_to address domain not allowed', { ...mail, reply_to: 'a@elsewhere.example' }],
    ['reply_to address domain not allowed', { ...mail, reply_to: 'a@badexample.org' }],
    ['email delivery failed', { ...mail, to: 'nobody' }],
    ['email delivery failed', { ...mail, to: 'user@elsewhere.example' }],
    ['email delivery failed', { ...mail, group_id: 'a\r\nBcc: b@example.com' }],
  ])('says "%s" for %j', async (error, payload) => {
    expect(await send(payload)).toEqual({ error });
  });

  it('takes one million characters and deep JSON for what they are, and puts no field where it does not belong', async () => {
    const long = await send({ ...mail, subject: 'Long', html: `<p>${'x'.repeat(900_000)}</p>` });
    expect(long).toEqual({ email_id: expect.stringMatching(UUID), group_id: expect.stringMatching(UUID) });
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect(await send(deep)).toEqual({ error: 'invalid request payload' });
    expect(await send(`{"deep":${deep}}`)).toEqual({ error: 'to, subject, html, and text are required' });
    await send({ ...mail, subject: 'Inject\r\nBcc: victim@example.com', from_display_name: 'A\r\nBcc: b@example.com' });
    const raw = await receivedWith('InjectBcc: victim@example.com');
    expect(headerOf(raw, 'Bcc')).toBeUndefined();
    expect(headerOf(raw, 'From')).toContain('<noreply@lfx.example.org>');
  });

  it('stores a request once that comes again with its Nats-Msg-Id', async () => {
    const first = await send({ ...mail, subject: 'Once' }, 'request-1');
    expect(await send({ ...mail, subject: 'Once' }, 'request-1')).toEqual(first);
    expect(await send({ ...mail, subject: 'Other' }, 'request-1')).toEqual({ error: 'email delivery failed' });
    expect(await send({ ...mail, subject: 'Once' }, 'request-2')).not.toEqual(first);
  });

  it('stores a request that wants no answer', async () => {
    client.publish('lfx.email-service.send_email', JSON.stringify({ ...mail, subject: 'Nobody waits' }));
    await receivedWith('Nobody waits');
  });

  it('tells each event of the tenant by a stream that it makes, and none of others', async () => {
    const { email_id: messageId } = await send({ ...mail, subject: 'Told', group_id: 'told' });
    const foreign = [
      '--tenant',
      'other',
      '--from',
      'a@other.example',
      '--to',
      'b@example.com',
      '--subject',
      'x',
      '--text',
      'x',
    ];
    const other = await iep<MessageJson>('send', ...foreign);
    const mine = await eventually(async () => {
      const theirs = (await streamEvents()).filter((one) => one.messageId === messageId);
      expect(theirs.map(({ subject }) => subject)).toContain('iep.events.lfx.sent');
      return theirs;
    });
    expect(mine[0]).toMatchObject({
      ...{ subject: 'iep.events.lfx.queued', event: 'message.queued', id: expect.stringMatching(/^\d+$/) },
      data: { to: ['user@example.com'], subject: 'Told', groupId: 'told' },
    });
    expect(new Set(mine.map(({ id }) => id)).size).toBe(mine.length);
    await eventually(async () =>
      expect(await iep<MessageJson>('show', other.messageId)).toMatchObject({ status: 'sent' }),
    );
    expect((await streamEvents()).filter((one) => one.messageId === other.messageId)).toEqual([]);
    const metrics = await (await fetch(`http://127.0.0.1:${up.http.port}/metrics`)).text();
    expect(metrics).toMatch(/^iep_nats_events_total [1-9]/m);
  });

  it('counts requests, and says that it is connected', async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${up.http.port}/metrics`)).text();
    expect(metrics).toMatch(/^iep_nats_requests_total\{subject="send_email",outcome="done"\} [1-9]/m);
    expect(metrics).toMatch(/^iep_nats_requests_total\{subject="send_email",outcome="refused"\} [1-9]/m);
    expect(metrics).toMatch(/^iep_nats_up 1$/m);
  });

  it('loses no acknowledged request while the server is killed and comes back', async () => {
    const acknowledged: string[] = [];
    /** Asks until its connection is gone, or `isOver`. */
    const ask = async (connection: NatsConnection, isOver: () => boolean) => {
      while (!isOver()) {
        const asked = connection.request('lfx.email-service.send_email', JSON.stringify(mail), { timeout: 60_000 });
        const answer = await asked.then((reply) => reply.json<{ email_id: string }>()).catch(() => undefined);
        if (answer === undefined) return;
        acknowledged.push(answer.email_id);
      }
    };
    const before = await connect({ servers: nats.url, reconnect: false });
    const load = Array.from({ length: 8 }, () => ask(before, () => false));
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(50));
    await nats.kill();
    await Promise.all(load);
    // HTTP and SMTP take mail as ever: nothing that looks at /ready takes the node away.
    const without = { status: 200, nats: expect.stringMatching(/^disconnected: ./) };
    await eventually(async () => expect(await ready()).toEqual(without));
    nats = await startNatsServer(join(folder, 'jetstream'), { port: nats.port });
    await isOpen();
    const after = await connect({ servers: nats.url, reconnect: false });
    const enough = acknowledged.length + 50;
    await Promise.all(Array.from({ length: 8 }, () => ask(after, () => acknowledged.length > enough)));
    await after.close();
    await eventually(() => client.flush());
    const known = new Set(
      (await iep<{ messageId: string }[]>('list', '--all', '--tenant', 'lfx')).map(({ messageId }) => messageId),
    );
    expect(acknowledged.filter((id) => !known.has(id))).toEqual([]);
    await eventually(async () => {
      const told = new Set(
        (await streamEvents()).filter(({ event }) => event === 'message.queued').map((one) => one.messageId),
      );
      expect(acknowledged.filter((id) => !told.has(id))).toEqual([]);
    });
  });

  it('closes and opens again as the configuration says on SIGHUP', async () => {
    const hangUp = async (config: object) => {
      write(config);
      const before = daemon.stdout.length;
      daemon.process.kill('SIGHUP');
      await daemon.line((line) => line.includes('was read again') && daemon.stdout.indexOf(line) >= before);
    };
    await hangUp(configured([]));
    expect(await ready()).toEqual({ status: 200, nats: undefined });
    await eventually(() => expect(send(mail)).rejects.toThrow(/no responders/i));
    await hangUp(configured([nats.url], { subject: 'plain' }));
    await isOpen();
    const heard: string[] = [];
    client.subscribe('plain.>', {
      callback: (_error, { subject, headers: given }) => void heard.push(`${subject} ${given?.has('Nats-Msg-Id')}`),
    });
    await client.flush();
    expect(await send(mail)).toMatchObject({ email_id: expect.stringMatching(UUID) });
    await eventually(() =>
      expect(heard).toEqual(expect.arrayContaining(['plain.lfx.queued true', 'plain.lfx.sent true'])),
    );
  });
});
