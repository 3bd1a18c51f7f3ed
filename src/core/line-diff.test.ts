import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type DiffLine, diffLines } from './line-diff.ts';

const shown = (before: string, after: string) =>
  diffLines(before, after)
    .map(({ kind, text }) => `${{ same: ' ', out: '-', in: '+' }[kind]}${text}`)
    .join('\n');

it.each([
  ['', '', ''],
  ['a\nb\n', 'a\nb', ' a\n b'],
  ['', 'a\nb', '+a\n+b'],
  ['a\nb', '', '-a\n-b'],
  ['a\nb\nc', 'a\nx\nc', ' a\n-b\n+x\n c'],
  ['a\nb\nc\na\nb\nb\na', 'c\nb\na\nb\na\nc', '-a\n-b\n c\n+b\n a\n b\n-b\n a\n+c'],
])('of %j to %j', (before, after, expected) => {
  expect(shown(before, after)).toBe(expected);
});

it('gives both texts back, and no more changes than it takes to replace all', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      const whole = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
      const lines = diffLines(whole(before), whole(after));
      const without = (kind: DiffLine['kind']) => lines.filter((one) => one.kind !== kind).map((one) => one.text);
      expect(without('in')).toEqual(before);
      expect(without('out')).toEqual(after);
    }),
  );
});

it('tells texts that have little in common as one and then the other', () => {
  const before = Array.from({ length: 900 }, (_, at) => `a${at}`).join('\n');
  const after = Array.from({ length: 900 }, (_, at) => `b${at}`).join('\n');
  const kinds = diffLines(before, after).map(({ kind }) => kind);
  expect(kinds).toHaveLength(1800);
  expect(kinds.lastIndexOf('out')).toBeLessThan(kinds.indexOf('in'));
});
