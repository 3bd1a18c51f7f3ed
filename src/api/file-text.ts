/** The text of a file in whichever encoding it came: UTF-8, UTF-16, or what Windows writes where nobody says. */

import { isUtf8 } from 'node:buffer';

/** Of UTF-16 text in Latin letters every second byte is 0; this many bytes tell. */
const SAMPLE_BYTES = 64;

/** `charset`: what the caller says it is. A mark at the beginning knows better. */
export function fileText(bytes: Uint8Array, charset?: string): string {
  return decoder(bytes, charset).decode(bytes);
}

function decoder(bytes: Uint8Array, charset: string | undefined): TextDecoder {
  const [first = 0, second = 0] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le');
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be');
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  const zeros = (odd: number) => sample.filter((byte, at) => at % 2 === odd && byte === 0).length;
  if (zeros(1) > sample.length / 4) return new TextDecoder('utf-16le');
  if (zeros(0) > sample.length / 4) return new TextDecoder('utf-16be');
  if (isUtf8(bytes)) return new TextDecoder('utf-8');
  return known(charset) ?? new TextDecoder('windows-1252');
}

/** The encoding of that name, unless it is UTF-8, which the bytes are not. */
function known(charset: string | undefined): TextDecoder | undefined {
  try {
    const found = new TextDecoder(charset ?? '');
    return found.encoding === 'utf-8' ? undefined : found;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The body of a call that takes a file. */
export function readBytes(input: unknown): Uint8Array {
  if (!(input instanceof Uint8Array)) throw new Error('The body of an import is its bytes');
  return input;
}

/** The text of a file that a call brought. */
export function bodyText(body: Uint8Array, contentType: string | undefined): string {
  const [, charset] = /;\s*charset="?([^";]+)/i.exec(contentType ?? '') ?? [];
  return fileText(body, charset);
}
