import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoff } from './backoff.ts';

const schedule = { scheduleSeconds: [60, 300, 900, 3600], jitter: 0 };
const middle = () => 0.5;

describe('backoff', () => {
  it.each([
    [1, 60_000],
    [2, 300_000],
    [3, 900_000],
    [4, 3_600_000],
    [5, 3_600_000],
    [50, 3_600_000],
  ])('after failure %i waits %i ms', (tries, ms) => {
    expect(backoff(schedule, { tries, random: middle })).toBe(ms);
  });

  it('spreads by the jitter both ways', () => {
    const jittery = { ...schedule, jitter: 0.1 };
    expect(backoff(jittery, { tries: 1, random: () => 0 })).toBe(54_000);
    expect(backoff(jittery, { tries: 1, random: middle })).toBe(60_000);
    expect(backoff(jittery, { tries: 1, random: () => 0.999_999_999 })).toBe(66_000);
  });

  it('refuses an empty schedule', () => {
    expect(() => backoff({ scheduleSeconds: [], jitter: 0 }, { tries: 1, random: middle })).toThrow();
  });

  it('stays within the jitter of the delay, whatever the numbers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 10 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 200 }),
        (scheduleSeconds, jitter, random, tries) => {
          const ms = backoff({ scheduleSeconds, jitter }, { tries, random: () => random });
          const base = (scheduleSeconds[Math.min(tries, scheduleSeconds.length) - 1] ?? 0) * 1_000;
          expect(ms).toBeGreaterThanOrEqual(Math.floor(base * (1 - jitter)));
          expect(ms).toBeLessThanOrEqual(Math.ceil(base * (1 + jitter)));
        },
      ),
    );
  });
});
