/** The one source of time. Passed in, so that tests move it instead of waiting. */

export interface Clock {
  /** Wall time, epoch milliseconds. May jump when the host's clock is set. */
  now(): number;
  /** Milliseconds that only grow, from an arbitrary start. */
  monotonic(): number;
  /** Calls `fn` once after `delayMs`; the returned function cancels it. Never keeps the process alive by itself. */
  after(delayMs: number, fn: () => void): () => void;
}

/** Longest delay that setTimeout takes without firing at once (2^31 - 1 ms). */
const MAX_TIMEOUT_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, fn) {
    const timer = setTimeout(fn, Math.min(Math.max(0, delayMs), MAX_TIMEOUT_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
