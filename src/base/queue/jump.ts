/** Notices when the host's clock is set back. Forward needs nothing: what is due sooner is claimed sooner. */

import type { Clock } from '../../core/clock.ts';

/** Less than this is the clock being steered, not set. */
const SLACK_MS = 1_000;

/** Returns by how many ms the wall clock went back since the last call; 0 when it did not. */
export function createJumpWatch(clock: Pick<Clock, 'now' | 'monotonic'>): () => number {
  let ahead = clock.now() - clock.monotonic();
  return () => {
    const before = ahead;
    ahead = clock.now() - clock.monotonic();
    const back = before - ahead;
    return back > SLACK_MS ? Math.round(back) : 0;
  };
}
