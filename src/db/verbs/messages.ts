/** The verbs of messages: what became of them, and what a person does about them. */

import type {
  Json,
  Lane,
  LoggedEvent,
  Mailbox,
  Message,
  RecipientKind,
  Rendered,
  Status,
  Unsubscribable,
} from '../../core/message.ts';
import type { OutcomeKind } from '../../core/outcome.ts';
import type { HitCounts, Tracking } from '../../core/tracking.ts';
import type { Page } from './page.ts';
import type { SuppressionReason } from './suppressions.ts';

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
  /** What the provider calls the message, where it is one id for all. */
  readonly providerMessageId?: string;
  /** The same by recipient position. Only written: what is read of it stands with the recipients. */
  readonly ids?: ReadonlyMap<number, string>;
  /** What was said on the wire; kept of attempts that did not succeed. */
  readonly transcript?: string;
}

export interface RecipientView {
  readonly email: string;
  readonly kind: RecipientKind;
  readonly status: Status;
  readonly reply?: string;
  /** What the last provider that took it for this recipient calls the message, where it says. */
  readonly providerMessageId?: string;
  /** Absent where nobody opened it or followed a link. */
  readonly hits?: HitCounts;
  readonly updatedAt: number;
}

export interface MessageRow {
  readonly id: string;
  readonly tenantId: string;
  readonly tenantSlug: string;
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
  /** The stored template that it was made with. */
  readonly template?: string;
  readonly templateVersion?: number;
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
  /** Absent: its reading is not noted. */
  readonly tracking?: Tracking;
  readonly unsubscribe?: Unsubscribable;
  readonly metadata?: { readonly [name: string]: Json };
  readonly recipients: readonly RecipientView[];
  readonly attemptLog: readonly (AttemptRecord & { readonly number: number })[];
  readonly events: readonly LoggedEvent[];
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
  /** Name of the stored template that it was made with. */
  readonly template?: string;
  /** The one that was given it last. */
  readonly provider?: string;
  /** Words sought in subject, addresses and id. */
  readonly q?: string;
  readonly dead?: boolean;
}

/** A message as it was when it was found; it is moved only while it is still that. */
export interface Movable {
  readonly messageId: string;
  readonly status: Status;
  readonly dead: boolean;
}

export interface FindMovable {
  readonly tenantId: string;
  readonly filter: MessageFilter;
  readonly limit: number;
  readonly cursor?: string;
}

export interface MoveEach {
  readonly tenantId: string;
  readonly messages: readonly Movable[];
  readonly now: number;
}

export interface Moved {
  readonly messageId: string;
  /** Now. */
  readonly status: Status;
}

export interface Stats {
  readonly from: number;
  readonly until: number;
  readonly total: number;
  readonly byStatus: { readonly [status: string]: number };
  /** One bucket an hour or a day, oldest first. */
  readonly buckets: readonly { readonly at: number; readonly byStatus: { readonly [status: string]: number } }[];
}

/** What the store knows of a message besides its detail: why it waits, and what was said in its attempts. */
export interface Circumstances {
  /** The provider that the message asked for itself. */
  readonly wantedProvider?: string;
  /** The provider that was given it since it was last begun, and never answered. */
  readonly unanswered?: string;
  /** The outbox entry; absent when nothing is owed any more. */
  readonly entry?: {
    readonly dueAt: number;
    /** When its lease ends; absent where it has none. */
    readonly leaseUntil?: number;
    readonly isScheduled: boolean;
    /** How often the process died while it was under way. */
    readonly deaths: number;
  };
  /** Mail of this tenant is not sent now: the whole queue is paused, or the tenant's. */
  readonly isPaused: boolean;
  /** Entries of the tenant's list that hold for its recipients now; one that begins with @ holds for a whole domain. */
  /** Recipients who turned off what the message is, in lower case, with what each turned off; an empty one stands for all. */
  readonly unsubscribes: readonly { readonly email: string; readonly category: string }[];
  readonly suppressions: readonly {
    readonly email: string;
    readonly reason: SuppressionReason;
    readonly note?: string;
    readonly expiresAt?: number;
  }[];
  readonly transcripts: readonly { readonly number: number; readonly transcript: string }[];
}

export interface MessageVerbs {
  get(input: { tenantId: string; messageId: string }): Promise<MessageDetail | undefined>;
  content(input: { tenantId: string; messageId: string }): Promise<StoredContent | undefined>;
  circumstances(input: { tenantId: string; messageId: string; now: number }): Promise<Circumstances | undefined>;
  /** Newest first; of all tenants where none is named. */
  list(
    input: { tenantId?: string; filter: MessageFilter; limit: number; cursor?: string; offset?: number },
    signal?: AbortSignal,
  ): Promise<Page<MessageRow>>;
  /**
   * Messages by the hour in which they were accepted and the status that they have now; those that are not kept any more as what they
   * were. `from` and `until` (exclusive): epoch ms; the hours that they lie in count whole.
   */
  stats(
    input: { tenantId?: string; from: number; until: number; bucket: 'hour' | 'day' },
    signal?: AbortSignal,
  ): Promise<Stats>;

  cancel(input: { tenantId: string; messageId: string; now: number }, signal?: AbortSignal): Promise<Status>;
  /**
   * Gives a scheduled message another time; one that is not after `now` means at once. Refuses with `not_reschedulable`
   * what is not scheduled any more.
   */
  reschedule(
    input: { tenantId: string; messageId: string; scheduledAt: number; now: number },
    signal?: AbortSignal,
  ): Promise<Status>;
  /**
   * Makes failed recipients open again, attempts zero, due now; what waits for a retry is due now. With `onlyDead`, refuses with
   * `conflict` what is not a dead letter.
   */
  retry(
    input: { tenantId: string; messageId: string; now: number; onlyDead?: boolean },
    signal?: AbortSignal,
  ): Promise<Status>;
  /** What `retryEach` would move of what the filter matches. */
  retryable(input: FindMovable, signal?: AbortSignal): Promise<Page<Movable>>;
  /** Retries those that are still as they were found. Returns those that were moved, as all are that move several. */
  retryEach(input: MoveEach, signal?: AbortSignal): Promise<readonly Moved[]>;
  /** What `cancelEach` would move of what the filter matches: what waits, and no attempt is under way. */
  cancellable(input: FindMovable, signal?: AbortSignal): Promise<Page<Movable>>;
  cancelEach(input: MoveEach, signal?: AbortSignal): Promise<readonly Moved[]>;

  /**
   * Takes the next messages, at most `limit`, into the index that lists look into for `q`, `sender`, `category`, `tag` and `@domain`. Returns
   * how many; 0: all are in it. Those that are not are found all the same, by looking at each.
   */
  makeSearchable(input: { limit: number }): Promise<number>;

  /** How many dead letters each tenant has; those without any are left out. */
  deadLetters(): Promise<readonly { readonly tenantId: string; readonly count: number }[]>;
  /**
   * Removes a message that owes nothing any more, with all that is kept of it. Refuses with `conflict` while it is open, and with
   * `onlyDead` what is not a dead letter.
   */
  remove(input: { tenantId: string; messageId: string; onlyDead?: boolean }, signal?: AbortSignal): Promise<void>;
}
