/** The chore goes on until nothing old is left, a batch at a time. */

import { expect, it } from 'vitest';
import { sweepSuppressions } from './sweep-suppressions.ts';

const DAY_MS = 86_400_000;

it('sweeps in batches until one is not full', async () => {
  const asked: unknown[] = [];
  const left = { suppressions: 2_300, bounces: 10 };
  const store = {
    suppressions: {
      async sweep(input: { expiredBefore: number; bouncedBefore: number; limit: number }) {
        asked.push(input);
        const swept = {
          suppressions: Math.min(left.suppressions, input.limit),
          bounces: Math.min(left.bounces, input.limit),
        };
        left.suppressions -= swept.suppressions;
        left.bounces -= swept.bounces;
        return swept;
      },
    },
  };
  const now = 1_800_000_000_000;
  expect(await sweepSuppressions({ store, clock: { now: () => now } })).toEqual({ suppressions: 2_300, bounces: 10 });
  expect(asked).toHaveLength(3);
  expect(asked[0]).toEqual({ expiredBefore: now - 30 * DAY_MS, bouncedBefore: now - 365 * DAY_MS, limit: 1_000 });
});
