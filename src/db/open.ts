/** The door to the store: gives its verbs, and hides which database keeps the rows. */

import { openSqliteStore, type SqliteStoreOptions } from './sqlite/open.ts';
import type { FileCare } from './verbs/file-care.ts';
import type { Store } from './verbs/store.ts';

export interface OpenStore {
  readonly store: Store;
  /** Of a store that is a file; absent for any other. */
  readonly care?: FileCare;
}

/**
 * Refuses with `schema_too_old`, `schema_too_new`, `store_damaged` or `store_unavailable`. Only the process that holds the
 * lock of the data directory (datadir/lock.ts) may say `migrates`: hence the lock is taken before, and is not the store's.
 */
export function openStore(options: SqliteStoreOptions): Promise<Required<OpenStore>> {
  return openSqliteStore(options);
}
