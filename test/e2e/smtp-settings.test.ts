/** Seed 004's SMTP settings from end to end: a real daemon, a tenant's own server, and the mail that comes to it. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DaemonProcess, isUp, spawnDaemon } from '../daemon-process.ts';
import { createSink, type Sink } from '../sink.ts';

let cwd: string;
let common: Sink;
let own: Sink;
let daemon: DaemonProcess;
let url: string;
let key: string;

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-smtp-settings-'));
  [common, own] = await Promise.all([createSink(), createSink()]);
  const config = {
    providers: { common: { type: 'smtp', host: '127.0.0.1', port: common.port, tls: 'none' } },
    ...{ routing: { primary: 'common' }, webhooks: { allowNetworks: ['127.0.0.0/8'] } },
  };
  writeFileSync(join(cwd, 'iep.config.yaml'), JSON.stringify(config));
  daemon = spawnDaemon({ cwd, args: ['--dev', '--config', 'iep.config.yaml'] });
  const { http } = await isUp(daemon);
  url = `http://127.0.0.1:${http.port}`;
  key = /iep_\w+/.exec(await daemon.line((text) => text.includes('(shown this once)')))?.[0] ?? '';
});
afterAll(async () => {
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  await Promise.all([common.close(), own.close()]);
  rmSync(cwd, { recursive: true });
});

async function call(path: string, json?: unknown) {
  const answer = await fetch(url + path, {
    method: json === undefined ? 'GET' : 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

it('make a server of the tenant’s own, which its notifications go by and other mail does not', async () => {
  const path = '/api/v1/notification/smtp';
  const settings = {
    ...{ smtp_server: '127.0.0.1', smtp_port: own.port, use_tls: false, use_ssl: false },
    ...{ from_email: 'jobs@acme.example', from_name: 'Jobs' },
  };
  const shown = { ...settings, username: null, is_active: true };
  expect(await call(`${path}/settings`, settings)).toEqual({ status: 200, body: shown });
  expect((await call(`${path}/settings`)).body).toEqual(shown);
  expect(await call(`${path}/test`, { recipient_email: 'ops@example.org' })).toMatchObject({ body: { success: true } });
  const notification = { recipient_email: 'ops@example.org', subject: 'By its own', body: '<p>x</p>' };
  const { status, body } = await call('/api/v1/notifications', notification);
  expect(status).toBe(201);
  const [, mail] = await own.received(2);
  expect(mail).toMatchObject({ from: 'jobs@acme.example', to: ['ops@example.org'] });
  expect(mail?.bytes.toString()).toContain('Subject: By its own');
  await daemon.line((line) => line.includes('"status":"sent"'));
  expect((await call(`/api/v1/notifications/${body.id}`)).body).toMatchObject({
    ...{ status: 'sent', error_message: null, retry_count: 0, sent_at: expect.stringMatching(/Z$/) },
  });
  const other = { from: 'a@acme.example', to: ['b@example.org'], subject: 'By the common one', textBody: 'x' };
  expect((await call('/v1/messages', other)).status).toBe(202);
  expect((await common.received(1))[0]?.bytes.toString()).toContain('Subject: By the common one');
});

it('keep the password, which nobody is shown, and change it with the rest', async () => {
  const path = '/api/v1/notification/smtp/settings';
  const settings = { smtp_server: 'smtp.example.com', username: 'u', from_email: 'jobs@acme.example' };
  const password = 'hunter2-hunter2';
  const set = await call(path, { ...settings, password });
  expect(set.body).toMatchObject({ smtp_port: 587, username: 'u', use_tls: true, use_ssl: false, from_name: null });
  const kept = await call(path, { ...settings, smtp_port: 465, use_ssl: true });
  expect(kept.body).toMatchObject({ smtp_port: 465, use_ssl: true, use_tls: false });
  expect(JSON.stringify([set, kept, await call(path), daemon.stdout, daemon.stderr])).not.toContain(password);
});

it('lead to no private network that is not allowed', async () => {
  const refused = await call('/api/v1/notification/smtp/settings', {
    ...{ smtp_server: '169.254.169.254', from_email: 'jobs@acme.example' },
  });
  expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: 'smtp_server' }] } });
});
