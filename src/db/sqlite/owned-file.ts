/** Files beside the database that whoever comes first makes. */

import { closeSync, fchownSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes the file where it is missing. Root makes it for the owner of the directory, who could not open root's; only what was
 * made just now is given away, because the owner may have put a link to a file of root's there.
 */
export function makeOwnedFile(file: string): void {
  let handle: number;
  try {
    // Exclusive: follows no link.
    handle = openSync(file, 'ax', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  try {
    if (process.geteuid?.() !== 0) return;
    const { uid, gid } = statSync(dirname(file));
    fchownSync(handle, uid, gid);
  } finally {
    closeSync(handle);
  }
}
