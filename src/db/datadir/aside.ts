/**
 * Where a file is written until it is whole: in a folder of its own next to its path. Only then it gets its name, synced, and
 * never over what is there. What a killed process left half written is told by its lock, which the system has released, and
 * goes when somebody next writes there.
 */

import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type DirectoryLock, tryLock } from './lock.ts';
import { giveToOwner } from './owned-file.ts';

export interface Aside {
  readonly path: string;
  /** Removes the folder with all that is still in it. */
  remove(): void;
}

const TRIES = 20;

/** Makes `.PREFIX-XXXXXX` in `parent`, and removes those of processes that were killed. */
export function openAside(parent: string, prefix: string): Aside {
  for (const leftover of leftoversIn(parent, prefix)) leftover.remove();
  // Another process may take it for a leftover in the moment before it is locked, and remove it.
  for (let tries = 0; tries < TRIES; tries += 1) {
    const path = mkdtempSync(join(parent, `.${prefix}-`));
    const lock = lockOf(path);
    if (lock !== undefined) return asideOf(path, lock);
  }
  throw new Error(`No folder in ${parent} can be locked`);
}

/** Folders that killed processes left here. Each is held until it is removed. */
export function leftoversIn(parent: string, prefix: string): readonly Aside[] {
  return readdirSync(parent)
    .filter((name) => name.startsWith(`.${prefix}-`))
    .flatMap((name) => {
      const path = join(parent, name);
      const lock = lockOf(path);
      return lock === undefined ? [] : [asideOf(path, lock)];
    });
}

/** Gives a whole file its name: durable, or not at all. False, and nothing is changed, where there is one of that name. */
export function publish(file: string, path: string): boolean {
  syncPath(file);
  try {
    linkSync(file, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  // With a second name it could be taken for one that somebody else made.
  unlinkSync(file);
  syncPath(dirname(path));
  return true;
}

interface Written {
  readonly mode: number;
  /** Where root writes it, it belongs to whom this belongs to. */
  readonly ownedAs?: string;
}

/** A new file with this content, whole or absent. False where there is one of that name. */
export function writeWhole(path: string, content: string | Uint8Array, how: Written): boolean {
  return written(path, { content, ...how }, (file) => publish(file, path));
}

/** The same in the place of what is there. */
export function replaceWhole(path: string, content: string | Uint8Array, how: Written): void {
  written(path, { content, ...how }, (file) => {
    syncPath(file);
    renameSync(file, path);
    syncPath(dirname(path));
  });
}

function written<T>(
  path: string,
  { content, mode, ownedAs }: Written & { readonly content: string | Uint8Array },
  put: (file: string) => T,
): T {
  const aside = openAside(dirname(path), 'iep-writing');
  try {
    const file = join(aside.path, 'file');
    writeFileSync(file, content, { flag: 'wx', mode });
    if (ownedAs !== undefined) giveToOwner(file, ownedAs);
    return put(file);
  } finally {
    aside.remove();
  }
}

/** What a file or directory holds now is on disk afterwards. */
export function syncPath(path: string): void {
  // Windows has no such call; its file system logs names itself.
  if (process.platform === 'win32') return;
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function asideOf(path: string, lock: DirectoryLock): Aside {
  return {
    path,
    remove() {
      rmSync(path, { recursive: true, force: true });
      lock.release();
    },
  };
}

/** Undefined where another process holds it, it is gone, or it is another user's. */
function lockOf(folder: string): DirectoryLock | undefined {
  try {
    return tryLock(join(folder, 'lock'));
  } catch (error) {
    const { code = '' } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    // The driver has no code for a folder that went meanwhile.
    if (!existsSync(folder) || ['ENOTDIR', 'EACCES', 'SQLITE_CANTOPEN'].includes(code)) return undefined;
    throw error;
  }
}
