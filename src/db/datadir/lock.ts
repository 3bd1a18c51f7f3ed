/** One daemon a data directory, and one of whatever else must be alone in it. The lock is the operating system's, so a killed daemon leaves none behind. */

import { lstatSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { loadSqliteAddon } from '../../base/embedded/addon.ts';
import { IepError } from '../../core/errors.ts';
import { makeOwnedFile } from './owned-file.ts';
import { asStoreRefusal } from './store-refusal.ts';

export interface DirectoryLock {
  release(): void;
}

/** A command that looks whether a daemon is there holds it for a moment. */
const WAIT_MS = 500;
/** How often the file is looked at in case its removal was not told. */
const LOOK_MS = 5_000;

const lockFile = (directory: string) => join(directory, 'daemon.lock');

/** Throws `daemon_running` while another process holds it. */
export function lockDirectory(directory: string): DirectoryLock {
  const lock = tryLock(lockFile(directory), WAIT_MS);
  if (lock === undefined) throw running(directory);
  return lock;
}

/**
 * The same for as long as a daemon lives. A file that is removed or replaced takes the lock out of sight, so a new one is made
 * and locked at once. `lost` is told why where that failed: another daemon was faster, or the directory is gone.
 */
export function holdDirectory(directory: string, lost: (reason: unknown) => void): DirectoryLock {
  const file = lockFile(directory);
  let lock = lockDirectory(directory);
  let inode = statSync(file).ino;
  let watcher = watch(file, { persistent: false }, look);
  const timer = setInterval(look, LOOK_MS).unref();

  function look(): void {
    if (statSync(file, { throwIfNoEntry: false })?.ino === inode) return;
    try {
      const again = lockDirectory(directory);
      lock.release();
      lock = again;
      inode = statSync(file).ino;
      watcher.close();
      watcher = watch(file, { persistent: false }, look);
    } catch (reason) {
      stop();
      lost(reason);
    }
  }

  function stop(): void {
    clearInterval(timer);
    watcher.close();
  }

  return {
    release() {
      stop();
      lock.release();
    },
  };
}

/** Undefined while another holds it. The file is made where it is missing, and stays. */
export function tryLock(file: string, waitMs = 0): DirectoryLock | undefined {
  makeOwnedFile(file);
  return begin(file, 'BEGIN EXCLUSIVE', { timeout: waitMs });
}

/** Whether a daemon serves the directory now. Changes nothing. */
export function isLocked(directory: string): boolean {
  const file = lockFile(directory);
  // To open a pipe would wait for its other end.
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) return false;
  const lock = begin(file, 'BEGIN; SELECT * FROM sqlite_schema', { timeout: 0, readonly: true });
  lock?.release();
  return lock === undefined;
}

function begin(
  file: string,
  statement: string,
  options: { readonly timeout: number; readonly readonly?: boolean },
): DirectoryLock | undefined {
  let db: Database.Database | undefined;
  try {
    // better-sqlite3 takes the loaded addon where its types say a path.
    db = new Database(file, { ...options, nativeBinding: loadSqliteAddon() as unknown as string });
    db.exec(statement);
  } catch (error) {
    db?.close();
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')) return undefined;
    throw asStoreRefusal(error);
  }
  const held = db;
  return { release: () => held.close() };
}

function running(directory: string): IepError {
  return new IepError('daemon_running', `Another daemon holds ${directory}.`);
}
