/** Sealed secrets and the audit log: whether the first open, and the second is whole. */

import { counted } from '../../core/counted.ts';
import { keyIdOf, sealedBy, type Vault } from '../../core/vault.ts';
import type { MasterKeyRing } from '../../db/datadir/master-key.ts';
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
  const sealed = (await store.seals.list()).map(({ sealed: text }) => sealedBy(text) ?? '');
  const lost = sealed.filter((keyId) => !here.has(keyId));
  if (lost.length > 0) {
    const keys = [...new Set(lost)].join(', ');
    const advice = 'Bring that key back (IEP_MASTER_KEY_PREVIOUS takes it), or set those secrets anew.';
    yield broken('secrets', `${lost.length} are sealed with the master key ${keys}, which is not here`, advice);
  } else if (masterKeys.source === 'file' && here.size > 1) {
    yield warning('secrets', 'a rotation of the master key was interrupted', 'End it: iep key master rotate.');
  } else {
    yield ok('secrets', `${sealed.length}, master key ${vault.keyId} from the ${masterKeys.source}`);
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
