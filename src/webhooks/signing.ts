/**
 * Secrets of webhooks, and the two signatures that each post carries: `x-iep-signature`, an HMAC-SHA256 over the body whose
 * key is the secret's whole text, and those of Standard Webhooks, whose key is the decoded secret.
 */

import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
const MADE_BYTES = 32;
/** Standard Webhooks, "Signature scheme". */
const MIN_BYTES = 24;
const MAX_BYTES = 64;

export function newSecret(): string {
  return PREFIX + randomBytes(MADE_BYTES).toString('base64');
}

/** Whether a secret that a caller brings has the form of one. */
export function isSecret(text: string): boolean {
  if (!text.startsWith(PREFIX)) return false;
  const key = keyOf(text);
  // Decoding forgives what other libraries do not, hence the way back.
  return key.length >= MIN_BYTES && key.length <= MAX_BYTES && PREFIX + key.toString('base64') === text;
}

export interface Signable {
  /** The same on every try. */
  readonly id: string;
  /** Epoch ms of this try. */
  readonly at: number;
  readonly body: string;
}

/** `secrets`: the newest first; while one is being replaced both sign. */
export function sign({ id, at, body }: Signable, secrets: readonly [string, ...string[]]): Record<string, string> {
  const timestamp = String(Math.floor(at / 1_000));
  const signed = `${id}.${timestamp}.${body}`;
  const signatures = secrets.map((secret) => `v1,${hmac(keyOf(secret), signed).toString('base64')}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
    'x-iep-signature': `sha256=${hmac(secrets[0], body).toString('hex')}`,
  };
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice(PREFIX.length), 'base64');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
