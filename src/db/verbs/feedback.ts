/** The store's verbs about what comes back after mail was sent: bounces, complaints, deliveries, and what only looks like them. */

import type { EventType, Json } from '../../core/message.ts';
import type { Page } from './page.ts';

/** What the history of a message keeps. */
export const feedbackEvents = [
  'delivered',
  'delivery_delayed',
  'bounced',
  'complained',
  'opened',
  'clicked',
  'unsubscribed',
] as const satisfies readonly EventType[];
export type FeedbackEvent = (typeof feedbackEvents)[number];

/** The events, and mail that came back and changes nothing: it is kept, so that nothing gets lost in silence. */
export const feedbackKinds = [...feedbackEvents, 'auto_reply', 'challenge', 'unknown'] as const;
export type FeedbackKind = (typeof feedbackKinds)[number];

/** A callback of the vendor, its queue (SQS), the listener for return paths (SMTP), an import (a pipe), a mailbox (IMAP). */
export const feedbackDoors = ['callback', 'queue', 'listener', 'import', 'mailbox'] as const;
export type FeedbackDoor = (typeof feedbackDoors)[number];

/** Only `hard` changes the status of a recipient and counts towards a suppression. */
export const bounceReasons = ['hard', 'soft', 'policy', 'vendor-suppressed'] as const;
export type BounceReason = (typeof bounceReasons)[number];

/** Which message it is about, as far as it says. The first that leads to a message counts. */
export interface FeedbackAbout {
  /** The id that IEP gave the message, where the message carried it. */
  readonly messageId?: string;
  /** Of the recipient in that message, where it came to its return path. */
  readonly position?: number;
  /** It came to the address by which that recipient unsubscribes from what the message is. */
  readonly unsubscribes?: true;
  /** The provider's own id; counts with `provider` and one of the recipients. */
  readonly providerMessageId?: string;
  /** `<id@host>`. */
  readonly messageIdHeader?: string;
}

export interface NewFeedback {
  readonly kind: FeedbackKind;
  /** When it happened; epoch ms. */
  readonly at: number;
  /** The name of the provider that tells it. Absent: it came as mail, and counts for the provider that the message went by. */
  readonly provider?: string;
  /** What that provider was called before: mail that went by it under such a name may be meant too. */
  readonly formerNames?: readonly string[];
  /** What its sender knows it by. Absent: message, recipient, kind and time tell a repeat. */
  readonly eventId?: string;
  /** Whom it names: whom the mail was for, where it says that. */
  readonly recipient?: string;
  /** Whom the mail was for in the end, where that is another address than `recipient`: it was forwarded, or went to a list. */
  readonly finalRecipient?: string;
  /** `class` is one of `bounceReasons` where it bounced; `diagnostic` is what the other side said. */
  readonly data: { readonly [name: string]: Json };
  readonly about: FeedbackAbout;
  /**
   * Anybody may have written it, of whatever message they know the id of. A complaint, an unsubscription or a hard bounce of a message
   * with other recipients is then about nobody in particular.
   */
  readonly isUnproved?: boolean;
}

/** What makes a callback good once. */
export interface OneUseToken {
  /** Differs from those of all other callbacks, of any vendor. */
  readonly id: string;
  /** Epoch ms. From then on a callback with it is refused for its age, and the token need not be kept. */
  readonly until: number;
}

export interface FeedbackMatch {
  readonly tenantId: string;
  readonly messageId: string;
  /** Absent: the message has several recipients, and it names none of them; or nothing proves what it says of one. */
  readonly recipient?: string;
}

export interface TakenFeedback {
  /** False: it was known already, and nothing changed. */
  readonly isNew: boolean;
  /** Absent: it is about no message that is known here. */
  readonly match?: FeedbackMatch;
  /** Of a bounce: what it is kept as, where that is less than it says of itself, because it is about another address. */
  readonly class?: BounceReason;
  readonly provider?: string;
}

export interface FeedbackRow {
  /** By which it came first. */
  readonly door: FeedbackDoor;
  readonly kind: FeedbackKind;
  readonly at: number;
  readonly receivedAt: number;
  readonly provider?: string;
  /** As it was named; that of the message is in `match`. */
  readonly recipient?: string;
  readonly data: { readonly [name: string]: Json };
  readonly match?: FeedbackMatch & { readonly tenant: string };
}

export interface FeedbackVerbs {
  /**
   * Takes all of these in one commit: history, statuses, suppressions. A status never goes back; one that is still open is
   * raised by the settlement that ends it. What is known already changes nothing, what is about no known message is kept.
   * Says of each, in order, what became of it.
   */
  record(input: {
    feedback: readonly NewFeedback[];
    door: FeedbackDoor;
    now: number;
  }): Promise<readonly TakenFeedback[]>;
  /** The same, where nobody used this token before; it is used up in the same commit. Undefined: somebody did, and nothing changed. */
  recordOnce(input: {
    feedback: readonly NewFeedback[];
    door: FeedbackDoor;
    token: OneUseToken;
    now: number;
  }): Promise<readonly TakenFeedback[] | undefined>;
  /** Newest first, of all tenants. */
  list(
    input: {
      provider?: string;
      /** Received at or after; epoch ms. */
      since?: number;
      limit: number;
      cursor?: string;
    },
    signal?: AbortSignal,
  ): Promise<Page<FeedbackRow>>;
  /** Removes what belongs to no message and was received before then; at most `limit`. Returns how many. */
  sweep(input: { receivedBefore: number; limit: number }): Promise<number>;
}
