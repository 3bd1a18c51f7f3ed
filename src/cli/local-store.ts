/** The configuration that a command's options and environment name, and the local store that it names in turn. */

import { type LoadedConfig, type LoadOptions, loadConfig } from '../config/load.ts';
import { dataDirectory, hasStore, markProduction } from '../daemon/data-directory.ts';
import { type Local, type OpenLocalOptions, openLocal } from '../daemon/local.ts';
import { type Entering, enterPlace } from './enter-place.ts';
import { Complaint } from './failure.ts';
import type { Globals } from './globals.ts';
import type { Shell } from './shell.ts';

type How = Pick<LoadOptions, 'dev' | 'withoutSecrets'> & Pick<Entering, 'workingDirectory'>;

export function readConfig(shell: Shell, { config }: Globals, how: How = {}): LoadedConfig {
  return loadConfig({ file: config, env: shell.env, cwd: process.cwd(), ...how });
}

/** As `iep serve --dev` has it where there is no file, because it is its store that lies in the working directory then. */
export function readLocalConfig(shell: Shell, globals: Globals, how: How = {}): LoadedConfig {
  const loaded = readConfig(shell, globals, how);
  if (loaded.file !== undefined) return loaded;
  const { passedOver } = loaded;
  return { ...readConfig(shell, globals, { ...how, dev: true }), ...(passedOver !== undefined && { passedOver }) };
}

/** For a command that delivers nothing itself: the passwords of providers may be in the daemon's environment alone. */
export function readStoreConfig(shell: Shell, globals: Globals, how: How = {}): LoadedConfig {
  return readLocalConfig(shell, globals, { withoutSecrets: true, ...how });
}

/** Makes it where there is none, if the purpose allows that here. */
export async function openStore(shell: Shell, loaded: LoadedConfig, how: Entering & OpenLocalOptions): Promise<Local> {
  enterPlace(shell, loaded, how);
  return openEntered(shell, loaded, how);
}

export async function openEntered(
  shell: Shell,
  loaded: LoadedConfig,
  { purpose, ...how }: Pick<Entering, 'purpose'> & OpenLocalOptions,
): Promise<Local> {
  const { dataDir } = loaded.config;
  if (purpose === 'read' && !hasStore(dataDirectory(dataDir))) {
    // A command that reads, in the wrong directory, must not leave a store there.
    throw new Complaint(
      65,
      `there is no store in ${dataDir}`,
      'Name the one you mean with --config or IEP_DATADIR; `iep init` makes a new one.',
    );
  }
  const local = await openLocal(loaded.config, shell.env, how);
  if (purpose !== 'read' && loaded.file !== undefined) markProduction(local.data);
  return local;
}
