/** A real daemon in a process of its own, for tests of what only a process can show: signals, exit codes, ports, locks. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { bundleProgram } from './program.ts';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface DaemonProcess {
  readonly process: ChildProcess;
  /** Lines of standard output and of standard error so far. */
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** Resolves with the first line of standard output for which `is` holds; rejects when the process ends before. */
  line(is: (line: string) => boolean): Promise<string>;
  readonly ended: Promise<Ended>;
}

export interface Up {
  readonly http: { readonly port: number };
  readonly smtp: { readonly port: number };
}

/**
 * `iep serve …` in `cwd`. Both ports are free ones unless `env` says otherwise. `through`: a command that becomes the one
 * which is named behind it.
 */
export function spawnDaemon(options: {
  cwd: string;
  args?: readonly string[];
  env?: Record<string, string>;
  through?: readonly string[];
}): DaemonProcess {
  const { through = [] } = options;
  const [command = '', ...args] = [
    ...through,
    process.execPath,
    bundleProgram().script,
    'serve',
    ...(options.args ?? []),
  ];
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { PATH: process.env.PATH, IEP_HTTP_PORT: '0', IEP_SMTP_PORT: '0', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout: string[] = [];
  const stderr: string[] = [];
  const waiting = new Set<(line: string | undefined) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout.push(line);
    for (const tell of [...waiting]) tell(line);
  });
  createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line));
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code, signal });
      for (const tell of [...waiting]) tell(undefined);
    });
  });
  return {
    process: child,
    stdout,
    stderr,
    ended,
    line(is) {
      const known = stdout.find(is);
      if (known !== undefined) return Promise.resolve(known);
      return new Promise((resolve, reject) => {
        const tell = (line: string | undefined) => {
          if (line !== undefined && !is(line)) return;
          waiting.delete(tell);
          if (line === undefined) reject(new Error(`the daemon ended:\n${[...stdout, ...stderr].join('\n')}`));
          else resolve(line);
        };
        waiting.add(tell);
      });
    },
  };
}

/** Waits for the line of the log that names the ports. */
export async function isUp(daemon: DaemonProcess): Promise<Up> {
  return JSON.parse(await daemon.line((line) => line.includes('the daemon is up'))) as Up;
}
