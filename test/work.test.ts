/** The measure that tells linear work from what is not, with costs that are made up: so it is told alike on every machine. */

import { expect, test } from 'vitest';
import { growthOf, LINEAR, type Measure } from './work.ts';

const SIZE = 1_000;

/** `msOf`: what an input of that size costs at the n-th try. */
async function ratioOf(msOf: (size: number, tries: number) => number): Promise<number> {
  let spent = 0;
  let tries = 0;
  const measure: Measure = async (work) => {
    spent = 0;
    tries += 1;
    await work();
    return spent;
  };
  const run = (size: number) => {
    spent += msOf(size, tries);
  };
  return (await growthOf((size) => size, run, SIZE, measure)).ratio;
}

test.each<[string, (size: number, tries: number) => number]>([
  ['the square of its input', (size) => 50 * (size / SIZE) ** 2],
  ['the square of its input, which takes long', (size) => 600 * (size / SIZE) ** 2],
  ['a square beside more that is linear', (size) => 100 * (size / SIZE) + 40 * (size / SIZE) ** 2],
  ['the power of one and a half', (size) => 50 * (size / SIZE) ** 1.5],
  ['the square, on a machine that does other things', (size, tries) => (50 + (tries % 3) * 30) * (size / SIZE) ** 2],
])('finds work that grows with %s', async (_, msOf) => {
  expect(await ratioOf(msOf)).toBeGreaterThan(LINEAR);
});

test.each<[string, (size: number, tries: number) => number]>([
  ['is linear', (size) => 60 * (size / SIZE)],
  ['is linear, and costs more where a cache is too small', (size) => 60 * (size / SIZE) * (size > SIZE ? 1.4 : 1)],
  ['is sorting', (size) => 10 * (size / SIZE) * Math.log2(size)],
  ['is disturbed while the larger input is read', (size, tries) => 60 * (size / SIZE) * (tries % 2 ? 1.35 : 1)],
])('takes for linear what %s', async (_, msOf) => {
  expect(await ratioOf(msOf)).toBeLessThanOrEqual(LINEAR);
});
