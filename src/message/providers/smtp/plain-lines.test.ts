import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hasPlainLines } from './plain-lines.ts';

it.each([
  ['a\r\nb\r\n', true],
  ['\r\n', true],
  ['a.b\r\n', true],
  ['', false],
  ['a', false],
  ['a\r', false],
  ['a\n', false],
  ['\n', false],
  ['a\rb\r\n', false],
  ['a\r\r\n', false],
  ['.a\r\n', false],
  ['a\r\n.\r\n', false],
  ['a\r\n..b\r\n', false],
])('%j is plain: %s', (text, isPlain) => {
  expect(hasPlainLines(Buffer.from(text))).toBe(isPlain);
});

it('agrees with what the words say', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '.', '\r', '\n', '\r\n'), maxLength: 20 });
  fc.assert(
    fc.property(text, (given) => {
      const isPlain = given.endsWith('\r\n') && !/\r(?!\n)|(?<!\r)\n|(^|\n)\./.test(given);
      expect(hasPlainLines(Buffer.from(given))).toBe(isPlain);
    }),
    { numRuns: 2_000 },
  );
});
