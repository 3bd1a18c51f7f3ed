/**
 * Keys that sign what leaves and comes back later: return paths, links in mail. One is derived from each master key, and is kept in
 * the store, sealed, before it signs anything: so what is under way is known again when its master key is gone.
 */

import type { Clock } from '../core/clock.ts';
import type { Vault } from '../core/vault.ts';
import type { KeptTokens } from '../message/providers/oauth2/token-keeper.ts';

export interface KeptKeys {
  /** The one that signs now. */
  signing(): Promise<Uint8Array>;
  /** Those that may have signed what comes back. */
  all(): Promise<readonly Uint8Array[]>;
}

export interface KeptKeyDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly vault: Pick<Vault, 'keyId' | 'derive'>;
  readonly kept: KeptTokens;
}

interface KeptKey {
  /** Of the master key. */
  readonly keyId: string;
  readonly key: Uint8Array;
  /** When it began to sign; epoch ms. */
  readonly since: number;
}

/** `purpose` is also what they are kept as; no provider can have a name with a space. `keptForMs`: after another one signs. */
export function createKeptKeys(
  { clock, vault, kept }: KeptKeyDeps,
  { purpose, keptForMs }: { purpose: string; keptForMs: number },
): KeptKeys {
  /** Newest first. */
  let known: readonly KeptKey[] = [];
  let keeping: Promise<unknown> | undefined;

  const readKept = async () => keysIn(await kept.read(purpose));

  async function keep(): Promise<void> {
    const [{ keyId, key }] = vault.derive(purpose);
    const now = clock.now();
    const before = await readKept();
    if (before[0]?.keyId === keyId) {
      known = before;
      return;
    }
    const others = before.filter((one, at) => one.keyId !== keyId && (before[at - 1]?.since ?? now) > now - keptForMs);
    const all = [{ keyId, key, since: now }, ...others];
    await kept.write?.(purpose, JSON.stringify(all.map((one) => ({ ...one, key: toText(one.key) }))));
    known = all;
  }

  return {
    async signing() {
      for (;;) {
        const [newest] = known;
        if (newest?.keyId === vault.keyId) return newest.key;
        keeping ??= keep().finally(() => {
          keeping = undefined;
        });
        await keeping;
      }
    },
    async all() {
      return [...vault.derive(purpose), ...(await readKept())].map(({ key }) => key);
    },
  };
}

function toText(key: Uint8Array): string {
  return Buffer.from(key).toString('base64url');
}

function keysIn(text: string | undefined): readonly KeptKey[] {
  const stored = JSON.parse(text ?? '[]') as readonly (Omit<KeptKey, 'key'> & { readonly key: string })[];
  return stored.map((one) => ({ ...one, key: Buffer.from(one.key, 'base64url') }));
}
