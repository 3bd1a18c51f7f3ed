import { expect, test } from 'vitest';
import { createRequestTurns } from './request-turns.ts';

const round = () => new Promise((resolve) => setImmediate(resolve));

test('a few are begun at once, the others in the rounds that follow', async () => {
  const turns = createRequestTurns();
  let begun = 0;
  const begin = () => {
    begun += 1;
  };
  for (let n = 0; n < 40; n += 1) turns.take('acme', begin);
  expect(begun).toBe(16);
  await round();
  expect(begun).toBeLessThan(40);
  while (begun < 40) await round();
});

test('callers take turns, whoever has sent more', async () => {
  const turns = createRequestTurns();
  const begun: string[] = [];
  for (let n = 0; n < 1_000; n += 1) turns.take('flood', () => begun.push('flood'));
  turns.take('rival', () => begun.push('rival'));
  await round();
  await round();
  expect(begun.indexOf('rival')).toBeGreaterThan(0);
  expect(begun.indexOf('rival')).toBeLessThan(20);
});
