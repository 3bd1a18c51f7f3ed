/** New DKIM keys: one RSA-2048, which every verifier knows, and one Ed25519 (RFC 8463 §4 advises to sign with both). */

import type { NewId } from '../../core/ids.ts';
import type { Vault } from '../../core/vault.ts';
import type { DkimKey, DkimState, SealedDkimKey } from '../../db/verbs/domains.ts';
import type { MakeKeyPairs } from './key-pairs.ts';

export async function makeDkimKeys(
  deps: { readonly vault: Vault; readonly newId: NewId; readonly makeKeyPairs: MakeKeyPairs },
  options: { readonly slot: string; readonly state: DkimState; readonly now: number },
): Promise<readonly SealedDkimKey[]> {
  const { vault, newId } = deps;
  const { slot, state, now } = options;
  const { rsa, ed25519 } = await deps.makeKeyPairs();
  const common = { slot, state, createdAt: now, ...(state === 'active' && { activatedAt: now }) };
  const rsaId = newId();
  const ed25519Id = newId();
  return [
    {
      ...{ ...common, id: rsaId, selector: slot, algorithm: 'rsa-sha256', publicKey: rsa.publicKey },
      privateKey: vault.seal(rsa.privateKey, dkimContext(rsaId)),
    },
    {
      ...{ ...common, id: ed25519Id, selector: `${slot}-ed25519`, algorithm: 'ed25519-sha256' },
      publicKey: ed25519.publicKey,
      privateKey: vault.seal(ed25519.privateKey, dkimContext(ed25519Id)),
    },
  ];
}

/** Where in the vault the private half of a key belongs. */
export function dkimContext(keyId: string): string {
  return `dkim:${keyId}`;
}

/** The text of a key's DNS record. */
export function dkimRecord({ algorithm, publicKey }: Pick<DkimKey, 'algorithm' | 'publicKey'>): string {
  return `v=DKIM1; k=${algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519'}; p=${publicKey}`;
}
