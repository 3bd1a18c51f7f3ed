/** Goes over the audit log from its first entry and says where the chain does not hold. */

import { AUDIT_PURPOSE, type AuditHead, type AuditRecord, auditHash, checkHead } from '../../core/audit-entry.ts';
import type { Vault } from '../../core/vault.ts';
import type { StorePart } from '../../db/verbs/store.ts';

export interface Break {
  /** The entry at which it shows. */
  readonly seq: number;
  readonly reason: string;
}

export interface AuditVerdict {
  /** Entries looked at. */
  readonly entries: number;
  /** The last entry there is, for keeping elsewhere. */
  readonly head: { readonly seq: number; readonly hash: string } | undefined;
  readonly breaks: readonly Break[];
}

const PAGE = 1_000;
/** The first entry may be written so much later than what it tells of was made. */
const LATE_MS = 60_000;
/** More breaks than anyone reads. */
const MAX_BREAKS = 100;

/** `from`: the first entry to look at; what is before it is taken as it is. */
export async function verifyAudit(
  deps: { store: StorePart<'audit.after' | 'audit.head' | 'audit.oldestMade'>; vault: Pick<Vault, 'derive'> },
  { from }: { from: number },
): Promise<AuditVerdict> {
  const { store, vault } = deps;
  const breaks: Break[] = [];
  const found = (seq: number, reason: string) => {
    if (breaks.length < MAX_BREAKS) breaks.push({ seq, reason });
  };
  let entries = 0;
  let first: AuditRecord | undefined;
  let last: AuditRecord | undefined;
  let atHead: AuditRecord | undefined;

  /** All entries that are there by now. */
  async function walk(head: AuditHead | undefined): Promise<void> {
    for (;;) {
      const page = await store.audit.after({ seq: last?.seq ?? from - 1, limit: PAGE });
      for (const record of page) {
        checkLink(record, last, from, found);
        if (record.seq === head?.seq) atHead = record;
        first ??= record;
        last = record;
        entries += 1;
      }
      if (page.length < PAGE) return;
    }
  }

  const made = from === 1 ? await store.audit.oldestMade() : undefined;
  await walk(undefined);
  const head = await store.audit.head();
  if (last !== undefined && last.seq === head?.seq) atHead = last;
  // What was added meanwhile: the head that was read is of that.
  await walk(head);
  if (made !== undefined) checkBeginning({ first, head, made }, found);
  checkEnd({ head, atHead, last, from, keys: vault.derive(AUDIT_PURPOSE) }, found);
  return { entries, head: last && { seq: last.seq, hash: last.hash }, breaks };
}

type Found = (seq: number, reason: string) => void;

function checkLink(record: AuditRecord, before: AuditRecord | undefined, from: number, found: Found): void {
  const { seq, hash, ...rest } = record;
  const expected = before === undefined ? from : before.seq + 1;
  if (auditHash({ ...rest, seq }) !== hash) found(seq, 'it was changed after it was written');
  else if (seq !== expected) {
    const gap = seq - 1 === expected ? `entry ${expected} is` : `entries ${expected} to ${seq - 1} are`;
    found(seq, `${gap} missing before it`);
  } else if (before === undefined ? from === 1 && rest.previousHash !== '' : rest.previousHash !== before.hash) {
    const why = 'it begins a chain of its own: no key here vouched for the end of the one before';
    found(seq, rest.previousHash === '' ? why : 'it does not follow from the entry before it');
  }
}

/** A log that was emptied together with its head is whole in itself; but what it must tell of is still there. */
function checkBeginning(
  { first, head, made }: { first: AuditRecord | undefined; head: AuditHead | undefined; made: number },
  found: Found,
): void {
  const reason = 'entries were removed, or could not be written: there are tenants, keys or providers';
  if (first === undefined && head === undefined) found(1, `${reason}, and the log is empty`);
  else if (first !== undefined && first.at > made + LATE_MS)
    found(first.seq, `${reason} that are older than this entry`);
}

function checkEnd(
  end: {
    head: AuditHead | undefined;
    atHead: AuditRecord | undefined;
    last: AuditRecord | undefined;
    from: number;
    keys: Parameters<typeof checkHead>[1];
  },
  found: Found,
): void {
  const { head, atHead, last, from, keys } = end;
  if (head === undefined) {
    if (last !== undefined) found(last.seq, 'the record of the last entry is missing, so that a cut would not show');
    return;
  }
  const verdict = checkHead(head, keys);
  if (verdict === 'wrong') found(head.seq, 'the record of the last entry was not made by IEP');
  if (verdict === 'unknown') {
    found(head.seq, `the record of the last entry was made under the master key ${head.keyId}, which is not here`);
  }
  const lastSeq = last?.seq ?? from - 1;
  if (lastSeq < head.seq) found(lastSeq + 1, `entries ${lastSeq + 1} to ${head.seq} are missing at the end`);
  else if (atHead !== undefined && atHead.hash !== head.hash) found(head.seq, 'it is not the entry that was written');
}
