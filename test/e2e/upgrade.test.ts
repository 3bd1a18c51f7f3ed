/** This version over what the one before it left behind: a copy first, then everything is there, and the mail goes on. */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openFile } from '../../src/db/sqlite/connection.ts';
import { lockDirectory } from '../../src/db/sqlite/lock.ts';
import { type DaemonProcess, isUp, spawnDaemon } from '../daemon-process.ts';
import { createSink, type Sink } from '../sink.ts';

const left = readFileSync(join(import.meta.dirname, '../fixtures/schema-1.sql'), 'utf8');
const key = /tenant key: (\S+)/.exec(left)?.[1] ?? '';
const FAR = Date.parse('2100-01-01T00:00:00Z');

/** Status of each message by its subject, as the old version showed it. */
const before = {
  'It is sent': 'sent',
  'It is bounced': 'failed',
  'It is failed': 'failed',
  'It is suppressed': 'suppressed',
  'It is partly': 'queued',
  'It is retrying': 'queued',
  'It is scheduled': 'scheduled',
  'It is cancelled': 'cancelled',
  'It is dead': 'failed',
  'It is in flight': 'queued',
  'It is queued': 'queued',
};

let cwd: string;
let database: string;
let sink: Sink;
let daemon: DaemonProcess | undefined;

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-upgrade-'));
  mkdirSync(join(cwd, 'data'), { mode: 0o700 });
  database = join(cwd, 'data/iep.db');
  // Made by the old version with the directory; it had nothing to seal yet.
  writeFileSync(join(cwd, 'data/master.key'), Buffer.alloc(32, 7), { mode: 0o600 });
  const db = openFile(database, {});
  db.exec(left);
  // Its time would come one day, and this test would change with it.
  db.prepare('UPDATE outbox SET due_at = ? WHERE scheduled = 1').run(FAR);
  db.prepare('UPDATE messages SET scheduled_at = ? WHERE status = ?').run(FAR, 'scheduled');
  db.pragma('journal_mode = WAL');
  db.close();
  sink = await createSink();
  const relay = { type: 'smtp', host: '127.0.0.1', port: sink.port, tls: 'none' };
  writeFileSync(
    join(cwd, 'iep.yaml'),
    JSON.stringify({
      dataDir: './data',
      providers: { relay, keep: { type: 'capture' } },
      routing: { primary: 'relay' },
    }),
  );
});
afterEach(async () => {
  daemon?.process.kill('SIGKILL');
  await daemon?.ended;
  await sink.close();
  rmSync(cwd, { recursive: true });
});

/** Not in this thread's time: the server that the daemon talks to lives here. */
async function iep(...args: string[]) {
  const main = join(import.meta.dirname, '../../src/main.ts');
  const child = spawn(process.execPath, [main, '--config', join(cwd, 'iep.yaml'), ...args, '--json'], {
    env: { PATH: process.env.PATH },
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, stderr, json: () => JSON.parse(stdout) };
}

interface Row {
  readonly messageId: string;
  readonly subject: string;
  readonly status: string;
}

it('keeps a copy, loses nothing, and sends what was owed', { timeout: 120_000 }, async () => {
  daemon = spawnDaemon({ cwd, args: ['--config', join(cwd, 'iep.yaml')] });
  const { http } = await isUp(daemon);
  const url = `http://127.0.0.1:${http.port}`;
  const call = async (path: string, init: RequestInit = {}) => {
    const headers = { 'x-api-key': key, 'content-type': 'application/json' };
    const answer = await fetch(url + path, { ...init, headers });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> & { items: Row[] } };
  };

  const copy = openFile(join(cwd, 'data/backups/before-upgrade-from-1.db'), { readonly: true });
  expect(copy.pragma('user_version', { simple: true })).toBe(1);
  expect(copy.prepare('SELECT count(*) AS n FROM messages').get()).toEqual({ n: 12 });
  copy.close();

  // The old key opens the new door, and everything is there.
  const listed = await call('/v1/messages?limit=100');
  expect(listed.status).toBe(200);
  const found = new Map(listed.body.items.map((row) => [row.subject, row]));
  expect([...found.keys()].sort()).toEqual(Object.keys(before).sort());
  for (const [subject, status] of Object.entries(before)) {
    if (status !== 'queued') expect(found.get(subject)?.status, subject).toBe(status);
  }
  const sent = found.get('It is sent')?.messageId ?? '';
  expect((await call(`/v1/messages/${sent}`)).body).toMatchObject({
    ...{ status: 'sent', to: ['ada@example.com'], cc: ['c@example.com'], attempts: 1, provider: 'relay' },
    ...{ groupId: 'g1', category: 'invoice', tags: ['billing'], metadata: { order: 7 } },
  });
  expect((await call(`/v1/messages/${sent}/events`)).body.items).toMatchObject([
    { type: 'queued' },
    { type: 'processing' },
    { type: 'sent', recipient: 'ada@example.com' },
    { type: 'sent', recipient: 'c@example.com' },
  ]);
  const raw = await fetch(`${url}/v1/messages/${sent}/raw`, { headers: { 'x-api-key': key } });
  expect(await raw.text()).toMatch(/Hello Ada.*a\.txt/s);

  // What was accepted but never tried, and what was on its way when the old daemon was killed, goes by itself.
  await sink.received(2);
  expect((await iep('queue', 'flush')).status).toBe(0);
  const received = await sink.received(4);
  expect(received.flatMap(({ to }) => to).sort()).toEqual([
    'ada@example.net',
    'later@example.com',
    'later@example.com',
    'stalled@example.com',
  ]);
  const dead = found.get('It is dead')?.messageId ?? '';
  expect(await call(`/v1/messages/${dead}/retry`, { method: 'POST' })).toMatchObject({ status: 200 });
  expect((await sink.received(5)).at(-1)?.to).toEqual(['later@example.org']);
  const scheduled = found.get('It is scheduled')?.messageId ?? '';
  expect(await call(`/v1/messages/${scheduled}/cancel`, { method: 'POST' })).toMatchObject({ status: 200 });

  // The same key again is the same message.
  const again = {
    ...{ from: 'app@acme.example', subject: 'It is sent', textBody: 'Hello {{name}}', variables: { name: 'Ada' } },
    ...{ to: ['ada@example.com'], cc: ['c@example.com'], idempotencyKey: 'once', groupId: 'g1' },
    metadata: { category: 'invoice', tags: ['billing'], order: 7 },
    attachments: [{ filename: 'a.txt', contentType: 'text/plain', content: 'aGVsbG8=' }],
  };
  expect(await call('/v1/messages', { method: 'POST', body: JSON.stringify(again) })).toMatchObject({
    status: 200,
    body: { messageId: sent, status: 'sent' },
  });

  expect((await iep('suppression', 'list', '--tenant', 'acme')).json()).toMatchObject([
    { email: 'bounced@example.com' },
  ]);
  expect((await iep('domain', 'list', '--tenant', 'acme')).json()).toMatchObject([{ domain: 'acme.example' }]);
  expect((await iep('tenant', 'list')).json()).toMatchObject([
    { slug: 'acme' },
    { slug: 'globex' },
    { slug: 'initech' },
  ]);
  const findings = (await iep('doctor')).json() as { check: string; level: string; detail: string }[];
  expect(findings.filter(({ level }) => level === 'broken')).toEqual([]);
  expect(findings.find(({ check }) => check === 'integrity')?.level).toBe('ok');
  // There was no audit log when these tenants and keys were made.
  expect((await iep('audit', 'verify')).json()).toMatchObject({ intact: true, breaks: [] });

  daemon.process.kill('SIGTERM');
  expect(await daemon.ended).toMatchObject({ code: 0 });
  const upgraded = openFile(database, { readonly: true });
  expect(upgraded.prepare("SELECT subject FROM messages WHERE status IN ('queued', 'processing')").all()).toEqual([]);
  // Schema 1 kept no account of free pages; now they can be given back.
  expect(upgraded.pragma('auto_vacuum', { simple: true })).toBe(2);
  upgraded.close();
});

it('is left to who brings it up to date: every other command refuses it and changes nothing', {
  timeout: 120_000,
}, async () => {
  const schema = () => {
    const db = openFile(database, { readonly: true });
    const version = db.pragma('user_version', { simple: true });
    db.close();
    return version;
  };
  const doctor = await iep('doctor');
  expect(doctor.status).toBe(69);
  expect(doctor.json()).toContainEqual(
    expect.objectContaining({ check: 'store', level: 'broken', advice: expect.stringContaining('iep migrate') }),
  );
  for (const args of [['list'], ['queue'], ['send', 'a@example.com', '--text', 'x'], ['backup', join(cwd, 'b.tar')]]) {
    const refused = await iep(...args);
    expect(refused, args[0]).toMatchObject({ status: 75, stderr: expect.stringMatching(/schema 1;.*iep migrate/s) });
  }
  const older = lockDirectory(join(cwd, 'data'));
  expect(await iep('migrate')).toMatchObject({ status: 69 });
  const second = spawnDaemon({ cwd, args: ['--config', join(cwd, 'iep.yaml')] });
  expect(await second.ended).toMatchObject({ code: 69 });
  older.release();
  expect(schema()).toBe(1);
  expect(existsSync(join(cwd, 'data/backups'))).toBe(false);
});

it('is done without a daemon too, and a newer schema is left as it is', async () => {
  expect((await iep('migrate')).status).toBe(0);
  expect(existsSync(join(cwd, 'data/backups/before-upgrade-from-1.db'))).toBe(true);
  const db = openFile(database, {});
  db.pragma('user_version = 9999');
  db.close();
  const refused = await iep('migrate');
  expect(refused).toMatchObject({ status: 78, stderr: expect.stringContaining('schema 9999') });
});
