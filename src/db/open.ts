/** The door to the store: gives its verbs, and hides which database keeps the rows. */

import type { PostgresStoreOptions } from './postgres/open.ts';
import { openSqliteStore, type SqliteStoreOptions } from './sqlite/open.ts';
import type { FileCare } from './verbs/file-care.ts';
import type { Store } from './verbs/store.ts';

export interface OpenStore {
  readonly store: Store;
  /** Of a store that is a file; absent for any other. */
  readonly care?: FileCare;
}

export type StoreOptions = SqliteStoreOptions | PostgresStoreOptions;

/**
 * Refuses with `schema_too_old`, `schema_too_new`, `store_damaged` or `store_unavailable`. Of a file only the process that holds
 * the lock of the data directory (datadir/lock.ts) may say `migrates`: hence the lock is taken before, and is not the store's.
 */
export function openStore(options: SqliteStoreOptions): Promise<Required<OpenStore>>;
export function openStore(options: StoreOptions): Promise<OpenStore>;
export async function openStore(options: StoreOptions): Promise<OpenStore> {
  if (!('url' in options)) return openSqliteStore(options);
  // Most have none: its driver is loaded by who does.
  const { openPostgresStore } = await import('./postgres/open.ts');
  return openPostgresStore(options);
}
