/**
 * The text of an API key: `iep_<prefix>_<secret>`. The prefix finds the row and may be shown; the secret is 256 bits of
 * randomness and is shown once.
 */

import { randomBytes } from 'node:crypto';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX_LENGTH = 8;
/** 62^43 > 2^256. */
const SECRET_LENGTH = 43;

const KEY = new RegExp(`^iep_([0-9A-Za-z]{${PREFIX_LENGTH}})_([0-9A-Za-z]{${SECRET_LENGTH}})$`);

export interface KeyText {
  readonly prefix: string;
  readonly secret: string;
}

export function newKeyText(): KeyText {
  return { prefix: randomText(PREFIX_LENGTH), secret: randomText(SECRET_LENGTH) };
}

export function formatKey({ prefix, secret }: KeyText): string {
  return `iep_${prefix}_${secret}`;
}

/** Undefined: no key of this platform has that form. */
export function parseKey(text: string): KeyText | undefined {
  const [, prefix, secret] = KEY.exec(text) ?? [];
  return prefix === undefined || secret === undefined ? undefined : { prefix, secret };
}

/** What somebody is known by who holds it, such as the session of a person: `iep_session_<secret>`. */
export function newToken(kind: 'session' | 'link'): string {
  return `iep_${kind}_${randomText(SECRET_LENGTH)}`;
}

/** Each digit equally likely: bytes past the last multiple of 62 are thrown away. */
function randomText(length: number): string {
  const usable = 256 - (256 % DIGITS.length);
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < usable && text.length < length) text += DIGITS.charAt(byte % DIGITS.length);
    }
  }
  return text;
}
