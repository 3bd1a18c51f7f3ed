/**
 * Secrets at rest: argon2id in PHC form, `$argon2id$v=19$m=…,t=…,p=…$<salt>$<tag>`, base64 without padding. The
 * parameters stand in the text, so that they can be raised later and old keys still verify.
 */

import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';

/** The second choice of RFC 9106 for little memory, as OWASP writes it down: 19 MiB, 2 passes, 1 lane. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const TAG_BYTES = 32;
const SALT_BYTES = 16;

const PHC = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,2})\$([0-9A-Za-z+/]{11,86})\$([0-9A-Za-z+/]{16,86})$/;

export async function hashSecret(secret: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await derive({
    message: secret,
    nonce: salt,
    memory: MEMORY_KIB,
    passes: PASSES,
    parallelism: LANES,
    tagLength: TAG_BYTES,
  });
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${base64(salt)}$${base64(tag)}`;
}

/** Compares in constant time. Throws on a hash that is not one: the row is broken, and that is a fault, not a wrong key. */
export async function verifySecret(secret: string, hash: string): Promise<boolean> {
  const [, memory, passes, lanes, salt, tag] = PHC.exec(hash) ?? [];
  if (salt === undefined || tag === undefined) throw new Error('A stored key hash is not argon2id in PHC form');
  const expected = Buffer.from(tag, 'base64');
  const actual = await derive({
    message: secret,
    nonce: Buffer.from(salt, 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(lanes),
    tagLength: expected.length,
  });
  return timingSafeEqual(actual, expected);
}

function derive(parameters: Argon2Parameters): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, tag) => (error === null ? resolve(tag) : reject(error)));
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}
