/**
 * An entry of the audit log, and how entries are chained: each holds the hash of the one before, so that what was
 * changed, put in or taken out shows. The newest hash is kept apart under a key (`AuditHead`), so that a cut end does too.
 */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { DerivedKey } from './vault.ts';

/**
 * `tenant`, `operator`: by a key. `person`: somebody signed in, with a role of the platform; `member`: with one of a tenant.
 * `recipient`: who has the link of a mail. `local`: a user of the machine, at the command line. `system`: the daemon itself.
 */
export const actorKinds = ['tenant', 'operator', 'person', 'member', 'recipient', 'local', 'system'] as const;
export type ActorKind = (typeof actorKinds)[number];

export interface AuditActor {
  readonly kind: ActorKind;
  /** A key's id; a person's; a subscriber's, or the address of a recipient who is none; the name of a user of the machine; a part of the daemon. */
  readonly id: string;
  /** For people: a key's prefix and name; an e-mail address. */
  readonly name?: string;
}

/** Whether it acts for one tenant, with no more rights than that has. */
export function isOfTenant({ kind }: AuditActor): boolean {
  return kind === 'tenant' || kind === 'member';
}

export interface AuditEntry {
  readonly at: number;
  readonly actor: AuditActor;
  /** The address that the call came from, or `local`. */
  readonly source: string;
  /** What was done to what, whichever caller did it: `tenant.set`, `master-key.rotate`. */
  readonly action: string;
  /** `done`, or the code of the refusal. */
  readonly outcome: string;
  /** Slug of the tenant whose things it was about. */
  readonly tenant?: string;
  /** What was changed: an id, a slug. */
  readonly target?: string;
  /** The same as in the log and in the answer. */
  readonly requestId?: string;
  /** JSON: what changed, without secrets. */
  readonly detail: string;
}

export interface AuditRecord extends AuditEntry {
  /** From 1 on, without a gap. */
  readonly seq: number;
  /** Empty for the first. */
  readonly previousHash: string;
  readonly hash: string;
}

/** The end of the chain, vouched for by the master key. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
  /** The master key whose derived key made `mac`. */
  readonly keyId: string;
  readonly mac: string;
}

export const AUDIT_PURPOSE = 'audit log';

/** SHA-256 over all of an entry, in an order that never changes. */
export function auditHash(record: Omit<AuditRecord, 'hash'>): string {
  const { actor } = record;
  const canonical = JSON.stringify([
    record.seq,
    record.at,
    actor.kind,
    actor.id,
    actor.name ?? null,
    record.source,
    record.action,
    record.outcome,
    record.tenant ?? null,
    record.target ?? null,
    record.requestId ?? null,
    record.detail,
    record.previousHash,
  ]);
  return createHash('sha256').update(canonical).digest('hex');
}

export function sealHead({ seq, hash }: { seq: number; hash: string }, { keyId, key }: DerivedKey): AuditHead {
  return { seq, hash, keyId, mac: macOf(seq, hash, key) };
}

/** Whether it was made with one of these keys; `unknown` where that key is not among them. */
export function checkHead(head: AuditHead, keys: readonly DerivedKey[]): 'right' | 'wrong' | 'unknown' {
  const derived = keys.find(({ keyId }) => keyId === head.keyId);
  if (derived === undefined) return 'unknown';
  const expected = Buffer.from(macOf(head.seq, head.hash, derived.key), 'hex');
  const actual = Buffer.from(head.mac, 'hex');
  return actual.length === expected.length && timingSafeEqual(actual, expected) ? 'right' : 'wrong';
}

function macOf(seq: number, hash: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(`${seq} ${hash}`).digest('hex');
}
