/** One daemon a data directory, and one of whatever else must be alone in it. The lock is the operating system's, so a killed daemon leaves none behind. */

import { join } from 'node:path';
import { IepError } from '../../core/errors.ts';
import { openFile } from './connection.ts';
import { makeOwnedFile } from './owned-file.ts';

export interface DirectoryLock {
  release(): void;
}

/** Throws `daemon_running` while another process holds it. */
export function lockDirectory(directory: string): DirectoryLock {
  const lock = tryLock(join(directory, 'daemon.lock'));
  if (lock === undefined) throw new IepError('daemon_running', `Another daemon holds ${directory}.`);
  return lock;
}

/** Undefined while another holds it. The file is made where it is missing, and stays. */
export function tryLock(file: string): DirectoryLock | undefined {
  makeOwnedFile(file);
  const db = openFile(file, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')) return undefined;
    throw error;
  }
  return { release: () => db.close() };
}

/** Whether a daemon serves the directory now. */
export function isLocked(directory: string): boolean {
  try {
    lockDirectory(directory).release();
    return false;
  } catch (error) {
    if (error instanceof IepError && error.code === 'daemon_running') return true;
    throw error;
  }
}
