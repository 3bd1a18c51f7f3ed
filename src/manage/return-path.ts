/**
 * The return paths of mail that leaves, and who is meant by mail that comes to one. The key that signs is derived from the master
 * key. It is kept in the store before it signs anything, so that what is under way is known again after a new master key.
 */

import type { Directory } from '../access/directory.ts';
import { domainOf } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import type { Message } from '../core/message.ts';
import { type ReadReturnPath, readReturnPath, writeReturnPath } from '../core/return-path.ts';
import type { Vault } from '../core/vault.ts';
import type { KeptTokens } from '../message/providers/oauth2/token-keeper.ts';

type Sent = Pick<Message, 'id' | 'tenantId' | 'envelopeFrom' | 'content'>;

export interface ReturnPaths {
  /** The return path of each recipient; undefined where the message keeps its own envelope sender. At once without a domain. */
  of(message: Sent): Promise<((position: number) => string) | undefined> | undefined;
  /** Undefined without a domain. */
  reader(): Promise<ReadReturnPath | undefined>;
}

export interface ReturnPathDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly vault: Pick<Vault, 'keyId' | 'derive'>;
  readonly directory: Pick<Directory, 'byId'>;
  readonly kept: KeptTokens;
}

/** Read at each use. */
export interface ReturnPathOptions {
  /** In lower case. */
  readonly domain?: string | undefined;
}

interface KeptKey {
  /** Of the master key. */
  readonly keyId: string;
  readonly key: Uint8Array;
  /** When it began to sign; epoch ms. */
  readonly since: number;
}

const PURPOSE = 'return path';
/** What it is kept as; no provider can have this name. */
const KEPT_AS = 'return path';
/** After another one signs: mail is tried for five days, and its reports for five more. */
const KEPT_FOR_MS = 30 * 86_400_000;

export function createReturnPaths(deps: ReturnPathDeps, options: ReturnPathOptions): ReturnPaths {
  const { clock, vault, directory, kept } = deps;
  /** Newest first. */
  let known: readonly KeptKey[] = [];
  let keeping: Promise<unknown> | undefined;

  const readKept = async () => keysIn(await kept.read(KEPT_AS));

  async function keep(): Promise<void> {
    const [{ keyId, key }] = vault.derive(PURPOSE);
    const now = clock.now();
    const before = await readKept();
    if (before[0]?.keyId === keyId) {
      known = before;
      return;
    }
    const others = before.filter(
      (one, at) => one.keyId !== keyId && (before[at - 1]?.since ?? now) > now - KEPT_FOR_MS,
    );
    const all = [{ keyId, key, since: now }, ...others];
    await kept.write?.(KEPT_AS, JSON.stringify(all.map((one) => ({ ...one, key: toText(one.key) }))));
    known = all;
  }

  async function signingKey(): Promise<Uint8Array> {
    for (;;) {
      const [newest] = known;
      if (newest?.keyId === vault.keyId) return newest.key;
      keeping ??= keep().finally(() => {
        keeping = undefined;
      });
      await keeping;
    }
  }

  async function senderFor(message: Sent, domain: string) {
    if (!(await isOurs(message))) return undefined;
    const key = await signingKey();
    return (position: number) => writeReturnPath({ messageId: message.id, position }, { key, domain });
  }

  /** What comes whole may be passed on for others, who want to hear of it themselves. */
  async function isOurs({ content, envelopeFrom, tenantId }: Sent): Promise<boolean> {
    if (envelopeFrom === '') return false;
    if (content.kind === 'parts') return true;
    const own = (await directory.byId(tenantId))?.senderDomains ?? [];
    const domain = domainOf(envelopeFrom);
    return own.length === 0 || own.some((one) => domain === one || domain.endsWith(`.${one}`));
  }

  return {
    of(message) {
      const { domain } = options;
      return domain === undefined ? undefined : senderFor(message, domain);
    },
    async reader() {
      const { domain } = options;
      if (domain === undefined) return undefined;
      const keys = [...vault.derive(PURPOSE), ...(await readKept())].map(({ key }) => key);
      return (address) => readReturnPath(address, { keys, domain });
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
