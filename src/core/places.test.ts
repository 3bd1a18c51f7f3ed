import { expect, test } from 'vitest';
import { createPlaces } from './places.ts';

test('one owner takes no more than its share, all together no more than there is', () => {
  const places = createPlaces({ total: 3, ofOne: 2 });
  const give = places.take('a');
  expect(give).toBeDefined();
  expect(places.take('a')).toBeDefined();
  expect(places.take('a')).toBeUndefined();
  expect(places.take('b')).toBeDefined();
  expect(places.take('b')).toBeUndefined();
  give?.();
  expect(places.take('b')).toBeDefined();
  expect(places.take('a')).toBeUndefined();
});
