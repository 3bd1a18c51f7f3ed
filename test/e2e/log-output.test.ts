/** The log never holds the daemon: its output may be full, stalled or closed, and it answers and ends as ever. */

import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { bundleProgram } from '../program.ts';

let cwd: string;
const cleanUps: (() => unknown)[] = [];

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-log-'));
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  rmSync(cwd, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A daemon whose standard output and standard error are `fd`. */
async function serve(fd: number) {
  const port = await freePort();
  const child = spawn(process.execPath, [bundleProgram().script, 'serve', '--dev'], {
    cwd,
    env: { PATH: process.env.PATH, IEP_HTTP_PORT: String(port), IEP_SMTP_PORT: '0', IEP_LOG_LEVEL: 'debug' },
    stdio: ['ignore', fd, fd],
  });
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  cleanUps.push(() => child.kill('SIGKILL') && ended);
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  await eventually(async () => expect((await get('/ready')).status).toBe(200));
  return {
    get,
    /** More than a pipe takes while nobody reads. */
    async fillLog() {
      const lines = Array.from({ length: 40 }, async () => {
        for (let call = 0; call < 20; call += 1) await (await get(`/no-such-page/${'x'.repeat(200)}`)).text();
      });
      await Promise.all(lines);
    },
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

async function droppedBy(daemon: { get: (path: string) => Promise<Response> }): Promise<number> {
  const metrics = await (await daemon.get('/metrics')).text();
  return Number(/^iep_log_lines_dropped_total (\d+)$/m.exec(metrics)?.[1]);
}

function makeFifo(): string {
  const path = join(cwd, 'log');
  execFileSync('mkfifo', [path]);
  return path;
}

it.skipIf(process.platform !== 'linux')('a full disk costs lines', async () => {
  const full = openSync('/dev/full', 'w');
  const daemon = await serve(full);
  closeSync(full);
  await daemon.fillLog();
  expect(await droppedBy(daemon)).toBeGreaterThan(0);
  expect(await daemon.stop()).toEqual({ code: 0, signal: null });
});

it('a reader that stalls holds neither answers nor the end', async () => {
  // Open for both, so that there is a reader; it reads nothing.
  const fifo = openSync(makeFifo(), constants.O_RDWR);
  cleanUps.push(() => closeSync(fifo));
  const daemon = await serve(fifo);
  await daemon.fillLog();
  expect((await daemon.get('/ready')).status).toBe(200);
  expect(await daemon.stop()).toEqual({ code: 0, signal: null });
});

it('a reader that left costs lines; the next one hears how many', async () => {
  const path = makeFifo();
  const first = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  const daemon = await serve(writer);
  closeSync(first);
  await daemon.fillLog();
  await eventually(async () => expect(await droppedBy(daemon)).toBeGreaterThan(0));
  const second = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  cleanUps.push(() => closeSync(second));
  let heard = '';
  const bytes = Buffer.alloc(1 << 16);
  await eventually(() => {
    heard += bytes.toString('utf8', 0, readSync(second, bytes));
    expect(heard).toMatch(/"dropped":\d+,"msg":"lines of the log were dropped/);
  });
  closeSync(writer);
  expect(await daemon.stop()).toEqual({ code: 0, signal: null });
});
