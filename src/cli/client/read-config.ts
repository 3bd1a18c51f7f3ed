/** The configuration that a command's options and environment name. */

import type { LoadedConfig, LoadOptions } from '../../config/load.ts';
import { loadConfig } from '../configuration.ts';
import type { Globals } from '../globals.ts';
import type { Shell } from '../shell.ts';
import type { Entering } from './enter-data-dir.ts';

type How = Pick<LoadOptions, 'dev' | 'devProvider' | 'instead' | 'withoutSecrets' | 'said'> &
  Pick<Entering, 'workingDirectory'>;

export function readConfig(shell: Shell, { config }: Globals, how: How = {}): LoadedConfig {
  return loadConfig({ file: config, env: shell.env, ...how });
}

/** Without a file, what `iep serve --dev` has: the store in the working directory is its store then. */
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
