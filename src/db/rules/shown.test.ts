import { expect, it } from 'vitest';
import { shownAddresses, shownObject, shownTime, shownWords } from './shown.ts';

it('shows what can be read, and nothing of what makes no sense', () => {
  expect(['{"a":1}', '{', '[]', '7', 'null', null].map(shownObject)).toEqual([{ a: 1 }, ...Array(5).fill(undefined)]);
  expect(['["a",7]', '{}', '[', null].map(shownWords)).toEqual([['a'], [], [], []]);
  expect(['["a@b",{"email":"c@d"},7,null]', '{x', null].map(shownAddresses)).toEqual([['a@b', 'c@d'], [], []]);
  for (const ms of [0, 9e18, -9e18]) expect(() => new Date(shownTime(ms)).toISOString()).not.toThrow();
  expect(shownTime(5)).toBe(5);
});
