/** A chore: takes off the suppression list what expired long ago, and forgets bounces that count no more. */

import type { Clock } from '../../core/clock.ts';
import type { StorePart } from '../../db/verbs/store.ts';

const DAY_MS = 86_400_000;
/** An entry that has expired is listed this long, for people who wonder. */
const EXPIRED_MS = 30 * DAY_MS;
/** Hard bounces count towards a suppression this long. */
const BOUNCED_MS = 365 * DAY_MS;
/** Rows of one commit, so that it holds nobody up. */
const BATCH = 1_000;

/** Returns how many entries and bounces went. */
export async function sweepSuppressions({
  store,
  clock,
}: {
  readonly store: StorePart<'suppressions.sweep'>;
  readonly clock: Pick<Clock, 'now'>;
}): Promise<{ readonly suppressions: number; readonly bounces: number }> {
  const now = clock.now();
  const before = { expiredBefore: now - EXPIRED_MS, bouncedBefore: now - BOUNCED_MS, limit: BATCH };
  let suppressions = 0;
  let bounces = 0;
  for (;;) {
    const swept = await store.suppressions.sweep(before);
    suppressions += swept.suppressions;
    bounces += swept.bounces;
    if (swept.suppressions < BATCH && swept.bounces < BATCH) return { suppressions, bounces };
  }
}
