/**
 * Counts the names in JSON before it is parsed. An object with hundreds of thousands of names, or thousands of objects that
 * share none, stop everybody for seconds wherever they are read or copied; objects of a few shapes cost nothing.
 */

/** Of one body; each name counts once for each run of names before it in its object. */
export const MAX_NAMES = 10_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const SPACE = 0x20;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The names that followed this one so far. */
interface Names extends Map<string, Names> {}

export interface NameCount {
  /** Whether the names in `bytes` and in all that were given before are more than are allowed. Stops there. */
  isTooMuch(bytes: Uint8Array): boolean;
}

export function createNameCount(): NameCount {
  const first: Names = new Map();
  let count = 0;

  function follow(names: Names, name: string): Names {
    const known = names.get(name);
    if (known !== undefined) return known;
    const fresh: Names = new Map();
    names.set(name, fresh);
    count += 1;
    return fresh;
  }

  return {
    isTooMuch(bytes) {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const outer: Names[] = [];
      let names = first;
      for (let at = 0; at < text.length && count <= MAX_NAMES; at++) {
        const byte = text[at];
        if (byte === QUOTE) {
          const end = endOfString(text, at + 1);
          if (isName(text, end + 1)) names = follow(names, text.toString('latin1', at + 1, end));
          at = end;
        } else if (byte === OPEN_BRACE) {
          outer.push(names);
          names = first;
        } else if (byte === CLOSE_BRACE) names = outer.pop() ?? first;
      }
      return count > MAX_NAMES;
    },
  };
}

/** Whether a colon comes next, which follows names alone. */
function isName(bytes: Uint8Array, start: number): boolean {
  let at = start;
  while ((bytes[at] ?? COLON) <= SPACE) at += 1;
  return bytes[at] === COLON;
}

/** Position of the quote that ends a string. Long strings are attachments, so this searches instead of stepping. */
export function endOfString(bytes: Uint8Array, start: number): number {
  let quote = bytes.indexOf(QUOTE, start);
  while (quote !== -1) {
    let slashes = 0;
    while (bytes[quote - 1 - slashes] === BACKSLASH && quote - 1 - slashes >= start) slashes += 1;
    if (slashes % 2 === 0) return quote;
    quote = bytes.indexOf(QUOTE, quote + 1);
  }
  return bytes.length;
}
