/**
 * A consistent copy of the database while others write to it. It is made in small steps over one read transaction, so that no
 * writer waits for it, and synced as it grows: else the disk would have to take all of it at once, and commits would wait for that.
 */

import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { IepError } from '../../core/errors.ts';
import { asStoreRefusal } from '../datadir/store-refusal.ts';
import { connect } from './connection.ts';

const PAGES_A_STEP = 256;
const STEPS_A_SYNC = 16;

/** Resolves when the copy is whole and on disk. Refuses one that is there. */
export async function copyDatabase(from: string, to: string): Promise<void> {
  if (existsSync(to)) throw new IepError('conflict', `${to} exists; a backup never overwrites.`);
  const handle = openSync(to, 'wx', 0o600);
  try {
    const source = connect({ file: from, readonly: true, cacheKib: 1_024 });
    try {
      // What is committed from here on is not in the copy; without, each commit would begin it anew.
      source.exec('BEGIN');
      source.prepare('SELECT count(*) FROM sqlite_schema').get();
      let steps = 0;
      await source.backup(to, {
        progress() {
          steps += 1;
          if (steps % STEPS_A_SYNC === 0) fsyncSync(handle);
          return PAGES_A_STEP;
        },
      });
    } finally {
      source.close();
    }
    fsyncSync(handle);
  } catch (error) {
    throw asStoreRefusal(error);
  } finally {
    closeSync(handle);
  }
}
