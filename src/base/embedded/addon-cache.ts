/**
 * The addon as a file, for systems that cannot load it from memory. Somebody who can change that file runs code as us, so
 * it is used only from a directory that nobody else can write to, and only when its bytes are the ones we carry.
 */

import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, type Stats, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where to try, best first. Asked one by one: a user may have no home, and then asking for it throws. */
const directories: readonly (() => string)[] = [
  () => join(homedir(), '.cache', 'iep'),
  () => join(tmpdir(), `iep-${process.getuid?.() ?? 'addon'}`),
];

/** Path of a file with exactly these bytes in the first directory that is ours. Throws when there is none. */
export function cacheFile(bytes: Uint8Array, candidates = directories): string {
  const refusals: string[] = [];
  for (const directory of candidates) {
    try {
      return fileIn(directory(), bytes);
    } catch (error) {
      refusals.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(`There is nowhere to put the SQLite addon: ${refusals.join('; ')}`);
}

function fileIn(directory: string, bytes: Uint8Array): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!isOurs(lstatSync(directory), 'directory')) throw new Error(`${directory} is not a directory of this user alone`);
  const hash = sha256(bytes);
  const file = join(directory, `better_sqlite3-${hash.slice(0, 16)}.node`);
  if (!isIntact(file, hash)) {
    // A name of its own and a rename: another process may be loading the file of the final name right now.
    const fresh = `${file}.${randomUUID()}`;
    writeFileSync(fresh, bytes, { flag: 'wx', mode: 0o500 });
    chmodSync(fresh, 0o500);
    renameSync(fresh, file);
  }
  return file;
}

function isIntact(file: string, hash: string): boolean {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return stats !== undefined && isOurs(stats, 'file') && sha256(readFileSync(file)) === hash;
}

/** Whether it is what it should be, belongs to this user, and lets nobody else in. Links are never followed. */
function isOurs(stats: Stats, kind: 'file' | 'directory'): boolean {
  const right = kind === 'file' ? stats.isFile() : stats.isDirectory();
  // Windows has neither owners nor modes here; the profile directory is the user's alone.
  return right && (process.platform === 'win32' || (stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
