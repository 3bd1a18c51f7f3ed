/** Files beside the database that whoever comes first makes. */

import { closeSync, fchownSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes the file where it is missing. Root makes it for the owner of the directory, who could not open root's. */
export function makeOwnedFile(file: string): void {
  const handle = openSync(file, 'a', 0o600);
  try {
    if (process.geteuid?.() !== 0) return;
    const { uid, gid } = statSync(dirname(file));
    fchownSync(handle, uid, gid);
  } finally {
    closeSync(handle);
  }
}
