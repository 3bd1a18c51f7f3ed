/** What SQLite or the disk throws, as a refusal where it is the moment's fault. */

import { diskFault } from '../../core/disk-fault.ts';
import { IepError } from '../../core/errors.ts';

/** Result codes that say the store cannot be written or read now (https://sqlite.org/rescode.html). */
const UNAVAILABLE: readonly [prefix: string, detail: string][] = [
  ['SQLITE_FULL', 'The disk is full.'],
  ['SQLITE_BUSY', 'Another process has held the database lock for too long.'],
  ['SQLITE_LOCKED', 'The database is locked.'],
  // The file that readers share the state of the log by could not be made.
  ['SQLITE_IOERR_SHMSIZE', 'The disk is full.'],
  ['SQLITE_IOERR', 'The disk answered with an error.'],
  ['SQLITE_CANTOPEN', 'The database file cannot be opened.'],
  ['SQLITE_READONLY', 'The database file is read-only.'],
  ['SQLITE_NOMEM', 'The process is out of memory.'],
];

/** Result codes of a file that is not what was written to it. */
const DAMAGED: readonly [prefix: string, detail: string][] = [
  ['SQLITE_CORRUPT', 'A page of the database is damaged'],
  ['SQLITE_NOTADB', 'The file is not a database'],
];

/** What the triggers of the sealed columns say (migrations/0001-schema.sql). */
const OF_RETIRED_KEY = 'sealed with a retired master key';

export function asStoreRefusal(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof IepError) return error;
  if (error.message === OF_RETIRED_KEY) {
    const detail = 'The master key was changed meanwhile; try again. If that lasts: iep key master rotate.';
    return new IepError('store_unavailable', detail, { cause: error });
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const damage = DAMAGED.find(([prefix]) => code.startsWith(prefix));
  if (damage) return new IepError('store_damaged', `${damage[1]} (${code}: ${error.message}).`, { cause: error });
  const known = UNAVAILABLE.find(([prefix]) => code.startsWith(prefix));
  if (known) return new IepError('store_unavailable', `${known[1]} (${code})`, { cause: error });
  return diskFault(error) ?? error;
}
