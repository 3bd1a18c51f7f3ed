/** Sealed secrets and the audit log: whether the first open, and the second is whole. */

import { counted } from '../../core/counted.ts';
import { keyIdOf, sealedBy, type Vault } from '../../core/vault.ts';
import type { MasterKeyRing } from '../../db/datadir/master-key.ts';
import { sealedTexts } from '../../db/verbs/sealed-texts.ts';
import type { Store } from '../../db/verbs/store.ts';
import { verifyAudit } from '../audit/verify.ts';
import { broken, type Finding, ok, warning } from './finding.ts';

export interface Sealed {
  readonly store: Store;
  readonly vault: Vault;
  readonly masterKeys: MasterKeyRing;
}

/** Entries looked at; `iep audit verify` looks at all. */
const LATEST = 10_000;

export async function* checkSecrets({ masterKeys, store, vault }: Sealed): AsyncGenerator<Finding> {
  const here = new Set(masterKeys.keys().map(keyIdOf));
  const byKey = new Map<string, number>();
  for await (const page of sealedTexts(store)) {
    for (const keyId of page.map(({ sealed }) => sealedBy(sealed) ?? '')) byKey.set(keyId, (byKey.get(keyId) ?? 0) + 1);
  }
  const countOf = (all: readonly (readonly [string, number])[]) => all.reduce((sum, [, count]) => sum + count, 0);
  const lost = [...byKey].filter(([keyId]) => !here.has(keyId));
  if (lost.length > 0) {
    const keys = lost.map(([keyId]) => keyId).join(', ');
    const advice = 'Bring that key back (IEP_MASTER_KEY_PREVIOUS takes it), or set those secrets anew.';
    yield broken('secrets', `${countOf(lost)} are sealed with the master key ${keys}, which is not here`, advice);
  } else if (masterKeys.source === 'file' && here.size > 1) {
    yield warning('secrets', 'a rotation of the master key was interrupted', 'End it: iep key master rotate.');
  } else {
    yield ok('secrets', `${countOf([...byKey])}, master key ${vault.keyId} from the ${masterKeys.source}`);
  }
}

export async function checkAudit({ store, vault }: Sealed): Promise<Finding> {
  const head = await store.audit.head();
  const { entries, breaks } = await verifyAudit({ store, vault }, { from: Math.max(1, (head?.seq ?? 0) - LATEST) });
  const [first] = breaks;
  if (first === undefined) return ok('audit log', `${counted(entries, 'entry', 'entries')}, intact`);
  const advice = 'See iep audit verify; compare with a backup and the lines `audit` of the log.';
  return broken('audit log', `entry ${first.seq}: ${first.reason}`, advice);
}
