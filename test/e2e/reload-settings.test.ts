/** SIGHUP with other providers, routes, retries and policies, while mail flows: a real daemon and real servers. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EventJson, MessageJson } from '../../src/cli/client/wire.ts';
import { runCli } from '../../src/cli/program.ts';
import { fakeShell } from '../../src/cli/shell.testing.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { dial, greet } from '../../src/smtp/door.testing.ts';
import { type DaemonProcess, isUp, spawnDaemon, type Up } from '../daemon-process.ts';
import { createSink, type Sink, type SinkOptions } from '../sink.ts';

let folder: string;
let daemon: DaemonProcess;
const sinks: Sink[] = [];

const settings = {
  providers: { kept: { type: 'capture' } },
  routing: { primary: 'kept' },
  tenants: [{ slug: 'acme', settings: { anySender: true } }],
} satisfies ConfigInput;

const writeConfig = (config: ConfigInput | string) =>
  writeFileSync(join(folder, 'iep.config.yaml'), typeof config === 'string' ? config : JSON.stringify(config));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iep-reload-settings-'));
});
afterEach(async () => {
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  for (const sink of sinks.splice(0)) await sink.close();
  rmSync(folder, { recursive: true });
});

function serve(config: ConfigInput): Promise<Up> {
  writeConfig(config);
  daemon = spawnDaemon({ cwd: folder });
  return isUp(daemon);
}

async function openSink(options?: SinkOptions): Promise<Sink> {
  const sink = await createSink(options);
  sinks.push(sink);
  return sink;
}

const relayTo = ({ host, port }: Sink) => ({ type: 'smtp', host, port, tls: 'none' }) as const;

/** The line that says what came of it. */
async function hangUp(config?: ConfigInput | string): Promise<Record<string, unknown>> {
  if (config !== undefined) writeConfig(config);
  const before = daemon.stdout.length;
  daemon.process.kill('SIGHUP');
  const isAnswer = (line: string) => line.includes('was read again') && daemon.stdout.indexOf(line) >= before;
  return JSON.parse(await daemon.line(isAnswer));
}

async function iep(...args: readonly string[]): Promise<unknown> {
  const shell = fakeShell({ env: { IEP_CONFIG: join(folder, 'iep.config.yaml') } });
  const exit = await runCli([...args, '--json'], shell);
  if (exit !== 0) throw new Error(shell.err());
  return JSON.parse(shell.out());
}

async function send(): Promise<string> {
  const message = ['--from', 'app@example.com', '--to', 'jo@example.com', '--subject', 'Hello', '--text', 'Hello'];
  return ((await iep('send', ...message)) as { messageId: string }).messageId;
}

/** How the message stands once something came of it. */
async function outcome(messageId: string): Promise<MessageJson & { events: EventJson[] }> {
  const isEnd = (line: string) => line.includes(messageId) && /"msg":"(attempt|ended without an attempt)"/.test(line);
  await daemon.line(isEnd);
  return (await iep('show', messageId)) as MessageJson & { events: EventJson[] };
}

it('a provider is added and routed to, changed while it has mail, and removed, without a restart', async () => {
  await serve(settings);
  expect((await outcome(await send())).status).toBe('sent');

  const password = 'not-to-be-seen';
  const [first, second] = [await openSink(), await openSink({ users: { iep: password } })];
  const providers = { ...settings.providers, relay: relayTo(first) };
  const routed = { ...settings, providers, routing: { primary: 'relay' } };
  expect(await hangUp(routed)).toMatchObject({ level: 'info' });
  expect((await outcome(await send())).status).toBe('sent');
  expect(await first.received(1)).toHaveLength(1);

  const answer = Promise.withResolvers<undefined>();
  const asked = Promise.withResolvers<void>();
  first.script(({ step }) => {
    if (step !== 'dot') return undefined;
    asked.resolve();
    return answer.promise;
  });
  const underWay = await send();
  await asked.promise;
  const moved = { ...relayTo(second), username: 'iep', password };
  expect(await hangUp({ ...routed, providers: { ...providers, relay: moved } })).toMatchObject({
    changed: expect.arrayContaining(['providers.relay.port', 'providers.relay.password']),
  });
  expect((await outcome(await send())).status).toBe('sent');
  expect(await second.received(1)).toHaveLength(1);
  answer.resolve(undefined);
  expect((await outcome(underWay)).status).toBe('sent');
  expect(await first.received(2)).toHaveLength(2);

  expect(await hangUp(settings)).toMatchObject({ level: 'info' });
  await daemon.line((line) => line.includes('a provider was removed'));
  expect((await outcome(await send())).status).toBe('sent');
  expect(second.messages).toHaveLength(1);
  expect(daemon.stdout.join()).not.toContain(password);
});

it('another retry schedule holds from the next attempt on', async () => {
  const sink = await openSink();
  sink.script(({ step }) => (step === 'RCPT' ? '451 4.3.0 not today' : undefined));
  const relaying = { ...settings, providers: { relay: relayTo(sink) }, routing: { primary: 'relay' } };
  const waits = async () => {
    const { events } = await outcome(await send());
    const retry = events.find(({ type }) => type === 'retry_scheduled');
    return (Date.parse(String(retry?.data?.nextAttemptAt)) - Date.parse(retry?.timestamp ?? '')) / 1_000;
  };
  await serve({ ...relaying, retry: { scheduleSeconds: [1_000], jitter: 0 } });
  expect(await waits()).toBe(1_000);
  await hangUp({ ...relaying, retry: { scheduleSeconds: [7_000], jitter: 0 } });
  expect(await waits()).toBe(7_000);
});

it('sending is turned on, and off again', async () => {
  const off = { ...settings, policy: { sending: 'off' } } satisfies ConfigInput;
  await serve(off);
  expect((await outcome(await send())).status).toBe('suppressed');
  await hangUp(settings);
  expect((await outcome(await send())).status).toBe('sent');
  await hangUp(off);
  expect((await outcome(await send())).status).toBe('suppressed');
});

it('a configuration with a mistake changes nothing at all', async () => {
  await serve(settings);
  const mistakes: readonly (readonly [ConfigInput, string])[] = [
    [{ ...settings, retry: { maxAttempts: 0 } }, 'retry.maxAttempts'],
    [{ ...settings, routing: { primary: 'nobody' } }, 'No provider is called "nobody"'],
    [{ ...settings, providers: {}, routing: {} }, 'No provider is configured'],
    [{ ...settings, chores: { retention: '99 99 * * *' } }, 'chores.retention'],
    [{ ...settings, providers: { far: { type: 'smtp', host: 'mx.example.com', tls: 'none' } }, routing: {} }, 'far'],
  ];
  rmSync(join(folder, 'iep.config.yaml'));
  expect(await hangUp()).toMatchObject({ level: 'error', reason: expect.stringMatching(/The file .* does not exist/) });
  for (const [mistake, reason] of mistakes) {
    const tenants = [...settings.tenants, { slug: 'never' }];
    const said = await hangUp({ ...mistake, policy: { sending: 'off' }, tenants });
    expect(said).toMatchObject({ level: 'error', reason: expect.stringContaining(reason) });
  }
  expect(await hangUp('policy: { recipientDomains: [*.example.com] }')).toMatchObject({ level: 'error' });
  writeConfig(settings);
  expect((await outcome(await send())).status).toBe('sent');
  expect(await iep('tenant', 'list')).toMatchObject([{ slug: 'acme' }]);
});

it('the SMTP door has its new limits, name and rules for logins from the next connection on', async () => {
  const trustedNetworks = [{ cidr: '127.0.0.0/8', tenant: 'acme' }];
  const { smtp } = await serve({ ...settings, smtp: { hostname: 'before.example.com' } });
  const hello = async () => {
    const client = await greet(smtp.port);
    const said = await client.say('EHLO client.example.com');
    const sender = await client.say('MAIL FROM:<app@example.com>');
    const rcpt = [await client.say('RCPT TO:<a@example.com>'), await client.say('RCPT TO:<b@example.com>')];
    client.close();
    return [said, sender, ...rcpt].map((reply) => reply.replaceAll('\n', ' ')).join(' | ');
  };
  expect(await hello()).toMatch(/before\.example\.com.*SIZE 26214400.*AUTH.* \| 530 /);
  const limits = { maxMessageBytes: 5_000, maxRecipients: 1, plaintextAuth: 'never' as const };
  await hangUp({ ...settings, smtp: { hostname: 'after.example.com', ...limits, trustedNetworks } });
  const changed = await hello();
  expect(changed).toMatch(/after\.example\.com.*SIZE 5000.* \| 250 .* \| 250 .* \| 452 /);
  expect(changed).not.toContain('AUTH');
  await hangUp({ ...settings, smtp: { maxConnections: 1, trustedNetworks } });
  const first = await greet(smtp.port);
  expect(await (await dial(smtp.port)).reply()).toMatch(/^421 /);
  first.close();
});

it('limits, allowed domains and networks hold from the next request on', async () => {
  const { http } = await serve({ ...settings, policy: { recipientDomains: ['example.org'] } });
  const { key } = (await iep('key', 'add', '--tenant', 'acme', '--scopes', 'send,admin')) as { key: string };
  const post = async (path: string, body: object) => {
    const response = await fetch(`http://127.0.0.1:${http.port}${path}`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { code } = (await response.json()) as { code?: string };
    return `${response.status} ${code ?? ''}`.trim();
  };
  const mail = { from: 'app@example.com', to: ['jo@example.com'], subject: 'Hello', textBody: 'x'.repeat(2_000) };
  const attachments = ['a.txt', 'b.txt'].map((filename) => ({
    filename,
    content: 'aGVsbG8=',
    contentType: 'text/plain',
  }));
  const hook = { url: 'http://127.0.0.1:9/hook', events: ['sent'] };
  expect(await post('/v1/messages', mail)).toBe('403 recipient_domain_not_allowed');
  expect(await post('/v1/webhooks', hook)).toBe('400 invalid_request');

  await hangUp({ ...settings, webhooks: { allowNetworks: ['127.0.0.0/8'] }, attachments: { maxCount: 2 } });
  expect(await post('/v1/messages', { ...mail, attachments })).toBe('202');
  expect(await post('/v1/webhooks', hook)).toBe('201');

  await hangUp({ ...settings, attachments: { maxCount: 1 } });
  expect(await post('/v1/messages', { ...mail, attachments })).toMatch(/^4/);
  expect(await post('/v1/messages', mail)).toBe('202');

  await hangUp({ ...settings, http: { bodyLimitBytes: 1_000 } });
  expect(await post('/v1/messages', mail)).toBe('413 message_too_large');
});
