import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLineEnds } from './line-ends.ts';

function convert(chunks: readonly Buffer[]): string {
  const ends = createLineEnds();
  const parts = chunks.map((chunk) => ends.push(chunk));
  return Buffer.concat([...parts, ends.end()]).toString('latin1');
}

test.each([
  ['a\r\nb\r\n', 'a\r\nb\r\n'],
  ['a\nb\n', 'a\r\nb\r\n'],
  ['a\rb\r', 'a\r\nb\r\n'],
  ['a\r\r\nb\r\r\n\r\r\n', 'a\r\nb\r\n\r\n'],
  ['a\n\rb\n\r', 'a\r\nb\r\n'],
  ['a\r\nb\r\r\nc\r\n\r\nd\r\r\ne\n\rf', 'a\r\nb\r\nc\r\n\r\nd\r\n\r\ne\r\n\r\nf'],
  ['a\r\r\n\r\r\nb\r\r\nc\n\rd', 'a\r\n\r\nb\r\nc\r\nd'],
  ['a\n\r\nb', 'a\r\n\r\nb'],
  ['a\r\rb', 'a\r\n\r\nb'],
  ['a\r\n\rb', 'a\r\n\r\nb'],
  ['\r', '\r\n'],
  ['\n', '\r\n'],
  ['no end', 'no end'],
  ['', ''],
])('%j becomes %j', (given, expected) => {
  expect(convert([Buffer.from(given)])).toBe(expected);
});

test('a chunk that needs no change is handed on as it is, not copied', () => {
  const chunk = Buffer.from('one\r\ntwo\r\n');
  expect(createLineEnds().push(chunk)).toBe(chunk);
});

const bytes = fc.array(fc.constantFrom('\r', '\n', '.', 'a'), { maxLength: 30 }).map((all) => all.join(''));

test('any bytes in any chunks come out as the same lines, with no bare CR or LF', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(30), { maxLength: 6 }), (text, cuts) => {
      const ends = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
      const chunks = ends.slice(1).map((end, index) => Buffer.from(text.slice(ends[index], end)));
      expect(convert(chunks)).toBe(convert([Buffer.from(text)]));
      expect(convert(chunks).replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
      expect(convert(chunks).replaceAll('\r\n', '')).toBe(text.replace(/[\r\n]/g, ''));
    }),
    { numRuns: 3000 },
  );
});
