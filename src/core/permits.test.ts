import { expect, test } from 'vitest';
import { createPermits } from './permits.ts';

test('one owner takes no more than its share, all together no more than there is', () => {
  const permits = createPermits({ total: 3, ofOne: 2 });
  const give = permits.take('a');
  expect(give).toBeDefined();
  expect(permits.take('a')).toBeDefined();
  expect(permits.take('a')).toBeUndefined();
  expect(permits.take('b')).toBeDefined();
  expect(permits.take('b')).toBeUndefined();
  give?.();
  expect(permits.take('b')).toBeDefined();
  expect(permits.take('a')).toBeUndefined();
});
