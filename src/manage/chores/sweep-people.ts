/** A chore: forgets sessions of people and links that have ended. */

import type { Clock } from '../../core/clock.ts';
import { counted } from '../../core/counted.ts';
import type { StorePart } from '../../db/verbs/store.ts';

/** Rows of one commit, so that it holds nobody up. */
const BATCH = 1_000;

export async function sweepPeople(
  { store, clock }: { readonly store: StorePart<'people.sweep'>; readonly clock: Pick<Clock, 'now'> },
  signal: AbortSignal,
): Promise<string> {
  let gone = 0;
  for (;;) {
    const swept = await store.people.sweep({ now: clock.now(), limit: BATCH });
    gone += swept;
    if (swept === 0 || signal.aborted) return `forgot ${counted(gone, 'session or link', 'sessions and links')}`;
  }
}
