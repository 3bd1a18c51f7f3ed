/**
 * Requests are begun in turn by caller, a few in each round of the event loop: somebody who sends thousands in one packet
 * waits behind himself, and what others send meanwhile is read, begun and answered in between.
 */

export interface RequestTurns {
  /** Calls `begin`, at once where nobody waits. */
  take(owner: string, begin: () => void): void;
}

/** Begun in one round; each costs a fraction of a millisecond. */
const IN_ONE_ROUND = 16;

export function createRequestTurns(): RequestTurns {
  /** In turn: an owner that was served goes to the end. Owners with nothing waiting are not here. */
  const waiting = new Map<string, (() => void)[]>();
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
    for (const [owner, queue] of waiting) {
      if (begun >= IN_ONE_ROUND) break;
      begun += 1;
      const begin = queue.shift();
      waiting.delete(owner);
      if (queue.length > 0) waiting.set(owner, queue);
      begin?.();
    }
    if (waiting.size > 0) nextRound();
  }

  return {
    take(owner, begin) {
      nextRound();
      if (waiting.size === 0 && begun < IN_ONE_ROUND) {
        begun += 1;
        begin();
        return;
      }
      const queue = waiting.get(owner) ?? [];
      queue.push(begin);
      waiting.set(owner, queue);
    },
  };
}
