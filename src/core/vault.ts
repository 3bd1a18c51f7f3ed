/**
 * Secrets at rest: AES-256-GCM under a master key (seed 001 §15). A sealed text names the key that sealed it, so that keys
 * can be changed while old texts can still be opened, and is bound to its place, so that it opens nowhere else.
 */

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { IepError } from './errors.ts';

export interface Vault {
  /** Id of the key that seals now. */
  readonly keyId: string;
  /** `place` says what it is for, such as `webhook:<id>`; the same must be said to open it. */
  seal(text: string, place: string): string;
  /** Refuses with `secret_unreadable` where the key is gone, the place is another, or the text was changed. */
  open(sealed: string, place: string): string;
}

const FORM = 'v1';
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** `keys`: 32 bytes each; the first seals, all open. */
export function createVault(keys: readonly [Uint8Array, ...Uint8Array[]]): Vault {
  const byId = new Map(keys.map((key) => [keyIdOf(key), key]));
  const [current] = keys;
  const currentId = keyIdOf(current);

  return {
    keyId: currentId,
    seal(text, place) {
      const nonce = randomBytes(NONCE_LENGTH);
      const cipher = createCipheriv('aes-256-gcm', current, nonce).setAAD(Buffer.from(place));
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${FORM}.${currentId}.${sealed.toString('base64url')}`;
    },
    open(sealed, place) {
      const [form, keyId = '', payload = ''] = sealed.split('.');
      const key = byId.get(keyId);
      if (form !== FORM || key === undefined) {
        throw new IepError(
          'secret_unreadable',
          `A stored secret was sealed with the master key ${keyId}, which is not here`,
        );
      }
      const bytes = Buffer.from(payload, 'base64url');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_LENGTH))
          .setAAD(Buffer.from(place))
          .setAuthTag(bytes.subarray(-TAG_LENGTH));
        const text = decipher.update(bytes.subarray(NONCE_LENGTH, -TAG_LENGTH));
        return Buffer.concat([text, decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new IepError('secret_unreadable', 'A stored secret was changed, or belongs to another place', { cause });
      }
    },
  };
}

/** Id of the key that sealed a text; undefined when it is not a sealed text. */
export function sealedBy(sealed: string): string | undefined {
  const [form, keyId] = sealed.split('.');
  return form === FORM ? keyId : undefined;
}

/** Names a key without telling anything of it. */
export function keyIdOf(key: Uint8Array): string {
  return createHash('sha256').update('iep master key').update(key).digest('hex').slice(0, 8);
}
