/** The local store that a configuration names. */

import type { LoadedConfig } from '../../config/load.ts';
import { type Local, type OpenLocalOptions, openLocal } from '../../daemon/local.ts';
import { hasStore, markProduction, requireDatabase } from '../../db/datadir/data-directory.ts';
import { dataDirectory } from '../../db/datadir/data-files.ts';
import { Complaint } from '../failure.ts';
import type { Shell } from '../shell.ts';
import { type Entering, enterDataDir } from './enter-data-dir.ts';

/** Makes it where there is none, if the purpose allows that here. */
export async function openLocalStore(
  shell: Shell,
  loaded: LoadedConfig,
  how: Entering & OpenLocalOptions,
): Promise<Local> {
  enterDataDir(shell, loaded, how);
  return openEntered(shell, loaded, how);
}

export async function openEntered(
  shell: Shell,
  loaded: LoadedConfig,
  { purpose, ...how }: Pick<Entering, 'purpose'> & OpenLocalOptions,
): Promise<Local> {
  const { dataDir } = loaded.config;
  if (purpose === 'read' && !hasStore(dataDirectory(dataDir))) {
    requireDatabase(dataDirectory(dataDir));
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
