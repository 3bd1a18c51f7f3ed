/**
 * The `relaxed` form of header and body (RFC 6376 §3.4.2, §3.4.4): what a signature is made over, so that it survives
 * hops that fold lines and drop blanks. Works on text that holds one byte a character (latin1).
 */

import { createHash } from 'node:crypto';

const FOLD = /\r\n(?=[ \t])/g;
const BLANKS = /[ \t]+/g;

/** A field with its line end: `Subject:  a\r\n b \r\n` becomes `subject:a b\r\n`. */
export function relaxedField(field: string): string {
  const colon = field.indexOf(':');
  const name = field.slice(0, colon).trimEnd().toLowerCase();
  const value = field
    .slice(colon + 1)
    .replace(/\r\n$/, '')
    .replace(FOLD, '')
    .replace(BLANKS, ' ')
    .replace(/^ | $/g, '');
  return `${name}:${value}\r\n`;
}

export interface BodyHash {
  update(text: string): void;
  /** In base64. */
  digest(): string;
}

/** Line ends that are written in one go. */
const LINES_A_WRITE = 8_192;

/** SHA-256 over the relaxed body, piece by piece: what is held back between two pieces is a blank and a CR at most. */
export function createBodyHash(): BodyHash {
  const hash = createHash('sha256');
  /** What could turn out to be the end of a line, or of the body. */
  let pending = '';
  let lineEnds = 0;
  let isEmpty = true;

  function write(text: string): void {
    if (text === '') return;
    for (let left = lineEnds; left > 0; left -= LINES_A_WRITE)
      hash.update('\r\n'.repeat(Math.min(left, LINES_A_WRITE)));
    lineEnds = 0;
    hash.update(text, 'latin1');
    isEmpty = false;
  }

  return {
    update(piece) {
      const text = pending + piece;
      const cr = text.endsWith('\r') ? 1 : 0;
      const whole = endOfContent(text, text.length - cr);
      pending = `${whole + cr < text.length ? ' ' : ''}${cr === 1 ? '\r' : ''}`;
      const lines = text.slice(0, whole).replace(BLANKS, ' ').replaceAll(' \r\n', '\r\n');
      let end = lines.length;
      while (end > 0 && lines.charCodeAt(end - 1) === 0x0a && lines.charCodeAt(end - 2) === 0x0d) end -= 2;
      write(lines.slice(0, end));
      lineEnds += (lines.length - end) / 2;
    },
    digest() {
      // A CR at the very end ends no line, so it is content; blanks there are not.
      if (pending.endsWith('\r')) write(pending);
      if (!isEmpty) hash.update('\r\n');
      return hash.digest('base64');
    },
  };
}

/** Where the blanks before `end` begin. Walked, because an expression would try at each blank of each run. */
function endOfContent(text: string, end: number): number {
  let at = end;
  while (at > 0 && (text.charCodeAt(at - 1) === 0x20 || text.charCodeAt(at - 1) === 0x09)) at -= 1;
  return at;
}
