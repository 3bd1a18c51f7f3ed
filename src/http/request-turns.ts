/**
 * Requests are begun in turn by caller, a few in each round of the event loop: somebody who sends thousands in one packet
 * waits behind himself, and what others send meanwhile is read, begun and answered in between.
 */

import { createLine } from '../core/line.ts';

export interface RequestTurns {
  /** Calls `begin`, at once where nobody waits. */
  take(owner: string, begin: () => void): void;
}

/** Begun in one round; each costs a fraction of a millisecond. */
const IN_ONE_ROUND = 16;

export function createRequestTurns(): RequestTurns {
  const line = createLine<() => void>();
  let begun = 0;
  let isRoundDue = false;

  function nextRound(): void {
    if (isRoundDue) return;
    isRoundDue = true;
    setImmediate(round);
  }

  function round(): void {
    isRoundDue = false;
    begun = 0;
    while (begun < IN_ONE_ROUND && line.size > 0) {
      begun += 1;
      line.next()?.();
    }
    if (line.size > 0) nextRound();
  }

  return {
    take(owner, begin) {
      nextRound();
      if (line.size > 0 || begun >= IN_ONE_ROUND) return line.push(owner, begin);
      begun += 1;
      begin();
    },
  };
}
