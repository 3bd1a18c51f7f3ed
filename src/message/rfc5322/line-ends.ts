/**
 * Makes every line of a message that comes in end in CRLF, whatever chunks it comes in: a bare CR or a bare LF becomes
 * CRLF (RFC 5321 §2.3.8 allows neither). A later hop that takes a bare one for a line end then sees what we saw, and
 * cannot be made to find a second message inside this one. In the header CR CR LF, which CRLF becomes where a program
 * writes it as text, and LF CR are one line end: taken for two, the second would end the header, and Bcc be read in the
 * body. Below it they are one where the first line ends so.
 */

/** CRs of one run that still belong to the LF after it. */
const ODD_LINE_END = /\r{1,8}\n|\r|\n\r?(?!\n)|\n/g;
const LINE_END = /\r\n|\r|\n/g;
const BARE = /\r(?!\n)|(?<!\r)\n/;
/** The end of a chunk that the next byte may make part of a line end that began before it. */
const UNDECIDED = /(?<!\r)\n\r{0,8}$|\r{1,8}$/;
const UNDECIDED_LENGTH = 10;
const EMPTY = Buffer.alloc(0);

export interface LineEnds {
  /** The bytes to go on with; the chunk itself where nothing had to change. */
  push(chunk: Buffer): Buffer;
  /** What was held back, because the byte that would have decided it never came. */
  end(): Buffer;
}

export function createLineEnds(): LineEnds {
  let held = '';
  let inHeader = true;
  /** What was handed on ends with a line end, or nothing was. */
  let atLineStart = true;
  /** Whether the first line ends in CR CR LF or LF CR. */
  let isOdd: boolean | undefined;

  /** The header's part of the text in CRLFs, and how much of the text it was. */
  const convertHeader = (text: string): { readonly converted: string; readonly length: number } => {
    let converted = '';
    let at = 0;
    for (const { 0: lineEnd, index } of text.matchAll(ODD_LINE_END)) {
      isOdd ??= lineEnd !== '\r\n' && lineEnd.length > 1;
      inHeader = index > at || !atLineStart;
      converted += `${text.slice(at, index)}\r\n`;
      at = index + lineEnd.length;
      atLineStart = true;
      if (!inHeader) return { converted, length: at };
    }
    if (at < text.length) atLineStart = false;
    return { converted: converted + text.slice(at), length: text.length };
  };

  /** Notes where the header is in a text that has CRLFs alone. */
  const passHeader = (text: string): void => {
    if (text.includes('\r\n')) isOdd ??= false;
    inHeader = !(atLineStart && text.startsWith('\r\n')) && !text.includes('\r\n\r\n');
    atLineStart = text.endsWith('\r\n');
  };

  const convert = (text: string): Buffer => {
    const header = inHeader ? convertHeader(text) : { converted: '', length: 0 };
    const body = text.slice(header.length).replace(isOdd === true ? ODD_LINE_END : LINE_END, '\r\n');
    return Buffer.from(header.converted + body, 'latin1');
  };

  return {
    push(chunk) {
      if (chunk.length === 0) return chunk;
      // Every byte of every message passes here. A search of the bytes as a string takes a sixth of a loop over them.
      const bytes = chunk.toString('latin1');
      if (held === '' && !BARE.test(bytes)) {
        if (inHeader) passHeader(bytes);
        return chunk;
      }
      const text = held + bytes;
      const decided = text.length - (UNDECIDED.exec(text.slice(-UNDECIDED_LENGTH))?.[0].length ?? 0);
      held = text.slice(decided);
      return convert(text.slice(0, decided));
    },
    end() {
      const last = held === '' ? EMPTY : convert(held);
      held = '';
      return last;
    },
  };
}

/** Bytes that are all there. */
export function withCrLf(bytes: Uint8Array): Buffer {
  const ends = createLineEnds();
  const most = ends.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const last = ends.end();
  return last.length === 0 ? most : Buffer.concat([most, last]);
}
