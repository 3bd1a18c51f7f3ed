/** Opens the database file with the settings that durability and speed rest on. */

import Database from 'better-sqlite3';
import { loadSqliteAddon } from '../../base/embedded/addon.ts';
import { foldAddress, foldText, readableAddress } from '../../core/fold.ts';
import { makeOwnedFile } from '../datadir/owned-file.ts';

export type Connection = Database.Database;

export interface ConnectionOptions {
  readonly file: string;
  readonly readonly: boolean;
  /** Page cache in KiB. */
  readonly cacheKib: number;
}

/** How long a statement waits for another process that holds the write lock. */
const BUSY_TIMEOUT_MS = 5_000;
/** Between two tries of what SQLite itself does not wait for. */
const BUSY_PAUSE_MS = 10;

export function connect({ file, readonly, cacheKib }: ConnectionOptions): Connection {
  if (!readonly) makeOwnedFile(file);
  const db = openFile(file, { readonly, timeout: BUSY_TIMEOUT_MS });
  if (!readonly) {
    // Free pages can be given back in small steps. Takes effect in a file that has no tables yet; compact() in one that other tools wrote.
    db.pragma('auto_vacuum = INCREMENTAL');
    useLog(db);
    // FULL: a commit returns only after the write-ahead log is on disk.
    db.pragma('synchronous = FULL');
    db.pragma('wal_autocheckpoint = 4000');
    db.pragma('journal_size_limit = 67108864');
  }
  db.pragma('foreign_keys = ON');
  db.pragma(`cache_size = -${cacheKib}`);
  db.pragma('temp_store = MEMORY');
  return db;
}

/** SQLite does not wait where the file changes to a log: of two processes that make a database, one would be refused. */
function useLog(db: Connection): void {
  let end: number | undefined;
  for (;;) {
    try {
      db.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      const isBusy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
      // The clock is asked late: Node takes a millisecond to load it.
      end ??= performance.now() + BUSY_TIMEOUT_MS;
      if (!isBusy || performance.now() > end) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_PAUSE_MS);
  }
}

/** The bare file, without settings of ours, but for the functions that searches and migrations call. better-sqlite3 takes the loaded addon where its types say a path. */
export function openFile(file: string, options: Database.Options): Connection {
  const db = new Database(file, { ...options, nativeBinding: loadSqliteAddon() as unknown as string });
  db.function('fold', { deterministic: true }, foldText);
  db.function('fold_address', { deterministic: true }, foldAddress);
  db.function('readable_address', { deterministic: true }, readableAddress);
  return db;
}
