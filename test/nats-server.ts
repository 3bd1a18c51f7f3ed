/** NATS for tests: Debian's nats-server, a process of its own on a free port, with JetStream in a directory. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const program = join(import.meta.dirname, '../.cache/bin/nats-server');

/** Why there is none; undefined where there is. scripts/debian-tools brings it. */
export function whyNoNats(): string | undefined {
  return existsSync(program) ? undefined : 'nats-server is not unpacked in .cache';
}

export interface NatsServer {
  readonly port: number;
  readonly url: string;
  /** Ends at once, as a crash would. The same port is free for the next. */
  kill(): Promise<void>;
  signal(name: NodeJS.Signals): void;
}

/** `directory`: where JetStream keeps its streams. `args`: such as those of a login. */
export async function startNatsServer(
  directory: string,
  { port = -1, args = [] }: { readonly port?: number; readonly args?: readonly string[] } = {},
): Promise<NatsServer> {
  const child = spawn(program, ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', directory, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const heard = await listening(child);
  return {
    port: heard,
    url: `nats://127.0.0.1:${heard}`,
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function listening(child: ChildProcess): Promise<number> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    child.once('close', () => reject(new Error(`nats-server ended:\n${said.join('\n')}`)));
    if (child.stderr === null) return;
    let port = 0;
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      port = Number(/client connections on [\d.]+:(\d+)/.exec(line)?.[1] ?? port);
      if (line.includes('Server is ready')) resolve(port);
    });
  });
}
