/** Tells whether a message can go over the wire as it is, without a single byte put in. */

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;

/**
 * True when every line ends in CRLF, the last one too, no CR or LF stands alone, and no line begins with a dot: then
 * there is nothing to stuff (RFC 5321 §4.5.2) and nothing that a later hop could take for the end of the message.
 */
export function hasPlainLines(bytes: Uint8Array): boolean {
  let previous = LF;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === LF ? previous !== CR : previous === CR) return false;
    if (byte === DOT && previous === LF) return false;
    previous = byte;
  }
  return bytes.length > 0 && previous === LF;
}
