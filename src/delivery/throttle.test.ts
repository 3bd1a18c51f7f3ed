import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openThrottle, slowDown, speedUp, type Throttle } from './throttle.ts';

const concurrency = 20;
const pauseOf = (state: Throttle, now: number) => state.closedUntil - now;

describe('slowDown', () => {
  it('pauses for a second, then twice as long each time, up to five minutes', () => {
    let state = openThrottle(concurrency);
    let now = 0;
    const pauses: number[] = [];
    for (let n = 0; n < 12; n += 1) {
      state = slowDown(state, { now, sentAt: now });
      pauses.push(pauseOf(state, now) / 1_000);
      now = state.closedUntil;
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  });

  it('takes the time that the provider names, within an hour', () => {
    const named = slowDown(openThrottle(concurrency), { now: 0, sentAt: 0, retryAfterMs: 90_000 });
    expect(named.closedUntil).toBe(90_000);
    const absurd = slowDown(openThrottle(concurrency), { now: 0, sentAt: 0, retryAfterMs: 1e12 });
    expect(absurd.closedUntil).toBe(3_600_000);
  });

  it('takes refusals of what was under way together as one', () => {
    let state = openThrottle(concurrency);
    for (let n = 0; n < 20; n += 1) state = slowDown(state, { now: 100 + n, sentAt: 50 });
    expect(state).toMatchObject({ level: 1, closedUntil: 1_100, limit: 1 });
  });

  it('lets one of them name a longer time', () => {
    const first = slowDown(openThrottle(concurrency), { now: 100, sentAt: 50 });
    expect(slowDown(first, { now: 110, sentAt: 50, retryAfterMs: 60_000 }).closedUntil).toBe(60_110);
  });
});

describe('speedUp', () => {
  it('doubles from one, and then forgets', () => {
    let state = slowDown(openThrottle(concurrency), { now: 0, sentAt: 0 });
    const limits: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      limits.push(state.limit);
      state = speedUp(state, { sentAt: 2_000, concurrency });
    }
    expect(limits).toEqual([1, 2, 4, 8, 16, 20]);
    expect(state.level).toBe(0);
  });

  it('takes no encouragement from what was sent before the pause', () => {
    const state = slowDown(openThrottle(concurrency), { now: 100, sentAt: 90 });
    expect(speedUp(state, { sentAt: 90, concurrency })).toBe(state);
  });
});

it('never leaves its bounds', () => {
  const step = fc.record({
    isSuccess: fc.boolean(),
    passMs: fc.integer({ min: 0, max: 600_000 }),
    agoMs: fc.integer({ min: 0, max: 10_000 }),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: 1e9 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 50 }), (steps, limit) => {
      let state = openThrottle(limit);
      let now = 0;
      for (const { isSuccess, passMs, agoMs, retryAfterMs } of steps) {
        now += passMs;
        const sentAt = now - agoMs;
        state = isSuccess
          ? speedUp(state, { sentAt, concurrency: limit })
          : slowDown(state, { now, sentAt, retryAfterMs });
        expect(state.limit).toBeGreaterThanOrEqual(1);
        expect(state.limit).toBeLessThanOrEqual(limit);
        expect(state.closedUntil - now).toBeLessThanOrEqual(3_600_000);
      }
    }),
  );
});
