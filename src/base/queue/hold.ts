/**
 * Holds back what would begin while the store cannot write down what came of what began before: that is all a crash may
 * repeat.
 */

import type { Stop } from '../../core/stop.ts';

export interface Hold {
  isOn(): boolean;
  /** For work that begins now: to it a hold is like a stop, except that what is under way is not broken off. */
  stop(): Stop;
  /** On until `over` has settled; several may be on at once. */
  until(over: Promise<unknown>): void;
}

export function createHold(stopping: Stop, onOver: () => void): Hold {
  let holds = 0;
  let period = new AbortController();
  stopping.begun.addEventListener('abort', () => period.abort());

  const end = () => {
    holds -= 1;
    if (holds > 0 || stopping.begun.aborted) return;
    period = new AbortController();
    onOver();
  };

  return {
    isOn: () => holds > 0,
    stop: () => ({ begun: period.signal, broken: stopping.broken }),
    until(over) {
      holds += 1;
      period.abort();
      over.then(end, end);
    },
  };
}
