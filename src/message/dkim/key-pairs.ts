/**
 * New key pairs for DKIM, as text. An RSA key costs a tenth of a second of a processor, or much more on a busy machine: the
 * daemon makes them in a thread of their own, not in the pool that files and logins share.
 */

import { generateKeyPairSync, type KeyObject } from 'node:crypto';

export interface KeyPairText {
  /** As DNS has it: base64. */
  readonly publicKey: string;
  /** PEM. */
  readonly privateKey: string;
}

export interface KeyPairs {
  readonly rsa: KeyPairText;
  readonly ed25519: KeyPairText;
}

export type MakeKeyPairs = () => Promise<KeyPairs>;

export function keyPairs(): KeyPairs {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ed25519 = generateKeyPairSync('ed25519');
  return {
    rsa: {
      publicKey: rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      privateKey: pem(rsa.privateKey),
    },
    ed25519: { publicKey: bareEd25519(ed25519.publicKey), privateKey: pem(ed25519.privateKey) },
  };
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The 32 bytes of the key itself, without the structure around them (RFC 8463 §4.2). */
function bareEd25519(key: KeyObject): string {
  const { x = '' } = key.export({ format: 'jwk' });
  return Buffer.from(x, 'base64url').toString('base64');
}
