/** Work on many things, a few in each round of the event loop: everybody else is served in between. */

import { setImmediate as nextRound } from 'node:timers/promises';

/** Each takes some tens of microseconds. */
const PIECE = 100;

/** In order. What `work` throws or rejects with ends it. */
export async function inPieces<T, R>(items: readonly T[], work: (item: T) => R | Promise<R>): Promise<R[]> {
  if (items.length <= PIECE) return Promise.all(items.map(work));
  const results: R[] = [];
  for (let at = 0; at < items.length; at += PIECE) {
    if (at > 0) await nextRound();
    results.push(...(await Promise.all(items.slice(at, at + PIECE).map(work))));
  }
  return results;
}
