/**
 * Room on the disk that is kept for what providers answer: a file of real blocks, given up when the disk is full, so that
 * outcomes can still be written down, and made anew as soon as there is room.
 */

import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, lstatSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { diskFault } from '../../core/disk-fault.ts';
import { IepError } from '../../core/errors.ts';

export const RESERVE_FILE = 'reserve';
/** The outcomes of a few thousand deliveries. */
const RESERVE_BYTES = 4 * 1024 * 1024;
/** Left to others when it is made. */
const SPARE_BYTES = 1024 * 1024;
const AGAIN_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;

export interface Reserve {
  /** Gives the room up, unless it is given up already. Resolves once it is kept again. */
  spend(): Promise<void>;
  /** While it is given up: resolves once it is kept again. */
  missing(): Promise<void> | undefined;
  /** Refuses with `store_unavailable` while the room is given up: then it is for outcomes alone. */
  require(): void;
  stop(): void;
}

/** Where the disk has no room for it now, it begins as if it were given up. */
export function createReserve(
  { clock, onKept, onMissing }: { readonly clock: Clock; readonly onKept: () => void; readonly onMissing: () => void },
  directory: string,
): Reserve {
  const file = join(directory, RESERVE_FILE);
  let missing: PromiseWithResolvers<void> | undefined;
  let cancel: () => void = () => undefined;

  const lookAgain = (waitMs: number) => {
    cancel = clock.after(waitMs, () => {
      if (!keep(file)) return lookAgain(Math.min(waitMs * 2, LONGEST_WAIT_MS));
      missing?.resolve();
      missing = undefined;
      onKept();
    });
  };
  const miss = () => {
    missing = Promise.withResolvers();
    onMissing();
    lookAgain(AGAIN_MS);
    return missing.promise;
  };

  if (!keep(file)) miss();
  return {
    async spend() {
      if (missing) return missing.promise;
      try {
        rmSync(file, { force: true });
      } catch (error) {
        // A disk that takes nothing at all keeps the room by itself.
        if (diskFault(error) === undefined) throw error;
      }
      return miss();
    },
    missing: () => missing?.promise,
    require() {
      if (missing)
        throw new IepError('store_unavailable', 'The disk is full: what is left is for outcomes of deliveries.');
    },
    stop: () => cancel(),
  };
}

/** False where the disk does not have the room. */
function keep(file: string): boolean {
  if (lstatSync(file, { throwIfNoEntry: false })?.size === RESERVE_BYTES) return true;
  try {
    // An attempt that fails half way would take the room from those that write meanwhile.
    const { bavail, bsize } = statfsSync(dirname(file));
    if (bavail * bsize < RESERVE_BYTES + SPARE_BYTES) return false;
    const handle = openSync(file, 'w', 0o600);
    try {
      // Random, so that no file system makes it smaller.
      for (let left = RESERVE_BYTES; left > 0; ) left -= writeSync(handle, randomBytes(Math.min(left, 64 * 1024)));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    return true;
  } catch (error) {
    if (diskFault(error) === undefined) throw error;
    rmSync(file, { force: true });
    return false;
  }
}
