/**
 * Secrets and addresses are planted in all that a daemon is given in its life: keys, passwords, contents, right and wrong.
 * None may turn up in what it logs or answers with, even at the level debug. A marker that may be logged must turn up,
 * so that the search itself is known to work.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { fakeShell } from '../../src/cli/shell.testing.ts';
import { greet, plainAuth } from '../../src/smtp/door.testing.ts';
import { type DaemonProcess, isUp, spawnDaemon } from '../daemon-process.ts';
import { createSink, type Sink } from '../sink.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

const planted = {
  masterKey: Buffer.alloc(32, 'planted-master-key-').toString('base64'),
  relayPassword: 'planted-relay-password',
  wrongKey: `iep_Abcd1234_${'plantedWrongKey'.repeat(3).slice(0, 43)}`.slice(0, 56),
  malformedKey: 'planted-malformed-key',
  bearer: 'planted-bearer-token',
  smtpPassword: 'planted-smtp-password',
  swappedUser: 'planted-password-as-user-name',
  endpointSecret: 'whsec_cGxhbnRlZC1lbmRwb2ludC1zZWNyZXQ',
  fieldValue: 'planted-field-value',
  queryValue: 'planted-query-value',
  brokenJson: 'planted-broken-json',
  idempotencyKey: 'planted-idempotency-key',
  subject: 'planted-subject',
  body: 'planted-body',
  variable: 'planted-variable',
  attachment: 'planted-attachment',
  mailContent: 'planted-mail-content',
  recipient: 'planted.recipient',
  sender: 'planted.sender',
  replyAddress: 'planted.in.a.reply',
};
/** Known by name: it may be logged, and is. */
const MARKER = 'marker-tenant';

let folder: string;
let sink: Sink;
let daemon: DaemonProcess;
let apiKey: string;
const answers: string[] = [];
/** Secrets that were made here, and shown once. */
const made: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iep-planted-'));
  sink = await createSink({ users: { app: planted.relayPassword } });
  sink.script(({ step, argument }) =>
    step === 'RCPT' && argument.startsWith('gone')
      ? `550 5.1.1 <${planted.replyAddress}@example.net>: no such user, not even with ${planted.relayPassword}`
      : undefined,
  );
  writeFileSync(
    join(folder, 'iep.config.yaml'),
    JSON.stringify({
      providers: {
        relay: {
          ...{ type: 'smtp', host: '127.0.0.1', port: sink.port, tls: 'none', allowPlaintext: true },
          ...{ username: 'app', password: 'env:RELAY_PASSWORD' },
        },
      },
      routing: { primary: 'relay' },
      log: { level: 'debug' },
      tenants: [{ slug: MARKER, settings: { anySender: true } }],
    }),
  );
  const env = { IEP_MASTER_KEY: planted.masterKey, RELAY_PASSWORD: planted.relayPassword };
  daemon = spawnDaemon({ cwd: folder, env });
  const shell = fakeShell({ env: { ...env, IEP_CONFIG: join(folder, 'iep.config.yaml') } });
  const args = ['key', 'add', '--tenant', MARKER, '--scopes', 'send,read,admin', '--json'];
  const up = await isUp(daemon);
  expect(await runCli(args, shell)).toBe(0);
  apiKey = (JSON.parse(shell.out()) as { key: string }).key;
  await overHttp(`http://127.0.0.1:${up.http.port}`);
  await overSmtp(up.smtp.port);
  daemon.process.kill('SIGHUP');
  await daemon.line((line) => line.includes('the configuration was read again'));
  await sink.received(2);
  await daemon.line((line) => line.includes('5.1.1'));
  daemon.process.kill('SIGTERM');
  await daemon.ended;
});

afterAll(async () => {
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  await sink.close();
  rmSync(folder, { recursive: true });
});

async function overHttp(url: string): Promise<void> {
  const call = async (path: string, init: RequestInit = {}, key: Record<string, string> = { 'x-api-key': apiKey }) => {
    const headers = { ...key, 'content-type': 'application/json', ...(init.headers as Record<string, string>) };
    const response = await fetch(url + path, { ...init, headers });
    const text = await response.text();
    if (response.ok) made.push(...(text.match(/whsec_[A-Za-z0-9+/=_-]+/g) ?? []));
    else answers.push(text);
    return response.status;
  };
  const post = (path: string, json: unknown, headers: Record<string, string> = {}) =>
    call(path, { method: 'POST', body: typeof json === 'string' ? json : JSON.stringify(json), headers });
  const message = {
    from: `${planted.sender}@example.com`,
    to: [`${planted.recipient}@example.net`],
    subject: planted.subject,
    textBody: `${planted.body} {{v}}`,
    variables: { v: planted.variable },
    attachments: [{ filename: 'a.txt', contentType: 'text/plain', content: base64(planted.attachment) }],
  };
  expect(await post('/v1/messages', message, { 'idempotency-key': planted.idempotencyKey })).toBe(202);
  expect(
    await post('/v1/messages', { ...message, subject: 'other' }, { 'idempotency-key': planted.idempotencyKey }),
  ).toBe(409);
  expect(await post('/v1/messages', { ...message, to: ['gone@example.net'] })).toBe(202);
  expect(await post('/v1/messages', { ...message, to: [planted.fieldValue], password: planted.fieldValue })).toBe(400);
  expect(await post('/v1/messages', `{"subject": ${planted.brokenJson}}`)).toBe(400);
  expect(await post('/v1/messages', `{"a": "${planted.brokenJson}" "b"`)).toBe(400);
  expect(await post('/v1/messages', planted.brokenJson)).toBe(400);
  expect(await call(`/v1/messages?api_key=${planted.queryValue}&status=${planted.queryValue}`)).toBe(400);
  expect(await call('/health')).toBe(200);
  expect(await call(`/v1/nothing/${planted.queryValue}?token=${planted.queryValue}`)).toBe(404);
  const endpoint = {
    url: `https://user:${planted.fieldValue}@hooks.example.com/`,
    secret: planted.endpointSecret,
    events: ['sent'],
  };
  await post('/v1/webhooks', endpoint);
  await post('/v1/webhooks', { url: 'https://hooks.example.com/', events: ['sent'] });
  await post('/v1/domains', { domain: 'example.com' });
  await post('/v1/domains', { domain: 'example.org', privateKey: planted.fieldValue });
  await post('/v1/suppressions', { email: `${planted.recipient}@example.org`, secret: planted.endpointSecret });
  for (const key of [
    { 'x-api-key': planted.wrongKey },
    { 'x-api-key': planted.malformedKey },
    { authorization: `Bearer ${planted.bearer}` },
  ]) {
    expect(await call('/v1/messages', {}, key)).toBe(401);
  }
}

async function overSmtp(port: number): Promise<void> {
  const client = await greet(port);
  const say = async (line: string) => {
    const reply = await client.say(line);
    if (!/^[23]/.test(reply)) answers.push(reply);
    return reply;
  };
  expect(await say(plainAuth(MARKER, planted.smtpPassword))).toMatch(/^535 /);
  expect(await say(plainAuth(planted.swappedUser, MARKER))).toMatch(/^535 /);
  expect(await say('AUTH LOGIN')).toMatch(/^334 /);
  expect(await say(base64(MARKER))).toMatch(/^334 /);
  expect(await say(base64(planted.wrongKey))).toMatch(/^(421|535) /);
  client.close();

  const sender = await greet(port);
  expect(await sender.say('AUTH LOGIN')).toMatch(/^334 /);
  await sender.say(base64(MARKER));
  expect(await sender.say(base64(apiKey))).toMatch(/^235 /);
  await sender.say(`MAIL FROM:<${planted.sender}@example.com>`);
  await sender.say(`RCPT TO:<${planted.recipient}@example.net>`);
  await sender.say('DATA');
  sender.send(
    `From: ${planted.sender}@example.com\r\nSubject: ${planted.subject}\r\n\r\n${planted.mailContent}\r\n.\r\n`,
  );
  expect(await sender.reply()).toMatch(/^250 /);
  sender.close();
}

const said = () => [...daemon.stdout, ...daemon.stderr, ...answers].join('\n');

it('finds what may be said', () => {
  expect(said()).toContain(MARKER);
  expect(daemon.stdout.some((line) => line.includes('"level":"debug"'))).toBe(true);
  expect(answers.length).toBeGreaterThan(8);
  expect(sink.messages.some(({ bytes }) => bytes.includes(planted.mailContent))).toBe(true);
});

it.each(Object.entries(planted))('%s is in no line of the log and in no answer', (_name, secret) => {
  expect(said()).not.toContain(secret);
  expect(said()).not.toContain(base64(secret));
});

it('nor is the secret part of the key that works, nor a secret that was made', () => {
  expect(said()).not.toContain(apiKey.split('_')[2]);
  for (const secret of made) expect(said()).not.toContain(secret);
});

it('addresses are there, redacted', () => {
  expect(said()).toContain('p***@example.net');
});
