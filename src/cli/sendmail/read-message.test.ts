import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessage } from './read-message.ts';

async function read(text: string, dotsAreContent: boolean, cuts: readonly number[] = []): Promise<string> {
  const ends = [0, ...[...cuts].map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  const chunks = ends.slice(1).map((end, at) => Buffer.from(text.slice(ends[at], end), 'latin1'));
  return (await readMessage(Readable.from(chunks), dotsAreContent)).toString('latin1');
}

describe('reading a message from standard input', () => {
  it.each([
    ['a\n.\nb\n', 'a\n'],
    ['a\r\n.\r\nb\r\n', 'a\r\n'],
    ['.\nb\n', ''],
    ['a\n.', 'a\n'],
    ['.', ''],
    ['a\n..\nb\n', 'a\n..\nb\n'],
    ['a.\nb\n', 'a.\nb\n'],
    ['a\n. \nb', 'a\n. \nb'],
    ['', ''],
  ])('without -i %j ends at a dot alone', async (text, expected) => {
    expect(await read(text, false)).toBe(expected);
    expect(await read(text, true)).toBe(text);
  });

  it('does not depend on where the chunks are cut', async () => {
    const text = fc.array(fc.constantFrom('.', '\n', '\r', 'a', '\n.\n', '\r\n.\r\n')).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat()), fc.boolean(), async (message, cuts, dots) => {
        expect(await read(message, dots, cuts)).toBe(await read(message, dots));
      }),
    );
  });
});
