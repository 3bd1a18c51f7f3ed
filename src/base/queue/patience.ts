/** Repeats what the store could not do now, until it can or the time is up. */

import type { Clock } from '../../core/clock.ts';
import { IepError, isStoreOut } from '../../core/errors.ts';
import { pause } from '../../core/pause.ts';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;

/**
 * Runs `write` until it succeeds; waits longer each time while the store is out (a full disk may be
 * emptied). Any other error, and the refusal once `signal` is aborted, is passed on.
 */
export async function withPatience<T>(
  deps: { readonly clock: Clock; readonly signal: AbortSignal; readonly onRefused: (error: IepError) => void },
  write: () => Promise<T>,
): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof IepError) || !isStoreOut(error)) throw error;
      if (deps.signal.aborted) throw error;
      if (waitMs === FIRST_WAIT_MS) deps.onRefused(error);
      await pause(waitMs, deps);
    }
  }
}
