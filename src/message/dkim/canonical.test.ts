/** The relaxed forms, by the examples of RFC 6376 and by a second, simple-minded reading of it. */

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBodyHash, relaxedField } from './canonical.ts';

const hashOf = (...pieces: readonly string[]) => {
  const hash = createBodyHash();
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
};
const sha256 = (text: string) => createHash('sha256').update(text, 'latin1').digest('base64');

/** RFC 6376 §3.4.4, word by word over the whole text. */
function relaxedBody(text: string): string {
  const lines = text.split('\r\n').map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''));
  while (lines.at(-1) === '') lines.pop();
  return lines.map((line) => `${line}\r\n`).join('');
}

describe('a relaxed field', () => {
  it.each([
    ['A: X\r\n', 'a:X\r\n'],
    ['B : Y\t\r\n\tZ  \r\n', 'b:Y Z\r\n'],
    ['Subject:\r\n', 'subject:\r\n'],
    ['X-Empty: \r\n \r\n', 'x-empty:\r\n'],
    ['To: a:b\r\n', 'to:a:b\r\n'],
  ])('%j becomes %j', (field, relaxed) => {
    expect(relaxedField(field)).toBe(relaxed);
  });
});

describe('a relaxed body', () => {
  it.each([
    ['', ''],
    ['\r\n\r\n', ''],
    [' \r\n\t\r\n', ''],
    [' C \r\nD \t E\r\n\r\n\r\n', ' C\r\nD E\r\n'],
    ['no end', 'no end\r\n'],
    ['a\r', 'a\r\r\n'],
    ['a\rb\nc\r\n', 'a\rb\nc\r\n'],
  ])('of %j is %j', (body, relaxed) => {
    expect(hashOf(body)).toBe(sha256(relaxed));
  });

  it('is the same however it is cut', () => {
    const text = fc.array(fc.constantFrom('a', 'b', ' ', '\t', '\r\n', '\r', '\n', ' \r\n', '\xfc'), { maxLength: 40 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(60), { maxLength: 8 }), (parts, cuts) => {
        const body = parts.join('');
        const at = [0, ...cuts.map((cut) => Math.min(cut, body.length)).sort((a, b) => a - b), body.length];
        const pieces = at.slice(1).map((end, index) => body.slice(at[index], end));
        expect(hashOf(...pieces)).toBe(sha256(relaxedBody(body)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('costs the same for a body of blanks or empty lines as for any other', () => {
    const before = process.threadCpuUsage();
    for (const piece of [' '.repeat(65_536), '\r\n'.repeat(32_768)]) {
      expect(hashOf(...Array.from({ length: 64 }, () => piece), 'x')).toMatch(/=$/);
    }
    // What looks at each blank again for the next one takes minutes.
    expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(10_000);
  });
});
