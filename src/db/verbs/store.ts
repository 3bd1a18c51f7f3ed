/**
 * The store's verbs. Each returns a promise and is exactly one transaction; none hands a transaction out.
 * A verb that belongs to a tenant takes the tenant's id and touches no other tenant's rows.
 * A promise of a writing verb resolves only after the commit is on disk (fsync).
 * Any verb rejects with the refusal `store_unavailable` when the disk is full, the database is locked or broken;
 * then nothing of it was written. The same where its `signal` aborts before it has begun, or while it reads.
 */

import type { AuditVerbs } from './audit.ts';
import type { ChoreVerbs } from './chores.ts';
import type { ContentVerbs } from './content.ts';
import type { DomainVerbs } from './domains.ts';
import type { EventVerbs } from './events.ts';
import type { FeedbackVerbs } from './feedback.ts';
import type { FileCare } from './file-care.ts';
import type { KeyVerbs } from './keys.ts';
import type { MessageVerbs } from './messages.ts';
import type { OutboxVerbs } from './outbox.ts';
import type { ProviderVerbs } from './providers.ts';
import type { SealVerbs } from './seals.ts';
import type { SuppressionVerbs } from './suppressions.ts';
import type { TallyVerbs } from './tallies.ts';
import type { TenantVerbs } from './tenants.ts';
import type { WebhookVerbs } from './webhooks.ts';

export interface Store
  extends AuditVerbs,
    ChoreVerbs,
    ContentVerbs,
    DomainVerbs,
    EventVerbs,
    FeedbackVerbs,
    FileCare,
    KeyVerbs,
    MessageVerbs,
    OutboxVerbs,
    ProviderVerbs,
    SealVerbs,
    SuppressionVerbs,
    TallyVerbs,
    TenantVerbs,
    WebhookVerbs {
  /** A round trip through the writer, for readiness. */
  ping(): Promise<void>;
  /**
   * Calls `fn` soon (within 100 ms) after any commit of another process, and at once after commits of this one that
   * leave work or events. Several commits may be told as one. The returned function ends it.
   */
  onChange(fn: (change: { readonly own: boolean }) => void): () => void;
  /** Finishes what was asked to be written, then closes; reads that are under way are refused. */
  close(): Promise<void>;
}

/** What the store tells the metrics. */
export interface StoreObserver {
  /** One commit: operations in it, and its duration in ms, fsync included. */
  committed(operations: number, durationMs: number): void;
  /** The database was found to be damaged. Told once; from then on nothing is accepted and nothing is claimed. */
  damaged?(refusal: unknown): void;
}
