/** What can be told of a database file that nobody has open, and what can still be read of it. */

import { readMigrations } from './sqlite/open.ts';
import { isSound, salvageDatabase } from './sqlite/salvage.ts';
import type { Salvaged } from './verbs/file-care.ts';

/** Whether it holds a store, and nothing in it contradicts itself. */
export function isSoundFile(file: string): boolean {
  return isSound(file);
}

/** Copies what can be read into `to`, which must not exist. Refuses with `store_damaged` where nothing can. */
export function salvageFile(from: string, to: string): Salvaged {
  return salvageDatabase(from, to, readMigrations());
}
