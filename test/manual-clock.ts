/** A clock for tests that is moved by hand, with a wall time that can be set like a host's. */

import type { Clock } from '../src/core/clock.ts';

export interface ManualClock extends Clock {
  /** Lets time pass, and calls what falls due on the way, in order; after each, what it set off may run. */
  advance(ms: number): Promise<void>;
  /** Sets the wall time as an operator would; nothing falls due by it. */
  setWall(byMs: number): void;
  /** Timers that are set. */
  readonly timers: number;
}

export function createManualClock(startAt = 1_800_000_000_000): ManualClock {
  let elapsed = 0;
  let wall = startAt;
  const timers = new Set<{ readonly dueAt: number; readonly fn: () => void }>();

  return {
    now: () => wall + elapsed,
    monotonic: () => elapsed,
    after(delayMs, fn) {
      const timer = { dueAt: elapsed + Math.max(0, delayMs), fn };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const until = elapsed + ms;
      await quiet();
      for (;;) {
        let next: { readonly dueAt: number; readonly fn: () => void } | undefined;
        for (const timer of timers) if (timer.dueAt <= until && (!next || timer.dueAt < next.dueAt)) next = timer;
        if (!next) break;
        timers.delete(next);
        elapsed = Math.max(elapsed, next.dueAt);
        next.fn();
        await quiet();
      }
      elapsed = until;
      await quiet();
    },
    setWall(byMs) {
      wall += byMs;
    },
    get timers() {
      return timers.size;
    },
  };
}

/** Lets everything run that waits for nothing but its turn. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}
