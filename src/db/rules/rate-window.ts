/**
 * A sliding window of a rate limit: messages counted in small spans of time, kept as a ring. A span counts whole until
 * all of it has left the window, so no window of that length ever holds more than the limit; it may hold less for as long
 * as a span lasts. Time never goes back in it: a clock that does makes it count what it counted for longer, at most for
 * twice its length.
 */

import { type RateLimit, type RateState, type RateWindowName, rateWindowMs } from '../../core/rate-limit.ts';

/** The window as it is kept. */
export interface KeptWindow {
  /** Number of the newest span, counted from the epoch. */
  readonly newest: number;
  /** By span number modulo its length, which is one more than the spans of a window. */
  readonly counts: Uint32Array;
}

export interface RateWindow {
  /** Ms until one more message fits; undefined while one does. */
  waitMs(): number | undefined;
  take(): void;
  state(): RateState;
  /** The window as it is to be kept; undefined where nothing changed but the time. */
  changed(): KeptWindow | undefined;
}

/** Spans of a window: of a second, a minute, a quarter of an hour. */
const SPANS: Readonly<Record<RateWindowName, number>> = { minute: 60, hour: 60, day: 96 };

/** The window at `now` (epoch ms), from what was kept of it. */
export function openRateWindow(limit: RateLimit, kept: KeptWindow | undefined, now: number): RateWindow {
  const spans = SPANS[limit.name];
  const size = spans + 1;
  const spanMs = rateWindowMs[limit.name] / spans;
  const { newest, counts, isMovedBack } = moveTo(Math.floor(now / spanMs), kept, size);
  let isChanged = isMovedBack;
  let total = counts.reduce((sum, count) => sum + count, 0);

  /** Ms until so many have left the window. */
  const freedInMs = (wanted: number): number | undefined => {
    let freed = 0;
    for (let span = newest - spans; span <= newest; span += 1) {
      freed += counts[span % size] ?? 0;
      if (freed >= wanted) return (span + size) * spanMs - now;
    }
    return undefined;
  };

  return {
    waitMs: () => (total < limit.count ? undefined : freedInMs(total - limit.count + 1)),
    take() {
      const at = newest % size;
      counts[at] = (counts[at] ?? 0) + 1;
      total += 1;
      isChanged = true;
    },
    state() {
      const moreInMs = freedInMs(Math.max(1, total - limit.count + 1));
      return { ...limit, remaining: Math.max(0, limit.count - total), ...(moreInMs !== undefined && { moreInMs }) };
    },
    changed: () => (isChanged ? { newest, counts } : undefined),
  };
}

/** A ring from its bytes; empty, which counts as none, where they are not whole numbers. A copy, because those must lie at a multiple of four. */
export function ringOf(bytes: Uint8Array): Uint32Array {
  return bytes.byteLength % Uint32Array.BYTES_PER_ELEMENT === 0
    ? new Uint32Array(Uint8Array.from(bytes).buffer)
    : new Uint32Array(0);
}

/** What still lies in the window when its newest span is `current`. */
function moveTo(
  current: number,
  kept: KeptWindow | undefined,
  size: number,
): KeptWindow & { readonly isMovedBack: boolean } {
  if (kept === undefined || kept.counts.length !== size) {
    return { newest: current, counts: new Uint32Array(size), isMovedBack: false };
  }
  const counts = Uint32Array.from(kept.counts);
  const ahead = kept.newest - current;
  if (ahead >= size) {
    // The clock was set back by more than the window, and nothing tells when: what it counted counts as now.
    const total = counts.reduce((sum, count) => sum + count, 0);
    counts.fill(0);
    counts[current % size] = total;
    return { newest: current, counts, isMovedBack: true };
  }
  if (ahead >= 0) return { newest: kept.newest, counts, isMovedBack: false };
  for (let span = kept.newest + 1; span <= Math.min(current, kept.newest + size); span += 1) counts[span % size] = 0;
  return { newest: current, counts, isMovedBack: false };
}
