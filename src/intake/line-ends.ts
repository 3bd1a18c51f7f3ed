/**
 * Makes every line of a message that comes in end in CRLF, whatever chunks it comes in: a bare CR or a bare LF becomes
 * CRLF (RFC 5321 §2.3.8 allows neither). A later hop that takes a bare one for a line end then sees what we saw, and
 * cannot be made to find a second message inside this one.
 */

const ANY_LINE_END = /\r\n|\r|\n/g;
const BARE = /\r(?!\n)|(?<!\r)\n/;

export interface LineEnds {
  /** The bytes to go on with; the chunk itself where nothing had to change. */
  push(chunk: Buffer): Buffer;
  /** What was held back, because the byte that would have decided it never came. */
  end(): Buffer;
}

export function createLineEnds(): LineEnds {
  /** The last chunk ended in CR: whether it is bare is decided by the next byte. */
  let heldCr = false;

  return {
    push(chunk) {
      if (chunk.length === 0) return chunk;
      // Every byte of every message passes here. A search of the bytes as a string takes a sixth of a loop over them.
      const bytes = chunk.toString('latin1');
      const endsInCr = bytes.endsWith('\r');
      if (!heldCr && !endsInCr && !BARE.test(bytes)) return chunk;
      const text = (heldCr ? '\r' : '') + (endsInCr ? bytes.slice(0, -1) : bytes);
      heldCr = endsInCr;
      return Buffer.from(text.replace(ANY_LINE_END, '\r\n'), 'latin1');
    },
    end() {
      const last = heldCr ? '\r\n' : '';
      heldCr = false;
      return Buffer.from(last);
    },
  };
}
