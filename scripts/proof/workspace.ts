/**
 * A run's own corner of the machine: a temporary directory and the processes it started, each a process group of its
 * own. Closing stops exactly those and removes the directory, also when the run is interrupted.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Running {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Whether it has not ended yet. */
  alive(): boolean;
  /** Signals the process alone. Nothing happens when it has ended. */
  signal(signal: NodeJS.Signals): void;
  /** Asks it to end, then ends its whole group by force; `graceMs` 0 skips the asking. Resolves when it is gone. */
  stop(graceMs?: number): Promise<Exit>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A file for standard output and one for standard error; absent: discarded. */
  readonly stdout?: string;
  readonly stderr?: string;
}

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

export interface Workspace {
  /** On a real disk and open to traversal, so that a daemon that drops its privileges reaches its own part. */
  readonly dir: string;
  start(command: string, args: readonly string[], options?: StartOptions): Running;
  /** Runs to the end; rejects with what it said on standard error unless it exits with 0. */
  run(
    command: string,
    args: readonly string[],
    options?: Pick<StartOptions, 'env' | 'cwd'> & { readonly timeoutMs?: number },
  ): Promise<Finished>;
  /** Has `undo` called on close, the last one first. */
  onClose(undo: () => void): void;
  close(): Promise<void>;
}

/** /var/tmp and not /tmp: the latter may be memory, where an fsync proves and costs nothing. */
const BASE = '/var/tmp';
const DEFAULT_GRACE_MS = 35_000;

export function createWorkspace(name: string): Workspace {
  const dir = mkdtempSync(join(BASE, `iep-${name}-`));
  chmodSync(dir, 0o711);
  const running = new Set<Running>();
  const undoing: (() => void)[] = [];
  let serial = 0;

  const removeAll = () => {
    for (const one of running) killGroup(one.pid);
    for (const undo of undoing.splice(0).reverse()) undo();
    rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
  const interrupted = (signal: NodeJS.Signals) => {
    removeAll();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  process.once('exit', removeAll);

  const start: Workspace['start'] = (command, args, options = {}) => {
    const out = options.stdout === undefined ? 'ignore' : openSync(options.stdout, 'a');
    const err = options.stderr === undefined ? 'ignore' : openSync(options.stderr, 'a');
    const child = spawn(command, args, {
      cwd: options.cwd ?? dir,
      env: { PATH: process.env.PATH, HOME: dir, ...options.env },
      stdio: ['ignore', out, err],
      detached: true,
    });
    for (const fd of [out, err]) if (typeof fd === 'number') closeSync(fd);
    const one = watch(command, child);
    running.add(one);
    one.exited.then(
      () => running.delete(one),
      () => running.delete(one),
    );
    return one;
  };

  return {
    dir,
    start,
    async run(command, args, { timeoutMs = 600_000, ...options } = {}) {
      serial += 1;
      const files = { stdout: join(dir, `run-${serial}.out`), stderr: join(dir, `run-${serial}.err`) };
      const began = performance.now();
      const child = start(command, args, { ...options, ...files });
      const late = setTimeout(() => void child.stop(0), timeoutMs);
      const exit = await child.exited;
      const seconds = (performance.now() - began) / 1000;
      clearTimeout(late);
      const [stdout, stderr] = [readFileSync(files.stdout, 'utf8'), readFileSync(files.stderr, 'utf8')];
      for (const file of Object.values(files)) rmSync(file);
      if (exit.code !== 0) {
        const why = exit.signal
          ? `was ended by ${exit.signal} after ${seconds.toFixed(1)} s`
          : `exited with ${exit.code}`;
        throw new Error(`${command} ${args.join(' ')} ${why}:\n${stderr.slice(-2000) || stdout.slice(-2000)}`);
      }
      return { stdout, stderr, seconds };
    },
    onClose: (undo) => void undoing.push(undo),
    async close() {
      await Promise.all([...running].map((one) => one.stop(0)));
      process.off('SIGINT', interrupted);
      process.off('SIGTERM', interrupted);
      process.off('exit', removeAll);
      removeAll();
    },
  };
}

function watch(command: string, child: ChildProcess): Running {
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`cannot start ${command}: ${error.message}`)));
    child.once('exit', (code, signal) => {
      killGroup(child.pid ?? 0); // what it left behind
      resolve({ code, signal });
    });
  });
  exited.catch(() => undefined); // who waits for it hears of it; without this it is an unhandled rejection until somebody does
  const pid = child.pid ?? 0;
  const alive = () => pid > 0 && child.exitCode === null && child.signalCode === null;
  return {
    pid,
    exited,
    alive,
    signal(signal) {
      if (alive()) process.kill(pid, signal);
    },
    async stop(graceMs = DEFAULT_GRACE_MS) {
      if (alive() && graceMs > 0) {
        process.kill(pid, 'SIGTERM');
        const waiting = new AbortController();
        await Promise.race([exited, pause(graceMs, undefined, { signal: waiting.signal }).catch(() => undefined)]);
        waiting.abort();
      }
      if (alive()) killGroup(pid);
      return exited;
    },
  };
}

function killGroup(pid: number): void {
  if (pid <= 0) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A port that was free a moment ago, on loopback. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Resolves when `check` answers true; rejects after `timeoutMs` with `what`. */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  { timeoutMs, everyMs = 20 }: { timeoutMs: number; everyMs?: number },
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s in vain until ${what}`);
    await pause(everyMs);
  }
}

/** Resolves when the process takes connections on that port of loopback; rejects with its log when it ends instead. */
export async function listening(daemon: Running, { port, log }: { port: number; log: string }): Promise<void> {
  await until(`port ${port} listens`, async () => !daemon.alive() || (await connects(port)), { timeoutMs: 60_000 });
  if (!daemon.alive()) throw new Error(`it ended instead of listening on port ${port}:\n${readFileSync(log, 'utf8')}`);
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
