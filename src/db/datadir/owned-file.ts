/** Files next to the database, made by the first process that needs them. Root makes it for the owner of the directory, who could not open root's. */

import { closeSync, constants, fchownSync, fstatSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes the file where it is missing. Only what was made just now is given away: the owner may have put a link there. */
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
    chownLike(handle, dirname(file));
  } finally {
    closeSync(handle);
  }
}

/** For what this process has made just now: by its handle, and only where it is root's still, so that no link is followed. */
export function giveToOwner(path: string, owned = dirname(path)): void {
  if (process.geteuid?.() !== 0) return;
  const handle = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const found = fstatSync(handle);
    if (found.uid === 0 && (found.isDirectory() || found.nlink === 1)) chownLike(handle, owned);
  } finally {
    closeSync(handle);
  }
}

function chownLike(handle: number, owned: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(owned);
  fchownSync(handle, uid, gid);
}
