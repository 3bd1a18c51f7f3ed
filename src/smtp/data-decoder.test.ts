import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDataDecoder } from './data-decoder.ts';

interface Decoded {
  readonly content: string;
  /** What came after the end of data; undefined when it did not end. */
  readonly after: string | undefined;
}

function decode(chunks: readonly string[]): Decoded {
  const decoder = createDataDecoder();
  let content = '';
  for (const [index, text] of chunks.entries()) {
    const chunk = Buffer.from(text, 'latin1');
    const read = decoder.feed(chunk);
    content += read.content.toString('latin1');
    if (read.end !== -1) return { content, after: text.slice(read.end) + chunks.slice(index + 1).join('') };
  }
  return { content, after: undefined };
}

/** All ways to cut `text` in two, and the way that cuts it everywhere. */
function cuts(text: string): string[][] {
  const inTwo = Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)]);
  return [[text], ...inTwo, text.split('')];
}

test.each([
  ['plain text', 'one\r\ntwo\r\n.\r\n', 'one\r\ntwo\r\n'],
  ['no content', '.\r\n', ''],
  ['an empty line', '\r\n.\r\n', '\r\n'],
  ['stuffed dots', '..\r\n..a\r\n...\r\na..\r\n.\r\n', '.\r\n.a\r\n..\r\na..\r\n'],
  ['a dot that should have been stuffed', '.a\r\n.\r\n', 'a\r\n'],
  ['eight-bit bytes', '\x80\xff\r\n.\r\n', '\x80\xff\r\n'],
])('%s', (_name, data, content) => {
  for (const chunks of cuts(`${data}QUIT\r\n`)) expect(decode(chunks)).toEqual({ content, after: 'QUIT\r\n' });
});

/** Everything but CRLF . CRLF that some server has been seen to take for the end of data. */
const falseEnds = [
  '\n.\n',
  '\n.\r\n',
  '\r\n.\n',
  '\r.\r',
  '\r.\r\n',
  '\r\n.\r',
  '\r.\n',
  '\n.\r',
  '\n\n.\r\n',
  '\r\r\n.\n',
  '\r\n.\r\r\n',
  '\r\n\n.\r\n',
  '\r\n.\n.\r',
  '\r\n.\0\r\n',
  '\0\r.\r\n',
  '\r\n\0.\r\n',
];

describe('is never the end of data, in whatever chunks, and stays in the message', () => {
  test.each(falseEnds)('%j', (form) => {
    for (const before of ['', 'x']) {
      // As the first bytes of the data, a form can lack the line before it.
      const text = `${before}${form}MAIL FROM:<evil@example.com>\r\n`;
      for (const chunks of cuts(`${text}.\r\nQUIT\r\n`)) {
        const { content, after } = decode(chunks);
        expect(after).toBe('QUIT\r\n');
        expect(content).toBe(expected(text));
      }
    }
  });
});

test('a stuffed dot in a chunk of its own is content, not the end', () => {
  expect(decode(['.', '.', '\r', '\n', 'x\r\n.', '\r\n'])).toEqual({ content: '.\r\nx\r\n', after: '' });
});

const bytes = fc
  .array(fc.constantFrom('\r\n', '\r', '\n', '.', 'a', '\0'), { maxLength: 24 })
  .map((all) => all.join(''));

test('any bytes in any chunks end where the standard says, with the content it says', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(40), { maxLength: 8 }), (text, ends) => {
      const at = [0, ...ends.map((end) => Math.min(end, text.length)).sort((a, b) => a - b), text.length];
      const chunks = at.slice(1).map((end, index) => text.slice(at[index], end));
      const end = `\r\n${text}`.indexOf('\r\n.\r\n');
      const decoded = decode(chunks);
      if (end === -1) expect(decoded.after).toBeUndefined();
      else expect(decoded).toEqual({ content: expected(text.slice(0, end)), after: text.slice(end + 3) });
    }),
    { numRuns: 5000 },
  );
});

/** RFC 5321 §4.5.2, line by line: a dot that begins a line goes, unless a bare CR or LF makes it look alone there. */
function expected(text: string): string {
  return `\r\n${text}`.replace(/(?<=\r\n)\.(?![\r\n])/g, '').slice(2);
}
