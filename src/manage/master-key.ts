/**
 * A new master key in place of the one there is, while a daemon runs over the same data directory. A crash at any step
 * leaves every secret readable, because the old key stays until nothing is sealed with it; called again, it goes on from
 * there. What seals meanwhile, in this process or another, looks at the key file each time and so takes the new one; what
 * was sealed before and comes to be stored after, the store refuses once the old key is retired.
 */

import { AUDIT_PURPOSE, type AuditActor } from '../core/audit-entry.ts';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { keyIdOf, sealedBy, type Vault } from '../core/vault.ts';
import { tryLock } from '../db/datadir/lock.ts';
import {
  dropPreviousKey,
  fileKeys,
  type MasterKeyFiles,
  type MasterKeyRing,
  replaceMasterKey,
} from '../db/datadir/master-key.ts';
import { sealedTexts } from '../db/verbs/sealed-texts.ts';
import type { Store } from '../db/verbs/store.ts';
import type { Audit } from './audit/audit.ts';

export interface MasterKeyRotation {
  /** The key that seals now. */
  readonly keyId: string;
  /** The one before. */
  readonly previousKeyId: string;
  /** An earlier rotation had not come to its end; no new key was made. */
  readonly resumed: boolean;
  /** Texts sealed anew. */
  readonly resealed: number;
  /** Texts that no key here opens; they stay as they are, and so does the old key. */
  readonly unreadable: readonly { readonly context: string; readonly reason: string }[];
  /** Whether nothing needs the old key any more. */
  readonly done: boolean;
}

export interface RotationDeps {
  readonly store: Pick<Store, 'seals'>;
  readonly vault: Vault;
  readonly files: MasterKeyFiles;
  readonly masterKeys: MasterKeyRing;
  readonly audit: Audit;
  readonly actor: AuditActor;
  readonly clock: Pick<Clock, 'after'>;
}

interface RotationOptions {
  /** How long a running daemon may take to read anew what it read while the old key sealed it. */
  readonly settleMs: number;
}

/** Refuses with `conflict` while another rotation of the same key runs: of two new keys one would be lost. */
export async function rotateMasterKey(deps: RotationDeps, options: RotationOptions): Promise<MasterKeyRotation> {
  const lock = tryLock(`${deps.files.masterKey}.lock`);
  if (lock === undefined) throw new IepError('conflict', 'Another rotation of the master key is under way');
  try {
    return await rotate(deps, options);
  } finally {
    lock.release();
  }
}

async function rotate(deps: RotationDeps, { settleMs }: RotationOptions): Promise<MasterKeyRotation> {
  const { store, vault, files, masterKeys, clock } = deps;
  const begun = masterKeys.source === 'file' ? await beginInFile(files) : beginOutside(masterKeys);
  // It may have been retired once, and be given again from outside.
  await store.seals.reinstateKey(vault.keyId);
  const first = await resealAll(store, vault);
  await deps.audit.record({
    actor: deps.actor,
    source: 'local',
    action: 'master-key.rotate',
    outcome: 'done',
    target: vault.keyId,
    changes: { previousKeyId: begun.previousKeyId, resumed: begun.resumed, resealed: first.resealed },
  });
  if (settleMs > 0) {
    await new Promise<void>((resolve) => {
      clock.after(settleMs, resolve);
    });
  }
  const rest = await resealRest(store, vault);
  const done = rest.unreadable.length === 0;
  if (done && masterKeys.source === 'file') await dropPreviousKey(files);
  return { keyId: vault.keyId, ...begun, ...rest, resealed: first.resealed + rest.resealed, done };
}

/** Until the store has retired the old keys, which it does in a commit that finds nothing sealed with them. */
async function resealRest(store: Pick<Store, 'seals'>, vault: Vault): Promise<Resealed> {
  let resealed = 0;
  for (;;) {
    const pass = await resealAll(store, vault);
    resealed += pass.resealed;
    if (pass.unreadable.length > 0 || (await store.seals.retireKeys(vault.derive(AUDIT_PURPOSE)))) {
      return { resealed, unreadable: pass.unreadable };
    }
  }
}

/** The key that a rotation begun now would put away: of one that was interrupted, the one it had replaced already. */
export function keyToRetire({ files, masterKeys }: Pick<RotationDeps, 'files' | 'masterKeys'>): Uint8Array {
  const [current, previous] = masterKeys.source === 'file' ? fileKeys(files) : masterKeys.keys();
  return previous ?? current ?? masterKeys.keys()[0];
}

type Begun = Pick<MasterKeyRotation, 'previousKeyId' | 'resumed'>;
type Resealed = Pick<MasterKeyRotation, 'resealed' | 'unreadable'>;

async function beginInFile(files: MasterKeyFiles): Promise<Begun> {
  const [current, previous] = fileKeys(files);
  if (current === undefined) throw new IepError('bad_config', `${files.masterKey} holds no master key.`);
  const unfinished = previous !== undefined && keyIdOf(previous) !== keyIdOf(current);
  if (!unfinished) await replaceMasterKey(files);
  return { previousKeyId: keyIdOf(unfinished ? previous : current), resumed: unfinished };
}

/** The key is somebody else's to change; here what is sealed follows. */
function beginOutside(masterKeys: MasterKeyRing): Begun {
  const [, previous] = masterKeys.keys();
  if (previous !== undefined) return { previousKeyId: keyIdOf(previous), resumed: false };
  throw new IepError(
    'conflict',
    `The master key comes from the ${masterKeys.source}, and there is no other to open with`,
    {
      extra: {
        hint: 'Put a new key in its place and the old one into IEP_MASTER_KEY_PREVIOUS (or the credential iep-master-key-previous), restart the daemon, then run this again.',
      },
    },
  );
}

/** In small commits, each text only where it is still as it was read. */
async function resealAll(store: Pick<Store, 'seals'>, vault: Vault): Promise<Resealed> {
  const unreadable: { context: string; reason: string }[] = [];
  let resealed = 0;
  for await (const page of sealedTexts(store)) {
    const texts = page.filter(({ sealed }) => sealedBy(sealed) !== vault.keyId);
    for (let at = 0; at < texts.length; at += AT_ONCE) {
      const changes = texts.slice(at, at + AT_ONCE).flatMap((text) => {
        try {
          return [{ ...text, anew: vault.seal(vault.open(text.sealed, text.context), text.context) }];
        } catch (error) {
          if (!(error instanceof IepError)) throw error;
          unreadable.push({ context: text.context, reason: error.message });
          return [];
        }
      });
      resealed += await store.seals.reseal(changes);
    }
  }
  return { resealed, unreadable };
}

const AT_ONCE = 100;
