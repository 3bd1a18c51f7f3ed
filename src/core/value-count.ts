/** Counts what JSON holds before it is parsed: an upper bound of its values, by the bytes alone. */

import { endOfString } from './name-count.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/** Arrays, objects and what commas separate, outside of strings. Stops where there are more than `max`. */
export function hasMoreValues(bytes: Uint8Array, max: number): boolean {
  let values = 0;
  for (let at = 0; at < bytes.length && values <= max; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfString(bytes, at + 1);
    else if (byte === COMMA || byte === OPEN_BRACKET || byte === OPEN_BRACE) values += 1;
  }
  return values > max;
}
