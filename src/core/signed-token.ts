/**
 * Signed tokens: what stands in a link that a stranger shows again. A token is base64url of its fields and 16 bytes of an
 * HMAC-SHA-256 over them and the purpose, so that nobody makes one up and one link never does the work of another. Everybody can
 * read the fields. The mac does not cover a time: what ends says so in a field.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { isId } from './ids.ts';

/** Makes a token. `purpose` is that of the page or call that reads it; a field that is an id takes 17 bytes, others one more than their text. */
export type SignToken = (purpose: string, fields: readonly string[]) => string;

/** The fields of a token; undefined where it was not made here for that purpose. */
export type ReadToken = (purpose: string, token: string) => readonly string[] | undefined;

const MAC_BYTES = 16;
/** A URL of a mail and what is beside it; what is longer was never made here. */
const MAX_TOKEN_LENGTH = 16_000;
const FORM = /^[A-Za-z0-9_-]+$/;
const ID_BYTES = 16;

export function tokenSigner(key: Uint8Array): SignToken {
  return (purpose, fields) => {
    const payload = Buffer.concat(fields.map(pack));
    return Buffer.concat([payload, macOf(key, purpose, payload)]).toString('base64url');
  };
}

/** `keys`: any of them may have signed it. */
export function tokenReader(keys: readonly Uint8Array[]): ReadToken {
  return (purpose, token) => {
    if (token.length > MAX_TOKEN_LENGTH || !FORM.test(token)) return undefined;
    const bytes = Buffer.from(token, 'base64url');
    // The last letter may have bits that mean nothing: one link is written in one way.
    if (bytes.length < MAC_BYTES || bytes.toString('base64url') !== token) return undefined;
    const payload = bytes.subarray(0, -MAC_BYTES);
    const mac = bytes.subarray(-MAC_BYTES);
    return keys.some((key) => timingSafeEqual(macOf(key, purpose, payload), mac)) ? unpack(payload) : undefined;
  };
}

/** The purpose ends with a byte that it never has. */
function macOf(key: Uint8Array, purpose: string, payload: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${purpose}\0`).update(payload).digest().subarray(0, MAC_BYTES);
}

/** An id is 0 and its bytes; another text is its length and one, in groups of seven bits, and its bytes. */
function pack(field: string): Buffer {
  if (isId(field)) return Buffer.concat([Buffer.of(0), Buffer.from(field.replaceAll('-', ''), 'hex')]);
  const text = Buffer.from(field);
  const head: number[] = [];
  let rest = text.length + 1;
  for (; rest > 0x7f; rest >>>= 7) head.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.of(...head, rest), text]);
}

/** Only of what was signed here: its lengths are true. */
function unpack(payload: Buffer): readonly string[] {
  const fields: string[] = [];
  let at = 0;
  while (at < payload.length) {
    let head = 0;
    for (let bits = 0; ; bits += 7) {
      const byte = payload[at++] ?? 0;
      head |= (byte & 0x7f) << bits;
      if (byte <= 0x7f) break;
    }
    const end = at + (head === 0 ? ID_BYTES : head - 1);
    fields.push(head === 0 ? idOf(payload.toString('hex', at, end)) : payload.toString('utf8', at, end));
    at = end;
  }
  return fields;
}

function idOf(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
