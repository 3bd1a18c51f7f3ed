/** Recovery codes: `xxxx-xxxx-xxxx-xxxx`, 80 bits each, kept as a hash. Letters that look like digits are taken for those. */

import { createHash, randomBytes } from 'node:crypto';

/** Crockford's base32. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const CODES = 10;
const LENGTH = 16;

export function newRecoveryCodes(): readonly string[] {
  return Array.from({ length: CODES }, () => {
    const text = [...randomBytes(LENGTH)].map((byte) => DIGITS.charAt(byte % DIGITS.length)).join('');
    return text.replaceAll(/(.{4})(?!$)/g, '$1-');
  });
}

/** The hash is that of this user alone, however the code was typed. */
export function recoveryHash(userId: string, code: string): string {
  const plain = code.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1');
  return createHash('sha256').update(`recovery ${userId} ${plain}`).digest('base64url');
}
