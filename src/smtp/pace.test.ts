import { expect, test } from 'vitest';
import { createPace } from './pace.ts';

let now = 0;
const clock = { monotonic: () => now };
const times = (count: number, pace: (source: string) => boolean, source: string) =>
  Array.from({ length: count }, () => pace(source)).filter((may) => may).length;

test('one source has its share of a minute, all have the whole, and each minute begins anew', () => {
  const pace = createPace(clock, { inAll: 5, ofOne: 3 });
  expect(times(9, pace, 'a')).toBe(3);
  expect(times(9, pace, 'b')).toBe(2);
  expect(times(9, pace, 'c')).toBe(0);
  now += 59_999;
  expect(times(9, pace, 'a')).toBe(0);
  now += 1;
  expect(times(9, pace, 'a')).toBe(3);
});

test('sources beyond those that it counts are refused, and those that it knows go on', () => {
  now += 60_000;
  const pace = createPace(clock, { inAll: Number.POSITIVE_INFINITY, ofOne: 2 });
  for (let n = 0; n < 10_000; n += 1) pace(`source ${n}`);
  expect([pace('another'), pace('source 7'), pace('source 7')]).toEqual([false, true, false]);
});
