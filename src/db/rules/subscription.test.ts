/** Which events an endpoint gets, and which of them again. */

import { expect, it } from 'vitest';
import { isMissed, isReplayed, requireOn, wants } from './subscription.ts';

it('wants the types of its list, or all', () => {
  expect(wants('["sent","bounced"]', 'bounced')).toBe(true);
  expect(wants('["sent","bounced"]', 'failed')).toBe(false);
  expect(wants('["*"]', 'failed')).toBe(true);
});

it.each([
  [{}, true],
  [{ from: 5 }, true],
  [{ from: 6 }, false],
  [{ until: 6 }, true],
  [{ until: 5 }, false],
  [{ from: 5, until: 6 }, true],
])('replays of %j what happened at 5: %s', (range, isMeant) => {
  expect(isReplayed({ type: 'sent', at: 5 }, '["sent"]', range)).toBe(isMeant);
  expect(isReplayed({ type: 'sent', at: 5 }, '["failed"]', range)).toBe(false);
});

it('missed what it neither got nor waits for', () => {
  expect([undefined, 'failed' as const, 'cancelled' as const].map(isMissed)).toEqual([true, true, true]);
  expect(['delivered' as const, 'pending' as const].map(isMissed)).toEqual([false, false]);
});

it('is asked for only of an endpoint that is on', () => {
  expect(() => requireOn(true)).not.toThrow();
  expect(() => requireOn(false)).toThrow(expect.objectContaining({ code: 'conflict' }));
});
