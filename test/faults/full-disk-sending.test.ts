/**
 * A disk that fills up while a slow relay has mail, and a daemon that ends just then: nothing that was accepted is lost, and
 * nothing goes out twice that the relay said yes to.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type DaemonProcess, isUp, spawnDaemon } from '../daemon-process.ts';
import { createSink, type Sink } from '../sink.ts';

const canMount =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' }).status === 0;

const CONNECTIONS = 4;
const people = Array.from({ length: 24 }, (_, n) => `r${n}@example.org`);
/** Enough of them make the write-ahead log longer than it ever was, so that no outcome fits where something stood before. */
const TEXT = 'A line of a letter that is not short.\n'.repeat(1_000);

let folder: string;
let disk: string;
let sink: Sink;
/** Keeps a file system in mounts of its own, whatever becomes of the daemon. */
let keeper: ChildProcess;
let daemon: DaemonProcess | undefined;

beforeEach(async () => {
  if (!canMount) return;
  folder = mkdtempSync(join(tmpdir(), 'iep-full-sending-'));
  disk = join(folder, 'disk');
  mkdirSync(disk);
  sink = await createSink();
  const mount = 'mount -t tmpfs -o size=32m,mode=0700 tmpfs "$0" && echo mounted && exec cat';
  keeper = spawn('unshare', ['-m', 'sh', '-c', mount, disk], { stdio: ['pipe', 'pipe', 'inherit'] });
  if (keeper.stdout) await once(keeper.stdout, 'data');
  const relay = { type: 'smtp', host: sink.host, port: sink.port, tls: 'none', maxConnections: CONNECTIONS };
  const config = {
    dataDir: join(disk, 'data'),
    smtp: { trustedNetworks: [{ cidr: '127.0.0.1/32', tenant: 't' }] },
    tenants: [{ slug: 't', settings: { anySender: true } }],
    ...{ providers: { relay }, routing: { primary: 'relay' } },
  };
  writeFileSync(join(folder, 'iep.yaml'), JSON.stringify(config), { mode: 0o600 });
});
afterEach(async () => {
  if (!canMount) return;
  daemon?.process.kill('SIGKILL');
  await daemon?.ended;
  keeper.stdin?.end();
  if (keeper.exitCode === null) await once(keeper, 'exit');
  await sink.close();
  rmSync(folder, { recursive: true });
});

async function serve() {
  daemon = spawnDaemon({
    cwd: folder,
    args: ['--config', join(folder, 'iep.yaml')],
    through: ['nsenter', '-t', String(keeper.pid), '-m'],
  });
  const { smtp } = await isUp(daemon);
  return { daemon, port: smtp.port };
}

/** The file as it is seen in the mounts of the keeper. */
const ballast = () => join(`/proc/${keeper.pid}/root`, disk, 'ballast');

function fill(): void {
  const file = openSync(ballast(), 'w');
  const block = Buffer.alloc(4_096);
  try {
    for (;;) writeSync(file, block);
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
  } finally {
    closeSync(file);
  }
}

/** Outcomes that are on the disk: a line is logged after the commit. */
const written = ({ stdout }: DaemonProcess) => stdout.filter((line) => line.includes('"outcome":"delivered"')).length;

it.for(['SIGTERM', 'SIGKILL'] as const)(
  'a full disk under a slow relay, then %s: each message goes out once',
  { timeout: 120_000 },
  async (signal, { skip }) => {
    skip(!canMount, 'a small file system can be mounted by root alone');
    const { daemon: first, port } = await serve();
    let answers = Promise.withResolvers<void>();
    sink.script(({ step }) => (step === 'dot' ? answers.promise.then(() => undefined) : undefined));
    const transport = createTransport({ host: '127.0.0.1', port, ignoreTLS: true });
    for (const to of people) await transport.sendMail({ from: 'app@example.com', to, subject: 'x', text: TEXT });
    await sink.reached('dot', CONNECTIONS);
    fill();

    // Those that the relay has get their yes; what begins before the daemon knows waits for another.
    const { resolve } = answers;
    answers = Promise.withResolvers();
    resolve();
    await first.line((line) => line.includes('the disk is full'));
    await first.line(() => written(first) >= CONNECTIONS);
    first.process.kill(signal);
    if (signal === 'SIGTERM') answers.resolve();
    expect(await first.ended).toEqual(signal === 'SIGTERM' ? { code: 0, signal: null } : { code: null, signal });
    expect(sink.messages.length).toBe(written(first));
    expect(sink.messages.length).toBeLessThanOrEqual(2 * CONNECTIONS);

    sink.script();
    rmSync(ballast());
    const { daemon: second } = await serve();
    await second.line(() => written(first) + written(second) === people.length);
    second.process.kill('SIGTERM');
    expect(await second.ended).toEqual({ code: 0, signal: null });
    expect(sink.messages.flatMap(({ to }) => to).sort()).toEqual([...people].sort());
  },
);
