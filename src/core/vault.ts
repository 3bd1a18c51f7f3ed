/**
 * Secrets at rest: AES-256-GCM under a master key (seed 001 §15). A sealed text names the key that sealed it, so that keys
 * can be changed while old texts can still be opened, and is bound to its context, so that it opens nowhere else.
 */

import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { IepError } from './errors.ts';

/** 32 bytes each; the first seals, all open. */
export type MasterKeys = readonly [Uint8Array, ...Uint8Array[]];

/** The master keys there are at this moment: asked for each time, because a rotation changes them under a running daemon. */
export interface KeyRing {
  keys(): MasterKeys;
}

/** A key for one purpose, made from a master key. It tells nothing of that. */
export interface DerivedKey {
  /** Id of the master key. */
  readonly keyId: string;
  readonly key: Uint8Array;
}

export interface Vault {
  /** Id of the key that seals now. */
  readonly keyId: string;
  /** `context` says what it is for, such as `webhook:<id>`; the same must be said to open it. */
  seal(text: string, context: string): string;
  /** Refuses with `secret_unreadable` where the key is gone, the context is another, or the text was changed. */
  open(sealed: string, context: string): string;
  /** Keys for that purpose from each master key there is; that of the one that seals now is the first. */
  derive(purpose: string): readonly [DerivedKey, ...DerivedKey[]];
}

const FORM = 'v1';
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

export function createVault(source: MasterKeys | KeyRing): Vault {
  const ring = isRing(source) ? source : { keys: () => source };
  const current = () => ring.keys()[0];
  const byId = (keyId: string) => ring.keys().find((key) => keyIdOf(key) === keyId);

  const deriveFrom = (key: Uint8Array, purpose: string): DerivedKey => ({
    keyId: keyIdOf(key),
    key: new Uint8Array(hkdfSync('sha256', key, '', `iep ${purpose}`, 32)),
  });

  return {
    get keyId() {
      return keyIdOf(current());
    },
    seal(text, context) {
      const key = current();
      const nonce = randomBytes(NONCE_LENGTH);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${FORM}.${keyIdOf(key)}.${sealed.toString('base64url')}`;
    },
    open(sealed, context) {
      const [form, keyId = '', payload = ''] = sealed.split('.');
      const key = form === FORM ? byId(keyId) : undefined;
      if (key === undefined) {
        const named = form === FORM ? `the master key ${keyId}, which is not here` : 'no master key of IEP';
        throw new IepError('secret_unreadable', `A stored secret was sealed with ${named}`);
      }
      const bytes = Buffer.from(payload, 'base64url');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_LENGTH))
          .setAAD(Buffer.from(context))
          .setAuthTag(bytes.subarray(-TAG_LENGTH));
        const text = decipher.update(bytes.subarray(NONCE_LENGTH, -TAG_LENGTH));
        return Buffer.concat([text, decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new IepError('secret_unreadable', 'A stored secret was changed, or was sealed for something else', {
          cause,
        });
      }
    },
    derive(purpose) {
      const [first, ...others] = ring.keys();
      return [deriveFrom(first, purpose), ...others.map((key) => deriveFrom(key, purpose))];
    },
  };
}

function isRing(source: MasterKeys | KeyRing): source is KeyRing {
  return !Array.isArray(source);
}

/** Id of the key that sealed a text; undefined when it is not a sealed text. */
export function sealedBy(sealed: string): string | undefined {
  const [form, keyId] = sealed.split('.');
  return form === FORM ? keyId : undefined;
}

/** What all texts begin with that this key sealed. */
export function sealedPrefix(keyId: string): string {
  return `${FORM}.${keyId}.`;
}

/** Names a key without telling anything of it. */
export function keyIdOf(key: Uint8Array): string {
  return createHash('sha256').update('iep master key').update(key).digest('hex').slice(0, 8);
}
