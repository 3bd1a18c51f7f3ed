/** The configuration that a command's options and environment name, and the local store that it names in turn. */

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { type LoadedConfig, type LoadOptions, loadConfig } from '../config/load.ts';
import { dataDirectory, hasStore } from '../daemon/data-directory.ts';
import { type Local, type OpenLocalOptions, openLocal } from '../daemon/local.ts';
import { Complaint } from './failure.ts';
import type { Globals } from './globals.ts';
import type { Shell } from './shell.ts';

type How = Pick<LoadOptions, 'dev' | 'withoutSecrets'>;

export function readConfig(shell: Shell, { config }: Globals, how: How = {}): LoadedConfig {
  return loadConfig({ file: config, env: shell.env, cwd: process.cwd(), ...how });
}

/** As `iep serve --dev` has it where there is no file, because it is its store that lies in the working directory then. */
export function readLocalConfig(shell: Shell, globals: Globals, how: How = {}): LoadedConfig {
  const loaded = readConfig(shell, globals, how);
  return loaded.file === undefined ? readConfig(shell, globals, { ...how, dev: true }) : loaded;
}

/** For a command that delivers nothing itself: the passwords of providers may be in the daemon's environment alone. */
export function readStoreConfig(shell: Shell, globals: Globals): LoadedConfig {
  return readLocalConfig(shell, globals, { withoutSecrets: true });
}

export async function openOrMakeStore(shell: Shell, { config }: LoadedConfig): Promise<Local> {
  checkAccess(config.dataDir);
  return openLocal(config, shell.env);
}

/** The same for one message. Where root calls, it is stored as its owner would: the daemon could not read root's files. */
export async function openStoreAsOwner(shell: Shell, loaded: LoadedConfig): Promise<Local> {
  const { dataDir } = loaded.config;
  const owner = process.geteuid?.() === 0 ? statSync(dataDir, { throwIfNoEntry: false }) : undefined;
  if (owner !== undefined && owner.uid !== 0) becomeOwner(dataDir, owner);
  return openOrMakeStore(shell, loaded);
}

function becomeOwner(dataDir: string, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  try {
    process.setegid?.(gid);
    process.seteuid?.(uid);
  } catch {
    // Root of a container, say, that was left without the capability.
    throw new Complaint(77, `root may not act as the owner of ${dataDir} here`, 'Run it as that user.');
  }
}

/** Refuses where there is no store: a command that reads, in the wrong directory, must not leave one there. */
export async function openExistingStore(
  shell: Shell,
  { config }: LoadedConfig,
  how: OpenLocalOptions = {},
): Promise<Local> {
  checkAccess(config.dataDir);
  if (!hasStore(dataDirectory(config.dataDir))) {
    throw new Complaint(
      65,
      `there is no store in ${config.dataDir}`,
      'Name the one you mean with --config or IEP_DATADIR; `iep init` makes a new one.',
    );
  }
  return openLocal(config, shell.env, how);
}

function checkAccess(dataDir: string): void {
  if (!existsSync(dataDir)) return;
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    // Anything else, such as a file system that is read only, is told where the store is opened.
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') return;
    throw new Complaint(
      77,
      `this user may not use ${dataDir}`,
      'Run it as its owner, name another store with --config or IEP_DATADIR, or talk to the daemon: IEP_URL.',
    );
  }
}
