/** What a process may have died of is tried in few, then alone. */

import { expect, it } from 'vitest';
import { isTriedAlone, suspectsToTry } from './suspects.ts';

const once = Array.from({ length: 20 }, (_, seq) => ({ seq, deaths: 1 }));
const twice = [1, 2].map((seq) => ({ seq: 100 + seq, deaths: 2 }));
const tried = (waiting: readonly { seq: number; deaths: number }[], count: number, limit = 50) =>
  suspectsToTry(waiting, { count, worst: count === 0 ? null : 1 }, limit).map(({ seq }) => seq);

it('tries eight at once, with those that are under way', () => {
  expect(tried([...once, ...twice], 0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(tried([...once, ...twice], 6)).toEqual([0, 1]);
  expect(tried(once, 8)).toEqual([]);
  expect(tried(once, 0, 3)).toEqual([0, 1, 2]);
});

it('tries one alone that was there a second time, once nothing else is to be tried', () => {
  expect(tried(twice, 0)).toEqual([101]);
  expect(tried(twice, 1)).toEqual([]);
  expect(tried(twice, 0, 0)).toEqual([]);
  expect(isTriedAlone({ count: 1, worst: 2 })).toBe(true);
  expect(isTriedAlone({ count: 8, worst: 1 })).toBe(false);
  expect(isTriedAlone({ count: 0, worst: null })).toBe(false);
});
