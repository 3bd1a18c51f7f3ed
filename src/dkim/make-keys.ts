/** New DKIM keys: one RSA-2048, which every verifier knows, and one Ed25519 (RFC 8463 §4 advises to sign with both). */

import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { NewId } from '../core/ids.ts';
import type { Vault } from '../core/vault.ts';
import type { DkimKey, DkimState, SealedDkimKey } from '../db/domain-store.ts';

const generate = promisify(generateKeyPair);

export async function makeDkimKeys(
  { vault, newId }: { readonly vault: Vault; readonly newId: NewId },
  options: { readonly slot: string; readonly state: DkimState; readonly now: number },
): Promise<readonly SealedDkimKey[]> {
  const { slot, state, now } = options;
  const [rsa, ed25519] = await Promise.all([generate('rsa', { modulusLength: 2048 }), generate('ed25519')]);
  const common = { slot, state, createdAt: now, ...(state === 'active' && { activatedAt: now }) };
  const sealed = (key: KeyObject, id: string) =>
    vault.seal(key.export({ type: 'pkcs8', format: 'pem' }).toString(), dkimPlace(id));
  const rsaId = newId();
  const ed25519Id = newId();
  return [
    {
      ...{ ...common, id: rsaId, selector: slot, algorithm: 'rsa-sha256' },
      publicKey: rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      privateKey: sealed(rsa.privateKey, rsaId),
    },
    {
      ...{ ...common, id: ed25519Id, selector: `${slot}-ed25519`, algorithm: 'ed25519-sha256' },
      publicKey: bareEd25519(ed25519.publicKey),
      privateKey: sealed(ed25519.privateKey, ed25519Id),
    },
  ];
}

/** Where in the vault the private half of a key belongs. */
export function dkimPlace(keyId: string): string {
  return `dkim:${keyId}`;
}

/** The 32 bytes of the key itself, without the structure around them (RFC 8463 §4.2). */
function bareEd25519(key: KeyObject): string {
  const { x = '' } = key.export({ format: 'jwk' });
  return Buffer.from(x, 'base64url').toString('base64');
}

/** The text of a key's DNS record. */
export function dkimRecord({ algorithm, publicKey }: Pick<DkimKey, 'algorithm' | 'publicKey'>): string {
  return `v=DKIM1; k=${algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519'}; p=${publicKey}`;
}
