/** A disk that gives back something else than was written: it is told, nothing of it is sent, and nothing more is promised on it. */

import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  globSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { lockDirectory } from '../../src/db/datadir/lock.ts';
import { openFile } from '../../src/db/sqlite/connection.ts';
import { type DaemonProcess, isUp, spawnDaemon } from '../daemon-process.ts';
import { bundleProgram, type Program } from '../program.ts';
import { createSink, type Sink } from '../sink.ts';

const LARGE = `Subject: large\n\n${'0123456789abcdef'.repeat(20_000)}\n`;

let program: Program;
let cwd: string;
let sink: Sink;
let daemon: DaemonProcess | undefined;
beforeAll(() => {
  program = bundleProgram();
});
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-damage-'));
  sink = await createSink();
  const relay = { type: 'smtp', host: '127.0.0.1', port: sink.port, tls: 'none' };
  const config = { dataDir: './data', providers: { relay }, routing: { primary: 'relay' }, tenants: [{ slug: 't' }] };
  writeFileSync(join(cwd, 'iep.yaml'), JSON.stringify(config), { mode: 0o600 });
});
afterEach(async () => {
  daemon?.process.kill('SIGKILL');
  await daemon?.ended;
  await sink.close();
  rmSync(cwd, { recursive: true });
});

/** Not in this thread's time: the relay that the doctor looks at lives here. */
async function iep(args: readonly string[], input = '') {
  const child = spawn(process.execPath, [program.script, '--config', join(cwd, 'iep.yaml'), ...args, '--json'], {
    env: { PATH: process.env.PATH, IEP_SMTP_HOSTNAME: 'host.example', LOGNAME: 'jo' },
  });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, stderr, json: <T>() => JSON.parse(stdout) as T };
}

interface Accepted {
  readonly messageId: string;
}

it('a blob that was cut is never sent, and is told by history, doctor and backup', { timeout: 240_000 }, async () => {
  expect((await iep(['domain', 'add', 'host.example', '--tenant', 't'])).status).toBe(0);
  const { messageId } = (await iep(['send', '--raw', '--to', 'a@example.com'], LARGE)).json<Accepted>();
  const [blob = ''] = globSync(join(cwd, 'data/blobs/??/??/*'));
  truncateSync(blob, 200_000);

  const deep = await iep(['doctor', '--deep']);
  expect(deep.status).toBe(69);
  expect(deep.json()).toContainEqual(expect.objectContaining({ check: 'blobs', level: 'broken' }));
  const saved = await iep(['backup', join(cwd, 'b.tar')]);
  expect(saved.status).toBe(69);
  expect(saved.json()).toMatchObject({ lost: [{ how: 'damaged' }] });
  expect(spawnSync('tar', ['-tf', join(cwd, 'b.tar')], { encoding: 'utf8' }).stdout).toMatch(
    /iep\.db\nSHA256SUMS\nblobs\//,
  );

  daemon = spawnDaemon({ cwd, args: ['--config', join(cwd, 'iep.yaml')] });
  await isUp(daemon);
  await daemon.line((line) => line.includes('fault while sending'));
  const deadline = async () => (await iep(['show', messageId])).json<{ status: string; lastError?: string }>();
  await expect.poll(deadline, { timeout: 100_000 }).toMatchObject({
    status: 'failed',
    lastError: expect.stringMatching(/^its content is damaged \(blob /),
  });
  expect(sink.messages).toEqual([]);

  rmSync(blob);
  expect((await iep(['backup', join(cwd, 'c.tar')])).json()).toMatchObject({ lost: [{ how: 'gone' }] });
});

it('a damaged page ends what the daemon promises, and the doctor goes on past it', { timeout: 240_000 }, async () => {
  const { key } = (await iep(['key', 'add', '--tenant', 't', '--scopes', 'send,read'])).json<{ key: string }>();
  expect((await iep(['domain', 'add', 'host.example', '--tenant', 't'])).status).toBe(0);
  damage('recipients');

  const doctor = await iep(['doctor']);
  expect(doctor.status).toBe(69);
  const findings = doctor.json<{ check: string; level: string; advice?: string }[]>();
  expect(findings).toContainEqual(
    expect.objectContaining({ check: 'integrity', level: 'broken', advice: expect.stringContaining('disaster') }),
  );
  expect(findings.map(({ check }) => check)).toEqual(expect.arrayContaining(['secrets', 'queue', 'daemon', 'space']));

  daemon = spawnDaemon({ cwd, args: ['--config', join(cwd, 'iep.yaml')] });
  const { http } = await isUp(daemon);
  const url = `http://127.0.0.1:${http.port}`;
  const send = async (path: string) => {
    const body = JSON.stringify({ from: 'a@host.example', to: ['b@example.com'], subject: 's', textBody: 't' });
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body,
    });
    return { status: answer.status, ...((await answer.json()) as { code: string }) };
  };
  expect(await send('/v1/messages')).toMatchObject({ status: 503, code: 'store_damaged' });
  await daemon.line((line) => line.includes('the database is damaged'));
  expect(await send('/v1/messages')).toMatchObject({ status: 503, code: 'store_damaged' });
  expect((await fetch(`${url}/ready`)).status).toBe(503);
  expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^iep_store_damaged 1$/m);
});

it('what can still be read of a damaged store is brought back, keys and blobs and all', {
  timeout: 240_000,
}, async () => {
  expect((await iep(['domain', 'add', 'host.example', '--tenant', 't'])).status).toBe(0);
  const { messageId } = (await iep(['send', '--raw', '--to', 'a@example.com'], LARGE)).json<Accepted>();
  damage('events');
  const damaged = join(cwd, 'damaged');
  renameSync(join(cwd, 'data'), damaged);
  const lock = lockDirectory(damaged);
  expect((await iep(['restore', damaged])).status).toBe(69);
  lock.release();
  const restored = await iep(['restore', damaged]);
  expect(restored.status, restored.stderr).toBe(69);
  expect(restored.json()).toMatchObject({ waiting: 1, masterKey: 'inside', salvaged: { incomplete: ['events'] } });
  expect((await iep(['show', messageId])).json()).toMatchObject({ status: 'queued' });
  const findings = (await iep(['doctor', '--deep'])).json<{ check: string; level: string }[]>();
  const ofStore = findings.filter(({ check }) => ['integrity', 'blobs', 'secrets', 'audit log'].includes(check));
  expect(ofStore.map(({ level }) => level)).toEqual(['ok', 'ok', 'ok', 'ok']);
});

/** Overwrites the first page of a table. */
function damage(table: string): void {
  const file = join(cwd, 'data/iep.db');
  const db = openFile(file, {});
  db.pragma('wal_checkpoint(TRUNCATE)');
  const page = Number(db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table));
  const bytes = Number(db.pragma('page_size', { simple: true }));
  db.close();
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(bytes, 0x5a), 0, bytes, (page - 1) * bytes);
  closeSync(handle);
}
