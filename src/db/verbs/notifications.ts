/** Notifications: what was asked for, what became of it for each recipient and channel, and what waits. */

import type { Json } from '../../core/message.ts';
import type {
  DeliveryStep,
  HeldReason,
  NotificationStatus,
  RecipientText,
  SkippedReason,
  WindowKind,
} from '../../core/notification-delivery.ts';
import type { Page } from './page.ts';
import type { SetAside } from './set-aside.ts';

/** An open window. */
export interface OpenWindow {
  readonly kind: WindowKind;
  readonly key: string;
  readonly no: number;
  readonly endsAt: number;
  /** What went at once in it. */
  readonly count: number;
}

/** What a delivery does to a window on its way: it opens it, or counts in it. */
export interface WindowTake {
  readonly kind: 'group' | 'rate';
  readonly key: string;
  /** Of the window, where this one opens it. */
  readonly endsAt: number;
  /** So many may count in it; more refuse with `decideAgain`. */
  readonly limit: number;
}

export type Verdict =
  | { readonly kind: 'now' }
  | { readonly kind: 'held'; readonly reason: 'quiet_hours'; readonly until: number }
  | {
      readonly kind: 'held';
      readonly reason: Exclude<HeldReason, 'quiet_hours'>;
      readonly until: number;
      readonly window: {
        readonly kind: WindowKind;
        readonly key: string;
        /** The open one that it joins; absent: it opens one. */
        readonly no?: number;
      };
    }
  | { readonly kind: 'skipped'; readonly reason: SkippedReason }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'cancelled'; readonly reason: string };

/** A delivery as it was decided. */
export interface NewDelivery {
  readonly recipient: RecipientText;
  readonly channel: string;
  readonly step: number;
  readonly verdict: Verdict;
  readonly takes: readonly WindowTake[];
  /** What would have stood against it, had it not been critical. */
  readonly passed?: readonly string[];
  /** The message that carries it; it is stored by then. Without, what goes now is posted. */
  readonly messageId?: string;
  /** Of the queue; 0 where nobody else is asked. */
  readonly slot: number;
}

export interface NotificationFile {
  readonly filename: string;
  readonly contentType: string;
  readonly contentId?: string;
  readonly content: Uint8Array;
}

export interface NewNotification {
  readonly id: string;
  readonly type: string;
  readonly category?: string;
  readonly content: Json;
  readonly rule?: string;
  readonly idempotencyKey?: string;
  readonly idempotencyHash?: string;
  /** What of it is not resolved yet: it is due at once. */
  readonly rest?: Json;
  /** `nextAt`: when its next step is due. */
  readonly escalation?: { readonly state: Json; readonly nextAt?: number };
  /** Kept where something of it does not go at once. */
  readonly files?: readonly NotificationFile[];
}

export interface Notification {
  readonly tenantId: string;
  readonly id: string;
  readonly type: string;
  readonly category?: string;
  readonly content: Json;
  readonly rule?: string;
  readonly rest?: Json;
  readonly escalation?: Json;
  readonly isEscalating: boolean;
  readonly acknowledgedAt?: number;
  readonly acknowledgedBy?: string;
  readonly cancelledAt?: number;
  readonly idempotencyKey?: string;
  readonly idempotencyHash?: string;
  readonly createdAt: number;
}

export interface NotificationDelivery {
  readonly recipient: RecipientText;
  readonly channel: string;
  readonly step: number;
  readonly status: NotificationStatus;
  readonly reason?: string;
  readonly until?: number;
  readonly messageId?: string;
  readonly history: readonly DeliveryStep[];
  readonly updatedAt: number;
}

export type DeliveryCounts = Readonly<Partial<Record<NotificationStatus, number>>>;

/** A claimed delivery that goes now. */
export interface DueDelivery {
  readonly no: number;
  readonly recipient: RecipientText;
  readonly channel: string;
  readonly step: number;
}

/** What gathered in a window. */
export interface DueWindow {
  readonly no: number;
  readonly kind: WindowKind;
  readonly key: string;
  readonly recipient: RecipientText;
  readonly channel: string;
  readonly step: number;
  readonly type: string;
  /** All that wait in it. */
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
  /** The newest of them, oldest first. */
  readonly items: readonly {
    readonly notificationId: string;
    readonly content: Json;
    readonly at: number;
    /** In the order of `files`. */
    readonly files: readonly { readonly filename: string; readonly contentType: string; readonly size: number }[];
  }[];
}

export type DueWork =
  | { readonly kind: 'deliver'; readonly notification: Notification; readonly delivery: DueDelivery }
  /** Undefined: nothing waits in it any more. */
  | { readonly kind: 'window'; readonly no: number; readonly window: DueWindow | undefined }
  | { readonly kind: 'rest' | 'step'; readonly notification: Notification };

export interface NotificationJob {
  readonly entry: number;
  readonly tenantId: string;
  readonly tries: number;
  readonly fence: number;
  readonly leaseUntil: number;
  readonly work: DueWork;
}

export interface NotificationClaim {
  readonly owner: string;
  readonly now: number;
  readonly leaseMs: number;
  readonly limit: number;
  /** Of one tenant under lease at once; and of what one slot posts. */
  readonly maxPerTenant: number;
  readonly maxPerSlot: number;
  /** Of all slots together whose last post was not answered well and soon, or which had none. */
  readonly maxDoubtful: number;
}

export interface NotificationClaimed {
  readonly jobs: readonly NotificationJob[];
  readonly nextDueAt?: number;
  /** Something is due and waits for room. */
  readonly held: boolean;
  readonly setAside?: readonly SetAside[];
}

/** The end of a claim. Refuses with `decideAgain`, and writes nothing, where the lease was lost or what it rests on has changed. */
export interface NotificationSettlement {
  readonly entry: number;
  readonly fence: number;
  readonly tenantId: string;
  readonly at: number;
  /** It is due again then, and counts as tried where `tried`. Absent: the entry goes. */
  readonly dueAt?: number;
  readonly tried?: boolean;
  /** What became of the delivery that was due, or of all that waited in the window. */
  readonly outcome?: {
    readonly status: NotificationStatus;
    readonly reason?: string;
    readonly until?: number;
    readonly messageId?: string;
  };
  /** The window is over: so many waited in it. */
  readonly window?: { readonly no: number; readonly count: number; readonly takes: readonly WindowTake[] };
  /** New ones, of a topic or a step. */
  readonly deliveries?: readonly NewDelivery[];
  /** Where the topics stand; null: they are done. */
  readonly rest?: Json;
  readonly escalation?: { readonly state: Json; readonly step?: number };
  /** How its slot does: what came of its post, and whether soon. */
  readonly answered?: { readonly delivered: boolean; readonly quick: boolean };
}

export interface NotificationFilter {
  readonly type?: string;
  readonly category?: string;
  readonly subscriber?: string;
  readonly channel?: string;
  readonly status?: NotificationStatus;
  /** Some delivery has one of the first, and none has one of the others. */
  readonly statuses?: { readonly some: readonly NotificationStatus[]; readonly none: readonly NotificationStatus[] };
  /** An address that it was asked for, as `NotificationContent` and deliveries have it. */
  readonly address?: string;
  /** True: those whose escalation nobody has ended yet. */
  readonly escalating?: boolean;
  readonly from?: number;
  readonly before?: number;
  readonly q?: string;
}

export interface ListedNotification extends Notification {
  readonly tenantSlug: string;
  readonly counts: DeliveryCounts;
}

export interface NotificationVerbs {
  /** Makes one with its first deliveries. Refuses with `decideAgain` where its idempotency key or a window stands against it. */
  add(input: {
    tenantId: string;
    now: number;
    notification: NewNotification;
    deliveries: readonly NewDelivery[];
  }): Promise<void>;
  /** Windows of these keys that are open at a time, and which of the addresses are suppressed then. */
  facts(input: {
    tenantId: string;
    now: number;
    windows: readonly { readonly kind: WindowKind; readonly key: string }[];
    addresses: readonly string[];
  }): Promise<{ readonly windows: readonly OpenWindow[]; readonly suppressed: readonly string[] }>;
  byKey(input: { tenantId: string; idempotencyKey: string }): Promise<Notification | undefined>;
  get(input: { tenantId: string; id: string }): Promise<ListedNotification | undefined>;
  /** Those of the recipients who were told of it in that step. */
  told(input: {
    tenantId: string;
    id: string;
    step: number;
    recipients: readonly RecipientText[];
  }): Promise<readonly RecipientText[]>;
  /** Of one notification, in the order in which they were made; by whole numbers from 0. */
  deliveries(input: {
    tenantId: string;
    id: string;
    limit: number;
    cursor?: string;
  }): Promise<Page<NotificationDelivery>>;
  /** Newest first; of all tenants where none is named. */
  list(
    input: { tenantId?: string; filter: NotificationFilter; limit: number; cursor?: string },
    signal?: AbortSignal,
  ): Promise<Page<ListedNotification>>;
  /** The ids that `list` would have, without what they say. */
  ids(
    input: { tenantId: string; filter: NotificationFilter; limit: number; cursor?: string },
    signal?: AbortSignal,
  ): Promise<Page<string>>;
  files(input: { tenantId: string; id: string }): Promise<readonly NotificationFile[]>;
  /** Those that a message carries. */
  ofMessage(input: { tenantId: string; messageId: string; limit: number }): Promise<readonly Notification[]>;
  /** Those that nobody has acknowledged yet. */
  escalating(input: { tenantId: string; limit: number }): Promise<readonly Notification[]>;
  /** Ends its escalation. False where somebody has already, and nothing changes. Refuses with `not_found`. */
  acknowledge(input: { tenantId: string; id: string; by: string; now: number }): Promise<boolean>;
  /** What is open of it ends; answers the messages that carry some of it and are open. Refuses with `not_found`. */
  cancel(input: {
    tenantId: string;
    id: string;
    now: number;
  }): Promise<{ readonly cancelled: number; readonly messageIds: readonly string[] }>;
  /** Refuses with `not_found`. */
  remove(input: { tenantId: string; id: string }): Promise<void>;

  claim(request: NotificationClaim): Promise<NotificationClaimed>;
  settle(settlement: NotificationSettlement): Promise<void>;
  /** Of a claim that goes back untried. */
  release(input: { entry: number; fence: number; dueAt: number }): Promise<boolean>;
  recover(input: { owner: string; now: number }): Promise<number>;
  /** As those of the outbox; but times at which something is to go are the clock's, and stay. */
  shift(input: { now: number; byMs: number }): Promise<number>;
  followClock(input: { now: number; longestMs: number }): Promise<number>;
  pending(): Promise<number>;
  /** Removes notifications of a tenant that owe nothing, from before that time. Returns how many. */
  sweep(input: { tenantId: string; before: number; limit: number }): Promise<number>;
  /** Removes windows that are over. Returns how many. */
  sweepWindows(input: { now: number; limit: number }): Promise<number>;
}
