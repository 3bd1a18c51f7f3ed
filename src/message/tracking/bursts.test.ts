import { expect, it } from 'vitest';
import { isWithDecoy, linksAtOnce } from './bursts.ts';

const click = (at: number, link = String(at)) => ({ at, link, isDecoy: link === 'decoy' });

it.each([
  ['one', [0], 0, 1],
  ['those just after', [0, 400, 999], 0, 3],
  ['those just before', [0, 400, 999], 999, 3],
  ['those around', [0, 900, 1_800], 900, 2],
  ['not those a second later', [0, 1_000, 2_000], 1_000, 1],
] as const)('counts %s', (_what, times, at, count) => {
  expect(
    linksAtOnce(
      { at },
      times.map((time) => click(time)),
    ),
  ).toBe(count);
});

it('counts a link once', () => {
  expect(linksAtOnce({ at: 0 }, [click(0, 'a'), click(1, 'a'), click(2, 'b')])).toBe(2);
});

it('knows what came with the decoy', () => {
  const clicks = [click(0, 'a'), click(500, 'decoy')];
  expect([0, 1_499, 1_500].map((at) => isWithDecoy({ at }, clicks))).toEqual([true, true, false]);
});
