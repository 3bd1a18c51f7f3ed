/**
 * The store's verbs. Each returns a promise and is exactly one transaction; none hands a transaction out.
 * A verb that belongs to a tenant takes the tenant's id and touches no other tenant's rows.
 * A promise of a writing verb resolves only after the commit is on disk (fsync).
 * Any verb rejects with the refusal `store_unavailable` when the disk is full, the database is locked or broken;
 * then nothing of it was written. The same where its `signal` aborts before it has begun, or while it reads.
 */

import type {
  EventType,
  Job,
  Json,
  Lane,
  Mailbox,
  Message,
  MessageEvent,
  RecipientKind,
  Rendered,
  Status,
} from '../../core/message.ts';
import type { OutcomeKind } from '../../core/outcome.ts';
import type { RateLimit, RateState, RateWindowName } from '../../core/rate-limit.ts';
import type { TenantSettings, TenantSettingsChange } from '../../core/tenant-settings.ts';
import type { AuditVerbs } from './audit.ts';
import type { ChoreVerbs } from './chores.ts';
import type { DomainVerbs } from './domains.ts';
import type { LeaseRequest } from './lease.ts';
import type { Page } from './page.ts';
import type { ProviderVerbs } from './providers.ts';
import type { ContentVerbs } from './retention.ts';
import type { SealVerbs } from './seals.ts';
import type { SetAside } from './set-aside.ts';
import type { SuppressionVerbs } from './suppressions.ts';
import type { WebhookVerbs } from './webhooks.ts';

// ---------------------------------------------------------------------------------------------------- the outbox

export interface NewMessage {
  readonly message: Message;
  readonly recipients: readonly { readonly address: string; readonly kind: RecipientKind }[];
  readonly idempotencyKey?: string;
  /** Hash of the payload; compared when the key comes again. */
  readonly idempotencyHash?: string;
}

/** What a tenant may submit; given only for one that has limits. */
export interface TenantRates {
  /** Epoch ms at which the messages are handed to the store: what the windows of the limits are counted by. */
  readonly now: number;
  readonly rates: readonly RateLimit[];
}

/** `rates`: where a tenant with limits stands after the whole call. */
export type AcceptResult = { readonly rates?: readonly RateState[] } & (
  | {
      readonly kind: 'accepted';
      /** Addresses on the tenant's suppression list now. */
      readonly suppressedRecipients: readonly string[];
      /** The entry, leased as asked; absent when it was not asked, or the queue is paused, or it is scheduled. */
      readonly job?: Job;
    }
  /** The idempotency key was used before; nothing was stored. */
  | {
      readonly kind: 'duplicate';
      readonly messageId: string;
      readonly status: Status;
      readonly suppressedRecipients: readonly string[];
      readonly samePayload: boolean;
    }
  /** A limit of the tenant is used up; nothing was stored or counted. */
  | {
      readonly kind: 'limited';
      readonly window: RateWindowName;
      readonly count: number;
      /** Until one message fits. */
      readonly retryAfterMs: number;
    }
);

export interface ClaimRequest extends LeaseRequest {
  readonly limit: number;
  /** Tenants whose way out is full or closed; left where they are. */
  readonly skipTenants: readonly string[];
}

export interface ClaimResult {
  readonly jobs: readonly Job[];
  /** Earliest time at which an entry that is not claimed now falls due; absent when none is waiting. */
  readonly nextDueAt?: number;
  /** Entries that could not be read. They are in the queue no more; absent when there was none. */
  readonly setAside?: readonly SetAside[];
}

export interface NewEvent {
  readonly type: EventType;
  readonly at: number;
  readonly recipient?: string;
  readonly data?: { readonly [name: string]: Json };
}

export interface AttemptRecord {
  readonly provider: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Worst outcome of the attempt. */
  readonly outcome: OutcomeKind;
  /** Last reply, one line. */
  readonly reply?: string;
  /** Whether it counts towards `maxAttempts`. */
  readonly counted: boolean;
  readonly providerMessageId?: string;
  /** What was said on the wire; kept of attempts that did not succeed. */
  readonly transcript?: string;
}

/** The end of one claim: written whole or, when the lease was lost, not at all. */
export interface Settlement {
  readonly tenantId: string;
  readonly messageId: string;
  readonly fence: number;
  readonly at: number;
  readonly status: Status;
  /** By position: the recipients this claim changed. */
  readonly recipients: readonly { readonly position: number; readonly status: Status; readonly reply?: string }[];
  /** Every provider that was tried, in order; at most one of them counts. */
  readonly attempts?: readonly AttemptRecord[];
  readonly events: readonly NewEvent[];
  /** When it is due again; absent when nothing is owed any more and the outbox entry goes. */
  readonly dueAt?: number;
  /** It becomes a dead letter: its attempts are used up, or nothing but a person can help. */
  readonly dead?: boolean;
  /** Epoch ms of the first accepted recipient. */
  readonly sentAt?: number;
  readonly lastError?: string;
  /** What rendering gave, where there was a rendering step. */
  readonly rendered?: Rendered;
  /** Exact bytes given to a provider that keeps them. */
  readonly kept?: Uint8Array;
}

// ------------------------------------------------------------------------------------------------- what is read

export interface RecipientView {
  readonly email: string;
  readonly kind: RecipientKind;
  readonly status: Status;
  readonly reply?: string;
  readonly updatedAt: number;
}

export interface MessageRow {
  readonly id: string;
  readonly tenantId: string;
  /** `processing` while an attempt holds the lease. */
  readonly status: Status;
  readonly from: Mailbox;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  /** Those of a whole message's envelope. */
  readonly rcpt: readonly string[];
  readonly subject: string;
  readonly category?: string;
  readonly tags: readonly string[];
  readonly lane: Lane;
  readonly groupId?: string;
  readonly provider?: string;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly dead: boolean;
  readonly lastError?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly scheduledAt?: number;
  readonly sentAt?: number;
  /** When it is tried next, while it is open. */
  readonly nextAttemptAt?: number;
}

export interface MessageDetail extends MessageRow {
  readonly door: Message['door'];
  readonly envelopeFrom: string;
  readonly replyTo?: string;
  readonly messageIdHeader: string;
  readonly idempotencyKey?: string;
  readonly metadata?: { readonly [name: string]: Json };
  readonly recipients: readonly RecipientView[];
  readonly attemptLog: readonly (AttemptRecord & { readonly number: number })[];
  readonly events: readonly MessageEvent[];
  readonly attachments: readonly {
    filename: string;
    contentType: string;
    size: number;
    contentId?: string;
    /** When its bytes were removed after their retention. */
    removedAt?: number;
  }[];
}

/** What was submitted and what was rendered. */
export interface StoredContent {
  readonly message: Message;
  readonly rendered?: Rendered;
  readonly kept?: Uint8Array;
  /** When bytes of it were removed after their retention: then it is not whole any more. */
  readonly removedAt?: number;
}

export interface MessageFilter {
  readonly status?: readonly Status[];
  /** A recipient's address, whole; or `@domain`. */
  readonly recipient?: string;
  readonly sender?: string;
  readonly createdFrom?: number;
  readonly createdBefore?: number;
  readonly category?: string;
  readonly tag?: string;
  readonly groupId?: string;
  /** Words sought in subject, addresses and id. */
  readonly q?: string;
  readonly dead?: boolean;
}

/** A message as it was when it was found; it is retried only while it is still that. */
export interface Retryable {
  readonly messageId: string;
  readonly status: Status;
  readonly dead: boolean;
}

export interface QueueRow {
  readonly tenantId: string;
  readonly tenantSlug: string;
  readonly lane: Lane;
  readonly waiting: number;
  readonly due: number;
  readonly leased: number;
  readonly scheduled: number;
  readonly oldestAt: number;
  readonly nextDueAt: number;
  readonly paused: boolean;
  /** False: the tenant is not active, so that what it has waiting stays. */
  readonly active: boolean;
}

// ------------------------------------------------------------------------------------------ tenants, keys, lists

export interface Tenant {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly active: boolean;
  readonly paused: boolean;
  readonly settings: TenantSettings;
  /** The sender domains it holds. */
  readonly senderDomains: readonly string[];
  /** Those of them whose DNS records were found right. */
  readonly verifiedDomains: readonly string[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

export const scopes = ['send', 'read', 'admin', 'operator'] as const;
export type Scope = (typeof scopes)[number];

export interface KeyRow {
  readonly id: string;
  /** Absent: an operator's key. */
  readonly tenantId?: string;
  readonly prefix: string;
  readonly name?: string;
  /** argon2id in PHC form. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  readonly lastUsedAt?: number;
  /** Networks, as CIDR, that it works from; absent: from anywhere. */
  readonly allowedIps?: readonly string[];
}

export interface Stats {
  readonly from: number;
  readonly until: number;
  readonly total: number;
  readonly byStatus: { readonly [status: string]: number };
  /** One bucket an hour or a day, oldest first. */
  readonly buckets: readonly { readonly at: number; readonly byStatus: { readonly [status: string]: number } }[];
}

// ------------------------------------------------------------------------------------------------------ the verbs

export interface Store
  extends AuditVerbs,
    ChoreVerbs,
    ContentVerbs,
    DomainVerbs,
    ProviderVerbs,
    SealVerbs,
    SuppressionVerbs,
    WebhookVerbs {
  /** Stores messages with their recipients, outbox entries and `queued` events, in one commit; answers in order. */
  accept(
    input: {
      tenantId: string;
      messages: readonly NewMessage[];
      lease?: LeaseRequest;
      /** Exact over all doors and processes, because they are looked at inside the transaction. */
      limits?: TenantRates;
    },
    signal?: AbortSignal,
  ): Promise<readonly AcceptResult[]>;
  /** Leases due entries: lane first, then tenants in turn. */
  claim(request: ClaimRequest): Promise<ClaimResult>;
  /** Ends a claim. False: the lease was lost, and nothing was written. */
  settle(settlement: Settlement): Promise<boolean>;
  /** Gives a claim back untried, due at `dueAt`. False: the lease was lost. */
  release(input: { messageId: string; fence: number; dueAt: number }): Promise<boolean>;
  /**
   * Frees the leases of others that have ended, and those of earlier runs of the same node, which are dead. What another
   * node has under way stays its own. Returns how many.
   */
  recover(input: { owner: string; now: number }): Promise<number>;
  /** The clock went back by `byMs`: moves due times that are not schedules back with it. Returns how many. */
  shift(input: { now: number; byMs: number }): Promise<number>;
  /**
   * For a start: what was put off while the clock was ahead waits as long as it was to wait then, and nothing longer than
   * `longestMs`. What is scheduled keeps the time that its caller chose. Returns how many were moved.
   */
  followClock(input: { now: number; longestMs: number }): Promise<number>;

  cancel(input: { tenantId: string; messageId: string; now: number }, signal?: AbortSignal): Promise<Status>;
  /**
   * Makes failed recipients open again, attempts zero, due now; what waits for a retry is due now. With `onlyDead`, refuses with
   * `conflict` what is not a dead letter.
   */
  retry(
    input: { tenantId: string; messageId: string; now: number; onlyDead?: boolean },
    signal?: AbortSignal,
  ): Promise<Status>;
  /** What `retryEach` would move of what the filter matches. */
  retryable(
    input: { tenantId: string; filter: MessageFilter; limit: number; cursor?: string },
    signal?: AbortSignal,
  ): Promise<Page<Retryable>>;
  /** Retries those that are still as they were found. Returns the ids of what was moved. */
  retryEach(
    input: { tenantId: string; messages: readonly Retryable[]; now: number },
    signal?: AbortSignal,
  ): Promise<readonly string[]>;
  /**
   * Makes what waits due now (`queue flush`), of one tenant or of all; schedules stay. Looks at `limit` entries behind
   * `after`. Returns how many of them are due now, and where to go on, absent at the end.
   */
  flush(
    input: { tenantId?: string; now: number; after?: number; limit: number },
    signal?: AbortSignal,
  ): Promise<{ readonly flushed: number; readonly next?: number }>;
  /** How often `flush` was called, by any process: so that a daemon notices one that it did not make itself. */
  flushes(): Promise<number>;
  /** Pauses or resumes claiming, of one tenant or of the whole queue; answers whether the whole queue is paused then. */
  pause(input: { tenantId?: string; paused: boolean; now: number }): Promise<{ readonly allPaused: boolean }>;
  queue(
    input: { now: number; tenantId?: string },
    signal?: AbortSignal,
  ): Promise<{ readonly paused: boolean; readonly rows: readonly QueueRow[] }>;

  /** The tenant whose it is: for the operator, to whom an id is enough. */
  ownerOf(input: { kind: 'message' | 'webhook'; id: string }): Promise<string | undefined>;
  message(input: { tenantId: string; messageId: string }): Promise<MessageDetail | undefined>;
  content(input: { tenantId: string; messageId: string }): Promise<StoredContent | undefined>;
  /** Newest first. */
  messages(
    input: { tenantId: string; filter: MessageFilter; limit: number; cursor?: string; offset?: number },
    signal?: AbortSignal,
  ): Promise<Page<MessageRow>>;
  /**
   * Events after a position, or from the beginning, oldest first, and the position to go on from: the one that was given
   * where nothing follows it. Who goes on from there misses nothing, whoever writes. `tenantId` absent: all tenants'
   * (operator). With `since`, what lies up to `until` is left out where it happened before that time.
   */
  eventsAfter(input: {
    tenantId?: string;
    position?: string;
    limit: number;
    since?: { readonly at: number; readonly until: string };
  }): Promise<{ readonly events: readonly MessageEvent[]; readonly position: string }>;
  /** Where the log ends, and when the last event in it happened; absent where there is none. */
  endOfEvents(): Promise<{ readonly position: string; readonly at?: number }>;
  /** The position before the first event at or after a time: none of these is at it or before it. */
  eventPositionBefore(at: number, signal?: AbortSignal): Promise<string>;
  /** A position that a reader kept; the end where the log ends before it, as after a restore. Undefined: it never was one. */
  knownEventPosition(position: string): Promise<string | undefined>;
  stats(
    input: { tenantId?: string; from: number; until: number; bucket: 'hour' | 'day' },
    signal?: AbortSignal,
  ): Promise<Stats>;

  addTenant(input: { id: string; slug: string; name: string; settings: TenantSettings; now: number }): Promise<Tenant>;
  /** Changes what is given; a setting of null is removed. Of a tenant that is not active nothing is claimed. */
  setTenant(input: {
    tenantId: string;
    name?: string;
    active?: boolean;
    settings?: TenantSettingsChange;
    now: number;
  }): Promise<Tenant>;
  /**
   * Closes a tenant that owes no mail; refuses with `conflict` while it does, unless `force`. From then on there is no such
   * tenant, its keys are gone, its slug and its domains are free; `clearTenant` takes away what it had.
   */
  removeTenant(input: { tenantId: string; force: boolean; now: number }): Promise<void>;
  /** Takes away `limit` rows of a tenant that is being removed, and at last the tenant. `isDone`: none is being removed. */
  clearTenant(input: { limit: number }): Promise<{ readonly isDone: boolean }>;
  tenants(): Promise<readonly Tenant[]>;
  tenantsBeingRemoved(): Promise<readonly Tenant[]>;

  addKey(key: KeyRow): Promise<void>;
  keys(input: { tenantId?: string }): Promise<readonly KeyRow[]>;
  keyByPrefix(prefix: string): Promise<KeyRow | undefined>;
  /** Sets what is given on one key; `allowedIps` of none means anywhere. False: no such key. */
  setKey(input: {
    keyId: string;
    name?: string;
    expiresAt?: number;
    revokedAt?: number;
    lastUsedAt?: number;
    allowedIps?: readonly string[];
  }): Promise<boolean>;

  /** Writes a copy of the whole database to `file`, which must not exist, while work goes on. */
  backup(file: string): Promise<void>;
  /** Full check of the file's structure; the problems found, none when it is sound. */
  integrity(): Promise<readonly string[]>;
  info(): Promise<{ readonly schema: number; readonly sqlite: string; readonly file: string; readonly bytes: number }>;
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
