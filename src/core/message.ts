/** The nouns of IEP: submissions, messages, recipients, events. Pure types and the constants that name their states. */

import type { AskedTracking, Tracking } from './tracking.ts';

export const lanes = ['high', 'normal', 'low'] as const;
export type Lane = (typeof lanes)[number];

export const recipientKinds = ['to', 'cc', 'bcc', 'rcpt'] as const;
/** `rcpt`: named in the SMTP envelope only. */
export type RecipientKind = (typeof recipientKinds)[number];

export const statuses = [
  'scheduled',
  'queued',
  'processing',
  'sent',
  'delivered',
  'failed',
  'bounced',
  'complained',
  'suppressed',
  'cancelled',
] as const;
export type Status = (typeof statuses)[number];

/** Statuses of a message or recipient that IEP still owes an outcome. */
export const openStatuses: readonly Status[] = ['scheduled', 'queued', 'processing'];

export const eventTypes = [
  'queued',
  'processing',
  'sent',
  'delivered',
  'delivery_delayed',
  'retry_scheduled',
  'failed',
  'bounced',
  'dlq',
  'complained',
  'opened',
  'clicked',
  'unsubscribed',
  'suppressed',
  'cancelled',
  'tenant.bounce_rate',
  'tenant.complaint_rate',
  'notification.created',
  'notification.escalated',
  'notification.acknowledged',
  'notification.failed',
  'notification.cancelled',
] as const;
export type EventType = (typeof eventTypes)[number];

/** A JSON value, as variables and custom metadata are. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Mailbox {
  /** `local@domain`, the domain in lower case; either side may be UTF-8 (RFC 6531). */
  readonly email: string;
  readonly name?: string;
}

/** Bytes in memory, or a file of the blob directory by its content hash. */
export type Bytes =
  | { readonly bytes: Uint8Array; readonly size: number }
  | { readonly blob: string; readonly size: number };

export interface Attachment {
  readonly filename: string;
  /** MIME type, such as `application/pdf`. */
  readonly contentType: string;
  /** Content-ID without angle brackets; makes the part inline. */
  readonly contentId?: string;
  readonly content: Bytes;
}

/** A file that is fetched when the message is sent, and kept with it from then on. */
export interface AttachmentUrl {
  readonly url: string;
  /** Absent: the name that the answer or the URL gives. */
  readonly filename?: string;
  /** Absent: the type that the answer gives. */
  readonly contentType?: string;
  readonly contentId?: string;
}

/** One that is still to be fetched; `position` is its index among all attachments of the message. */
export interface PendingAttachment extends AttachmentUrl {
  readonly position: number;
}

/** A stored template that a message is made with. What is fixed when it is accepted is absent before. */
export interface TemplateUse {
  readonly name: string;
  readonly version?: number;
  readonly locale?: string;
  /** What the store keeps of it for messages like this one. */
  readonly snapshot?: number;
  /** Its subject says that this is a test. Only of a submission. */
  readonly isTest?: boolean;
}

/** Content that IEP renders into a message. Each field may hold Handlebars. */
export interface Parts {
  readonly kind: 'parts';
  /** In place of html and text. */
  readonly template?: TemplateUse;
  readonly html?: string;
  readonly text?: string;
  /** Absent: the content is sent as it is, without a rendering step (seed 001 §8). */
  readonly variables?: { readonly [name: string]: Json };
  /** Extra header fields, in order; validated: none of the structural ones, no CR or LF. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** A whole RFC 5322 message that goes out as it came in. Lines end in CRLF. */
export interface RawMessage {
  readonly kind: 'raw';
  readonly raw: Bytes;
  /** Needs SMTPUTF8 (RFC 6531) because its header has UTF-8. */
  readonly utf8Header: boolean;
}

export type Content = Parts | RawMessage;

/** Parts after rendering: what vendors with a JSON interface send, and what MIME is composed from. */
export interface Rendered {
  readonly subject: string;
  readonly html?: string;
  readonly text?: string;
}

/** What a caller hands over, after its form was checked and before it is accepted. All doors make this. */
export interface Submission {
  /** The message's id, where the door already wrote it into the message (`Received: … id`); made at accept time where absent. */
  readonly id?: string;
  /** `socket`: that of the machine on which every user may hand in mail. */
  readonly door: 'http' | 'smtp' | 'cli' | 'socket' | 'nats';
  readonly from: Mailbox;
  /** Reverse path of the envelope where it differs from `from`; empty for the null sender. */
  readonly envelopeFrom?: string;
  readonly to: readonly Mailbox[];
  readonly cc?: readonly Mailbox[];
  readonly bcc?: readonly Mailbox[];
  /** SMTP's RCPT list. Where present it alone is the envelope; `to`, `cc` only say what the header shows. */
  readonly rcpt?: readonly string[];
  readonly replyTo?: string;
  /** The addresses of a raw message's Reply-To; `unclear` where another reader could take it for others. */
  readonly replyToAddresses?: readonly string[] | 'unclear';
  /** Whom else a raw message says it is from: in Sender, Resent-From and Resent-Sender. */
  readonly otherSenders?: readonly string[];
  readonly subject: string;
  readonly content: Content;
  /** Header fields that the door adds to content in parts, well-formed; no part of what is said. */
  readonly addedHeaders?: readonly (readonly [name: string, value: string])[];
  readonly attachments?: readonly Attachment[];
  readonly attachmentUrls?: readonly AttachmentUrl[];
  /** `<id@host>` of a raw message; made at accept time where absent. */
  readonly messageIdHeader?: string;
  readonly category?: string;
  readonly tags?: readonly string[];
  /** The caller's own data besides category and tags. */
  readonly metadata?: { readonly [name: string]: Json };
  readonly lane?: Lane;
  readonly idempotencyKey?: string;
  /** Epoch ms. */
  readonly scheduledAt?: number;
  readonly groupId?: string;
  /** Name of the configured provider to use instead of the tenant's route. */
  readonly provider?: string;
  /** W3C trace context of the caller; no part of what is said. */
  readonly traceparent?: string;
  /** What it says of itself; the rest is its tenant's. */
  readonly tracking?: AskedTracking;
  /** Recipients can turn off mail of this category, by a link of their own. */
  readonly unsubscribe?: Unsubscribable;
  /** Whom a notification is for: the caller's id of a subscriber. No door takes it. */
  readonly subscriber?: string;
  /** Where its reader says that it is looked after, as of an escalation. No door takes it. */
  readonly acknowledgeUrl?: string;
}

/** What the link of a message turns off. */
export interface Unsubscribable {
  /** The caller's name for mail of one kind; no part of how the message is filed. */
  readonly category: string;
}

export interface Recipient {
  /** Position within the message, from 0; stable. */
  readonly position: number;
  readonly address: string;
  readonly kind: RecipientKind;
}

/** An accepted submission as the store keeps it: everything that was fixed at accept time. */
export interface Message {
  readonly id: string;
  readonly tenantId: string;
  /** Epoch ms; also the `Date:` of the message. */
  readonly createdAt: number;
  readonly door: Submission['door'];
  readonly from: Mailbox;
  /** Reverse path; empty for the null sender. */
  readonly envelopeFrom: string;
  readonly to: readonly Mailbox[];
  readonly cc: readonly Mailbox[];
  readonly replyTo?: string;
  readonly subject: string;
  /** `<id@host>`; never changes between attempts. */
  readonly messageIdHeader: string;
  readonly content: Content;
  readonly attachments: readonly Attachment[];
  /** Still to be fetched; absent when there is none. */
  readonly attachmentUrls?: readonly PendingAttachment[];
  readonly category?: string;
  readonly tags: readonly string[];
  readonly metadata?: { readonly [name: string]: Json };
  readonly lane: Lane;
  readonly scheduledAt?: number;
  readonly groupId?: string;
  readonly provider?: string;
  readonly maxAttempts: number;
  /** W3C trace context that its attempts join. */
  readonly traceparent?: string;
  /** Absent: its reading is not noted. */
  readonly tracking?: Tracking;
  readonly unsubscribe?: Unsubscribable;
  readonly subscriber?: string;
  readonly acknowledgeUrl?: string;
}

/** A claimed message: what one attempt needs. The lease is lost once the store holds another fence. */
export interface Job {
  readonly message: Message;
  /** Recipients still open, suppressed ones included. */
  readonly recipients: readonly Recipient[];
  /** Positions of open recipients that are on the tenant's suppression list now, or unsubscribed; they are not to be mailed. */
  readonly suppressed: readonly number[];
  /** Those of them that are there because they turned off what the message is; absent where nobody did. */
  readonly unsubscribed?: readonly number[];
  /** Final statuses that other recipients of this message have from earlier attempts; absent when there are none. */
  readonly settled?: readonly Status[];
  /** It was given up for some of those: a dead letter, once none is open. */
  readonly gaveUp?: true;
  /** Attempts already made and counted. */
  readonly attempts: number;
  /** How often each provider has had it, counted as an attempt or not; absent where that decides nothing: one recipient is open. */
  readonly handovers?: ReadonlyMap<string, number>;
  /** How often the process died while it was under way; absent where it never did. */
  readonly deaths?: number;
  /** The provider that was given it in one of these and never answered, so that it may have taken it. */
  readonly unanswered?: string;
  readonly fence: number;
  /** Epoch ms at which the lease ends. */
  readonly leaseUntil: number;
}

/** What an event may be about besides a message. */
export const subjectKinds = ['tenant', 'notification'] as const;
export interface EventSubject {
  readonly kind: (typeof subjectKinds)[number];
  readonly id: string;
}

/** One line of the history of a message, or of something else of a tenant. */
export interface LoggedEvent {
  /** Where it is in the log of all events. Opaque: a follower gives it back, and only the store compares two. */
  readonly position: string;
  readonly tenantId: string;
  /** Absent where it is about its subject. */
  readonly messageId?: string;
  readonly subject?: EventSubject;
  /** Grows within a message or subject, from 1. */
  readonly sequence: number;
  readonly type: EventType;
  /** Epoch ms. */
  readonly at: number;
  /** The address it is about; absent where it is about the whole message. */
  readonly recipient?: string;
  readonly data: { readonly [name: string]: Json };
  /** Absent where its caller said nothing to know it by. */
  readonly marks?: Marks;
}

/** What a caller gave a message to know it by. */
export interface Marks {
  readonly tags?: readonly string[];
  readonly category?: string;
  readonly groupId?: string;
  readonly idempotencyKey?: string;
  /** Absent too where it is larger than events carry. */
  readonly metadata?: { readonly [name: string]: Json };
}
