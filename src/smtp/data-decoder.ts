/**
 * Reads what follows DATA: finds its end, and undoes dot-stuffing (RFC 5321 §4.5.2). The end is CRLF `.` CRLF and nothing
 * else. Any other mix of dots, bare CRs and bare LFs is content, however it is cut into chunks, so that no message can be
 * hidden in another one (SMTP smuggling). The reader of the content decides what becomes of bare CRs and LFs.
 */

/** What was read last, as far as it decides what the next byte means. */
type State = 'text' | 'cr' | 'line start' | 'dot' | 'dot cr';

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;
const LINE_START_DOT = Buffer.from('\r\n.');
const HELD_DOT = Buffer.from('.');
const HELD_DOT_CR = Buffer.from('.\r');

export interface DataDecoder {
  /**
   * Reads on. `content` is what of the chunk belongs to the message; `end` is the index after the end of data, or -1 when
   * that did not come yet.
   */
  feed(chunk: Buffer): { readonly content: Buffer; readonly end: number };
}

export function createDataDecoder(): DataDecoder {
  // The CRLF of the DATA command itself begins the first line.
  let state: State = 'line start';

  return {
    feed(chunk) {
      const parts: Buffer[] = [];
      let at = 0;
      /** Where content begins that is not in `parts` yet. */
      let from = 0;
      while (at < chunk.length) {
        if (state === 'text') {
          // Only a dot at the start of a line needs a look.
          const found = chunk.indexOf(LINE_START_DOT, at);
          if (found === -1) {
            state = stateAtEnd(chunk, at);
            break;
          }
          at = found + 2;
          state = 'line start';
        }
        const byte = chunk[at];
        switch (state) {
          case 'cr':
            state = byte === LF ? 'line start' : byte === CR ? 'cr' : 'text';
            break;
          case 'line start':
            if (byte === DOT) {
              // Held back until the next byte says what it is.
              parts.push(chunk.subarray(from, at));
              from = at + 1;
              state = 'dot';
            } else state = byte === CR ? 'cr' : 'text';
            break;
          case 'dot':
            if (byte === CR) {
              from = at + 1;
              state = 'dot cr';
            } else {
              // A dot before other text was stuffed, and goes. Before a bare LF it stands alone on a line: it is content.
              if (byte === LF) parts.push(HELD_DOT);
              state = 'text';
            }
            break;
          case 'dot cr':
            if (byte === LF) return { content: join(parts), end: at + 1 };
            parts.push(HELD_DOT_CR);
            state = byte === CR ? 'cr' : 'text';
            break;
        }
        at++;
      }
      parts.push(chunk.subarray(from));
      return { content: join(parts), end: -1 };
    },
  };
}

/** The state after text from `from` on, in which no dot stands at the start of a line. */
function stateAtEnd(chunk: Buffer, from: number): State {
  const last = chunk.length - 1;
  if (chunk[last] === CR) return 'cr';
  return last > from && chunk[last] === LF && chunk[last - 1] === CR ? 'line start' : 'text';
}

function join(parts: readonly Buffer[]): Buffer {
  const full = parts.filter((part) => part.length > 0);
  return full.length === 1 && full[0] !== undefined ? full[0] : Buffer.concat(full);
}
