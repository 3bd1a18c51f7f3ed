/** The sliding window alone: what it lets in, when it says to come back, and what a clock that jumps does to it. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RateLimit, rateWindowMs } from '../../core/rate-limit.ts';
import { type KeptWindow, openRateWindow } from './rate-window.ts';

const NOW = 1_790_000_000_000;

/** A window that is opened anew for each message, as the store does. */
function create(limit: RateLimit) {
  let kept: KeptWindow | undefined;
  return {
    /** Whether one would get in. */
    hasRoom: (now: number) => openRateWindow(limit, kept, now).waitMs() === undefined,
    /** Whether a message got in; else how long it is told to wait. */
    submit(now: number): true | number {
      const window = openRateWindow(limit, kept, now);
      const waitMs = window.waitMs();
      if (waitMs === undefined) window.take();
      kept = window.changed() ?? kept;
      return waitMs ?? true;
    },
    state: (now: number) => openRateWindow(limit, kept, now).state(),
  };
}

describe('a rate window', () => {
  it('lets in as many as the limit, then says when there is room', () => {
    const window = create({ name: 'minute', count: 3 });
    expect(window.state(NOW)).toEqual({ name: 'minute', count: 3, remaining: 3 });
    for (const ms of [0, 10_000, 20_000]) expect(window.submit(NOW + ms)).toBe(true);
    expect(window.submit(NOW + 30_000)).toBe(31_000);
    expect(window.state(NOW + 30_000)).toEqual({ name: 'minute', count: 3, remaining: 0, moreInMs: 31_000 });
    expect(window.submit(NOW + 60_999)).toBe(1);
    expect(window.submit(NOW + 61_000)).toBe(true);
    expect(window.submit(NOW + 61_000)).toBe(10_000);
  });

  it('lets all in again when it has been quiet for its length', () => {
    const window = create({ name: 'day', count: 2 });
    for (const _ of [1, 2]) expect(window.submit(NOW)).toBe(true);
    const later = NOW + 10 * rateWindowMs.day;
    for (const _ of [1, 2]) expect(window.submit(later)).toBe(true);
    expect(window.submit(later)).toBeGreaterThan(0);
  });

  it('counts on where the limit is lowered', () => {
    let kept: KeptWindow | undefined;
    for (let n = 0; n < 5; n += 1) {
      const window = openRateWindow({ name: 'minute', count: 10 }, kept, NOW + n * 1000);
      window.take();
      kept = window.changed();
    }
    const lowered = openRateWindow({ name: 'minute', count: 2 }, kept, NOW + 5_000);
    expect(lowered.state()).toEqual({ name: 'minute', count: 2, remaining: 0, moreInMs: 59_000 });
  });

  it('holds while the clock is behind, and not for longer than twice its length', () => {
    const window = create({ name: 'minute', count: 1 });
    expect(window.submit(NOW)).toBe(true);
    expect(window.submit(NOW - 30_000)).toBe(91_000);
    expect(window.submit(NOW - rateWindowMs.day)).toBeGreaterThan(0);
    const fresh = create({ name: 'minute', count: 1 });
    expect(fresh.submit(NOW)).toBe(true);
    const wait = fresh.submit(NOW - rateWindowMs.day);
    expect(wait).toBeLessThanOrEqual(61_000);
    expect(fresh.submit(NOW - rateWindowMs.day + 61_000)).toBe(true);
  });

  it('never lets more in within any window of its length, and never makes anybody wait for nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('minute' as const, 'hour' as const, 'day' as const),
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 5, maxLength: 80 }),
        (name, count, gaps) => {
          const length = rateWindowMs[name];
          const window = create({ name, count });
          const taken: number[] = [];
          let now = NOW;
          for (const gap of gaps) {
            now += Math.round((gap * length) / 100);
            const answer = window.submit(now);
            const inWindow = taken.filter((at) => at > now - length).length;
            if (answer === true) {
              expect(inWindow).toBeLessThan(count);
              taken.push(now);
            } else {
              // A span more than the window: that is what it may be stricter by.
              const inWider = taken.filter((at) => at > now - length - length / 60).length;
              expect(inWider).toBeGreaterThanOrEqual(count);
              expect(answer).toBeGreaterThan(0);
              expect(answer).toBeLessThanOrEqual(length + length / 60);
              // When it says there is room, there is, and not a moment before.
              expect([window.hasRoom(now + answer - 1), window.hasRoom(now + answer)]).toEqual([false, true]);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
