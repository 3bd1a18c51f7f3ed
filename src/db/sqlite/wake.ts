/**
 * How processes that share a database tell each other of a commit: each touches a file, and the daemon watches it.
 * The kernel does the waiting; the touch may be lost (its process died), hence the slow check in writer-thread.ts.
 */

import { utimesSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { WAKE_FILE } from '../datadir/data-files.ts';
import { makeOwnedFile } from '../datadir/owned-file.ts';

export interface Wake {
  /** Tells the other processes. */
  touch(): void;
  /** Calls `fn` after another process (or this one) has touched. The returned function ends it. */
  watch(fn: () => void): () => void;
}

export function createWake(databaseFile: string): Wake {
  const file = join(dirname(databaseFile), WAKE_FILE);
  return {
    touch() {
      makeOwnedFile(file);
      const now = new Date();
      utimesSync(file, now, now);
    },
    watch(fn) {
      makeOwnedFile(file);
      const watcher = watch(file, { persistent: false }, fn);
      return () => watcher.close();
    },
  };
}
