import { expect, test } from 'vitest';
import { inPieces } from './in-pieces.ts';

test('all is worked on, in order, and others come in between', async () => {
  const items = Array.from({ length: 2_000 }, (_, n) => n);
  let done = 0;
  let between = 0;
  const look = () => {
    between += 1;
    if (done < items.length) setImmediate(look);
  };
  setImmediate(look);
  const results = await inPieces(items, (n) => {
    done += 1;
    return n * 2;
  });
  expect(results).toEqual(items.map((n) => n * 2));
  expect(between).toBeGreaterThan(10);
});

test('what fails ends it', async () => {
  await expect(inPieces([1, 2], () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await inPieces([], () => 1)).toEqual([]);
});
