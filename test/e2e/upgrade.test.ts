/** A version whose schema is one step further, over what this one left behind: a copy first, then everything is there, and the mail goes on. */

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockDirectory } from '../../src/db/datadir/lock.ts';
import { openFile } from '../../src/db/sqlite/connection.ts';
import { type DaemonProcess, isUp, spawnDaemon } from '../daemon-process.ts';
import { bundleProgram } from '../program.ts';
import { createSink, type Sink } from '../sink.ts';

/** The schema of this version. */
const PRESENT = 1;
const COPY = `data/backups/before-upgrade-from-${PRESENT}.db`;
const next = { NODE_OPTIONS: `--import=${join(import.meta.dirname, '../next-schema.ts')}` };

let cwd: string;
let database: string;
let sink: Sink;
let daemon: DaemonProcess | undefined;

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-upgrade-'));
  database = join(cwd, 'data/iep.db');
  sink = await createSink();
  const relay = { type: 'smtp', host: '127.0.0.1', port: sink.port, tls: 'none' };
  const config = { dataDir: './data', providers: { relay }, routing: { primary: 'relay' } };
  writeFileSync(join(cwd, 'iep.yaml'), JSON.stringify(config));
  expect((await present('tenant', 'add', 'acme')).status).toBe(0);
});
afterEach(async () => {
  daemon?.process.kill('SIGKILL');
  await daemon?.ended;
  await sink.close();
  rmSync(cwd, { recursive: true });
});

/** Not in this thread's time: the server that the daemon talks to lives here. */
async function run(env: Record<string, string>, args: readonly string[]) {
  const { script } = bundleProgram();
  const child = spawn(process.execPath, [script, '--config', join(cwd, 'iep.yaml'), ...args, '--json'], {
    env: { PATH: process.env.PATH, ...env },
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, stderr, json: () => JSON.parse(stdout) };
}

const present = (...args: string[]) => run({}, args);
const later = (...args: string[]) => run(next, args);
const serve = (env = {}) => spawnDaemon({ cwd, args: ['--config', join(cwd, 'iep.yaml')], env });

function schema(file = database) {
  const db = openFile(file, { readonly: true });
  const version = db.pragma('user_version', { simple: true });
  const isFurther = (db.pragma('table_info(tenants)') as { name: string }[]).some(({ name }) => name === 'made_up');
  db.close();
  return { version, isFurther };
}

it('keeps a copy, loses nothing, and sends what was owed', { timeout: 120_000 }, async () => {
  const { key } = (await present('key', 'add', '--tenant', 'acme', '--scopes', 'send,read')).json();
  await present('domain', 'add', 'acme.example', '--tenant', 'acme');
  const mail = ['ada@example.com', '--from', 'app@acme.example', '--text', 'x', '--idempotency-key', 'once'];
  expect((await present('send', '--tenant', 'acme', ...mail)).status).toBe(0);

  daemon = serve(next);
  const { http } = await isUp(daemon);
  expect(schema()).toEqual({ version: 9000, isFurther: true });
  expect(schema(join(cwd, COPY))).toEqual({ version: PRESENT, isFurther: false });
  expect((await sink.received(1)).flatMap(({ to }) => to)).toEqual(['ada@example.com']);

  // The old key opens the new door, and the same idempotency key is the same message.
  const headers = { 'x-api-key': key };
  const listed = await fetch(`http://127.0.0.1:${http.port}/v1/messages`, { headers });
  const { items } = (await listed.json()) as { items: { messageId: string }[] };
  expect(items).toHaveLength(1);
  const again = await later('send', '--tenant', 'acme', ...mail);
  expect(again.json()).toMatchObject({ messageId: items[0]?.messageId });
  const findings = (await later('doctor')).json() as { check: string; level: string }[];
  expect(findings.find(({ check }) => check === 'integrity')?.level).toBe('ok');
  expect((await later('audit', 'verify')).json()).toMatchObject({ intact: true, breaks: [] });
});

it('is left to who brings it up to date: every other command refuses it and changes nothing', {
  timeout: 120_000,
}, async () => {
  const doctor = await later('doctor');
  expect(doctor.status).toBe(69);
  expect(doctor.json()).toContainEqual(
    expect.objectContaining({ check: 'store', level: 'broken', advice: expect.stringContaining('iep migrate') }),
  );
  for (const args of [['list'], ['queue'], ['send', 'a@example.com', '--text', 'x'], ['backup', join(cwd, 'b.tar')]]) {
    const refused = await later(...args);
    expect(refused, args[0]).toMatchObject({ status: 75, stderr: expect.stringMatching(/schema 1;.*iep migrate/s) });
  }
  const older = lockDirectory(join(cwd, 'data'));
  expect(await later('migrate')).toMatchObject({ status: 69 });
  const second = serve(next);
  expect(await second.ended).toMatchObject({ code: 69 });
  older.release();
  expect(schema()).toEqual({ version: PRESENT, isFurther: false });
  expect(existsSync(join(cwd, 'data/backups'))).toBe(false);
});

it('is done without a daemon too, and a newer schema is left as it is', async () => {
  expect((await later('migrate')).status).toBe(0);
  expect(existsSync(join(cwd, COPY))).toBe(true);
  const refused = await present('migrate');
  expect(refused).toMatchObject({ status: 78, stderr: expect.stringContaining('schema 9000') });
  expect(schema()).toEqual({ version: 9000, isFurther: true });
});
