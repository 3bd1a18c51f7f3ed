/** One daemon a data directory. The lock is the operating system's, so a killed daemon leaves none behind. */

import { join } from 'node:path';
import { IepError } from '../../core/errors.ts';
import { openFile } from './connection.ts';

export interface DirectoryLock {
  release(): void;
}

/** Rejects with `daemon_running` while another process holds it. */
export function lockDirectory(directory: string): DirectoryLock {
  const db = openFile(join(directory, 'daemon.lock'), { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')) {
      throw new IepError('daemon_running', `Another daemon holds ${directory}.`, { cause: error });
    }
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
