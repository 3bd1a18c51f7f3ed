/** Reads a message from standard input: to its end or, as sendmail has it without -i, to a line with a dot alone. */

import type { Readable } from 'node:stream';

const DOT_LINE = /\n\.\r{0,2}\n/;
/** A dot line that a chunk's end cuts in two has at most this much of it in the first half. */
const OVERLAP = 4;

export async function readMessage(input: Readable, dotsAreContent: boolean): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let before = 0;
  // As if a line had ended before the first one, so that a dot may stand there too.
  let tail = '\n';
  for await (const part of input) {
    const chunk = Buffer.from(part);
    chunks.push(chunk);
    if (dotsAreContent) continue;
    // latin1: one character a byte, so that indexes of the text are indexes of the bytes.
    const window = tail + chunk.toString('latin1');
    const found = DOT_LINE.exec(window);
    if (found !== null) return Buffer.concat(chunks).subarray(0, before - tail.length + found.index + 1);
    before += chunk.length;
    tail = window.slice(-OVERLAP);
  }
  const whole = Buffer.concat(chunks);
  // The last line may lack its line feed.
  const lastLine = whole.lastIndexOf(0x0a) + 1;
  const isDot = whole.length - lastLine === 1 && whole[lastLine] === 0x2e;
  return isDot && !dotsAreContent ? whole.subarray(0, lastLine) : whole;
}
