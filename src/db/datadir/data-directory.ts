/** The directory that holds everything: what is where in it, and that nobody but its owner can look inside. */

import { closeSync, existsSync, lstatSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../config/environment.ts';
import { diskFault } from '../../core/disk-fault.ts';
import { IepError } from '../../core/errors.ts';
import { createVault, type Vault } from '../../core/vault.ts';
import { type DataDirectory, dataDirectory, WAKE_FILE } from './data-files.ts';
import { type MasterKeyRing, openMasterKeys } from './master-key.ts';
import { refuseForeignFiles } from './own-files.ts';
import { RESERVE_FILE } from './reserve.ts';

export interface OpenDataDirectory extends DataDirectory {
  readonly vault: Vault;
  readonly masterKeys: MasterKeyRing;
}

/** A file that was just made for a database, and is none yet, holds nothing. What is not a file is told where it is opened. */
export function hasStore({ database }: DataDirectory): boolean {
  const found = lstatSync(database, { throwIfNoEntry: false });
  return found !== undefined && (found.size > 0 || !found.isFile());
}

/** Refuses where the database is gone or empty and other files tell that there was one: a new one would hide the loss. */
export function requireDatabase(data: DataDirectory): void {
  // Looked at before the database, which another process may be making.
  const mark = markOfUse(data);
  if (mark === undefined || hasStore(data)) return;
  const how = existsSync(data.database) ? 'empty' : 'gone';
  throw new IepError('store_damaged', `${data.database} is ${how}, and ${mark} tells that there was one.`, {
    extra: {
      hint: 'Nothing was changed. Bring the database back from a backup: see "A lost database" in docs/disaster.md.',
    },
  });
}

/** What is made only once there is a database with a schema: a start that was killed before leaves none of it. */
function markOfUse({ path, database, blobs }: DataDirectory): string | undefined {
  const found = [PRODUCTION, RESERVE_FILE, WAKE_FILE].map((name) => join(path, name)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  if ((lstatSync(`${database}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) return `${database}-wal`;
  const names = existsSync(blobs) ? readdirSync(blobs) : [];
  return names.some((name) => /^(?:[0-9a-f]{2}|aside)$/.test(name)) ? blobs : undefined;
}

const PRODUCTION = 'production';

/** Whether a configuration has used it: then its mail is meant for somebody. */
export function isProduction({ path }: DataDirectory): boolean {
  return lstatSync(join(path, PRODUCTION), { throwIfNoEntry: false }) !== undefined;
}

/** Notes that, for `serve --dev` to see. */
export function markProduction({ path }: DataDirectory): void {
  try {
    closeSync(openSync(join(path, PRODUCTION), 'wx', 0o600));
  } catch (error) {
    // Noted before; or the disk is full, which is told by what has more to write.
    if (!['EEXIST', 'ENOSPC'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
  }
}

/** Makes the directory and the master key where they are missing. Refuses one that others may change, or have put something in. */
export async function openDataDirectory(path: string, env: Environment = process.env): Promise<OpenDataDirectory> {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw (
      diskFault(cause) ?? new IepError('bad_config', `The data directory ${path} cannot be made (${code}).`, { cause })
    );
  }
  const { mode } = statSync(path);
  if (process.platform !== 'win32' && (mode & 0o022) !== 0) {
    throw new IepError('bad_config', `Others may write to the data directory: chmod 700 ${path}`);
  }
  const directory = dataDirectory(path);
  refuseForeignFiles(directory);
  requireDatabase(directory);
  const masterKeys = await openMasterKeys(directory, env);
  return { ...directory, masterKeys, vault: createVault(masterKeys) };
}
