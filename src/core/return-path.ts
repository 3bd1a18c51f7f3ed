/**
 * Return paths: the envelope sender `b+<token>@domain`, to which what becomes of a mail comes back, and `u+<token>@domain`, to which its
 * recipient writes to unsubscribe. The token names the message and one recipient, and is signed, so that nobody makes one up. It is
 * base32, because some servers change the case of an address.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whom mail to a return path is about. */
export interface Returned {
  readonly messageId: string;
  /** Of the recipient. */
  readonly position: number;
  /** It is the address that the mail names for this: who writes to it unsubscribes, whatever the mail says. */
  readonly unsubscribes?: true;
}

/** Undefined for an address that is not a return path, or was not signed here. */
export type ReadReturnPath = (address: string) => Returned | undefined;

const BACK = 'b+';
const UNSUBSCRIBES = 'u+';
const PREFIX_LENGTH = 2;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const ID_BYTES = 16;
const POSITION_BYTES = 3;
/** Each guess has to be put to this daemon, so that 88 bits are plenty; all together is 48 letters without a bit left over. */
const SIGNATURE_BYTES = 11;
const NAMED_BYTES = ID_BYTES + POSITION_BYTES;
const TOKEN = /^[a-z2-7]{48}$/;

export function writeReturnPath(returned: Returned, at: { key: Uint8Array; domain: string }): string {
  const { messageId, position, unsubscribes } = returned;
  const prefix = unsubscribes ? UNSUBSCRIBES : BACK;
  const named = Buffer.alloc(NAMED_BYTES);
  named.write(messageId.replaceAll('-', ''), 'hex');
  named.writeUIntBE(position, ID_BYTES, POSITION_BYTES);
  return `${prefix}${toBase32(Buffer.concat([named, signatureOf(named, prefix, at.key)]))}@${at.domain}`;
}

/** `keys`: any of them may have signed it. */
export function readReturnPath(
  address: string,
  { keys, domain }: { keys: readonly Uint8Array[]; domain: string },
): Returned | undefined {
  const folded = address.toLowerCase();
  const end = folded.length - domain.length - 1;
  const prefix = folded.slice(0, PREFIX_LENGTH);
  if ((prefix !== BACK && prefix !== UNSUBSCRIBES) || folded.slice(end) !== `@${domain}`) return undefined;
  const token = folded.slice(PREFIX_LENGTH, end);
  if (!TOKEN.test(token)) return undefined;
  const bytes = fromBase32(token);
  const named = bytes.subarray(0, NAMED_BYTES);
  const signature = bytes.subarray(NAMED_BYTES);
  if (!keys.some((key) => timingSafeEqual(signature, signatureOf(named, prefix, key)))) return undefined;
  return {
    messageId: idOf(named),
    position: named.readUIntBE(ID_BYTES, POSITION_BYTES),
    ...(prefix === UNSUBSCRIBES && { unsubscribes: true }),
  };
}

/** Of a return path it is over its bytes alone. */
function signatureOf(named: Uint8Array, prefix: string, key: Uint8Array): Buffer {
  const hmac = createHmac('sha256', key).update(named);
  return (prefix === BACK ? hmac : hmac.update(prefix)).digest().subarray(0, SIGNATURE_BYTES);
}

function idOf(named: Buffer): string {
  const hex = named.toString('hex', 0, ID_BYTES);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Of a number of bytes that is a multiple of five. */
function toBase32(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 5) {
    const five = bytes.readUIntBE(at, 5);
    for (let power = 7; power >= 0; power -= 1) text += ALPHABET[Math.floor(five / 32 ** power) % 32];
  }
  return text;
}

function fromBase32(text: string): Buffer {
  const bytes = Buffer.alloc((text.length / 8) * 5);
  for (let at = 0; at < text.length; at += 8) {
    const five = [...text.slice(at, at + 8)].reduce((sum, letter) => sum * 32 + ALPHABET.indexOf(letter), 0);
    bytes.writeUIntBE(five, (at / 8) * 5, 5);
  }
  return bytes;
}
