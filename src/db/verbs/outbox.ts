/** The verbs of the outbox: accepted, claimed, settled; and of the queue as a whole. */

import type { Job, Lane, Message, RecipientKind, Rendered, Status } from '../../core/message.ts';
import type { RateLimit, RateState, RateWindowName } from '../../core/rate-limit.ts';
import type { NewEvent } from './events.ts';
import type { LeaseRequest } from './lease.ts';
import type { AttemptRecord } from './messages.ts';
import type { SetAside } from './set-aside.ts';

export interface NewMessage {
  readonly message: Message;
  readonly recipients: readonly { readonly address: string; readonly kind: RecipientKind }[];
  readonly idempotencyKey?: string;
  /** Hash of the payload; compared when the key comes again. */
  readonly idempotencyHash?: string;
  /** What it is rendered from, where nobody could keep that before: its tenant or its template is made in the same transaction. */
  readonly snapshot?: { readonly hash: string; readonly content: string };
}

/** What a tenant may submit; given only for one that has limits. */
export interface TenantLimits {
  /** Epoch ms at which the messages are handed to the store: what the windows of the limits are counted by. */
  readonly now: number;
  readonly rates: readonly RateLimit[];
}

/** `rates`: where a tenant with limits stands after the whole call. */
export type AcceptResult = { readonly rates?: readonly RateState[] } & (
  | {
      readonly kind: 'accepted';
      /** Addresses on the tenant's suppression list now, or unsubscribed. */
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
  /** It becomes a dead letter: its attempts are used up, or only a person can help. `later`: once no recipient is open. */
  readonly dead?: true | 'later';
  /** Epoch ms of the first accepted recipient. */
  readonly sentAt?: number;
  readonly lastError?: string;
  /** What rendering gave, where there was a rendering step. */
  readonly rendered?: Rendered;
  /** Exact bytes given to a provider that keeps them. */
  readonly kept?: Uint8Array;
}

/** What became of some recipients of a claim that goes on: a provider has taken them. */
export interface PartSettlement extends Pick<Settlement, 'tenantId' | 'messageId' | 'fence' | 'at' | 'events'> {
  readonly provider: string;
  /** When that provider was first asked, in this claim. */
  readonly startedAt: number;
  readonly sent: readonly { readonly position: number; readonly reply: string }[];
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

export interface OutboxVerbs {
  /** Stores messages with their recipients, outbox entries and `queued` events, in one commit; answers in order. */
  accept(
    input: {
      tenantId: string;
      messages: readonly NewMessage[];
      lease?: LeaseRequest;
      /** Exact over all doors and processes, because they are looked at inside the transaction. */
      limits?: TenantLimits;
      /** Refuses all of them, and stores none, where a limit or an idempotency key stands against one. */
      all?: true;
    },
    signal?: AbortSignal,
  ): Promise<readonly AcceptResult[]>;
  /** Leases due entries: lane first, then tenants in turn. */
  claim(request: ClaimRequest): Promise<ClaimResult>;
  /** Ends a claim. False: the lease was lost, and nothing was written. */
  settle(settlement: Settlement): Promise<boolean>;
  /** Writes down what is known of a claim that goes on; its end says no more of these recipients. False: the lease was lost. */
  settlePart(part: PartSettlement): Promise<boolean>;
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
}
