/** What tests of commands run in: an empty data directory, and `iep` called in this process over it. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../db/open.ts';
import type { Store } from '../db/verbs/store.ts';
import { runCli } from './program.ts';
import { type Broken, fakeShell } from './shell.testing.ts';

export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export interface Home {
  readonly folder: string;
  readonly dataDir: string;
  /** Opens the store, as the daemon does between two commands. */
  store(): Promise<Store>;
  /** Runs a command; `input` is its standard input. */
  iep(
    args: readonly string[],
    options?: { input?: string; env?: Record<string, string>; broken?: Broken },
  ): Promise<Ran>;
  /** Runs it with --json, expects success, and gives the document. */
  json<T>(args: readonly string[], options?: { input?: string }): Promise<T>;
  remove(): Promise<void>;
}

export async function makeHome(): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'iep-cli-'));
  const dataDir = join(folder, 'data');
  const iep: Home['iep'] = async (args, { input, env = {}, broken } = {}) => {
    const shell = fakeShell({
      env: { IEP_DATADIR: dataDir, IEP_SMTP_HOSTNAME: 'host.example', LOGNAME: 'jo', ...env },
      ...(input !== undefined && { input }),
      ...(broken && { broken }),
    });
    const exit = await runCli(args, shell);
    return { exit, out: shell.out(), err: shell.err() };
  };
  return {
    folder,
    dataDir,
    store: async () => (await openStore({ file: join(dataDir, 'iep.db'), threads: false })).store,
    iep,
    async json<T>(args: readonly string[], options = {}) {
      const ran = await iep([...args, '--json'], options);
      if (ran.exit !== 0) throw new Error(`iep ${args.join(' ')} exited with ${ran.exit}: ${ran.err}`);
      return JSON.parse(ran.out) as T;
    },
    remove: () => rm(folder, { recursive: true }),
  };
}
