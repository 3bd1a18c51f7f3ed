/**
 * The interface of a way out. A provider takes one message for some recipients and answers with an outcome for each;
 * it never throws for a failure of delivery, never retries, and never decides what happens next.
 * What differs between vendors is a capability here, never an `if` elsewhere.
 */

import type { Readable } from 'node:stream';
import type { Attachment, Json, Mailbox, Rendered } from '../../core/message.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Stop } from '../../core/stop.ts';
import type { EventQueue } from './event-queue.ts';
import type { Inbound } from './inbound.ts';

/** One message on its way out, for the recipients of this attempt. */
export interface Parcel {
  readonly messageId: string;
  readonly tenantId: string;
  readonly messageIdHeader: string;
  readonly from: Mailbox;
  /** Reverse path; empty for the null sender. */
  readonly envelopeFrom: string;
  /** By position: the envelope sender of that recipient's copy in place of `envelopeFrom`, where later news of it is to come back. */
  readonly returnPath?: (position: number) => string;
  readonly to: readonly Mailbox[];
  readonly cc: readonly Mailbox[];
  readonly replyTo?: string;
  /** Envelope recipients of this attempt. */
  readonly recipients: readonly { readonly position: number; readonly address: string }[];
  /** Absent for a raw message, which only `mime` can give. */
  readonly rendered?: Rendered;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly attachments: readonly Attachment[];
  /** What the caller gave the message to know it by; vendors give it back with what they report. */
  readonly tags: readonly string[];
  readonly category?: string;
  readonly metadata?: { readonly [name: string]: Json };
  /** An address or the header needs SMTPUTF8 (RFC 6531). */
  readonly smtpUtf8: boolean;
  /** The header itself is UTF-8, so that no recipient can have it without SMTPUTF8. */
  readonly utf8Header?: boolean;
  /** Size of `mime` in bytes where it is known without composing. */
  readonly size?: number;
  /** The RFC 5322 message, CRLF line ends, not dot-stuffed. The same bytes on every call. */
  mime(): Promise<Uint8Array | Readable>;
  /** Those of one of the attachments, for a provider that takes the parts. */
  bytesOf(attachment: Attachment): Promise<Uint8Array>;
}

export interface SendResult {
  /** One for each of the parcel's recipients, by position. */
  readonly outcomes: ReadonlyMap<number, Outcome>;
  /**
   * What the provider calls the message, by position, where it says: one request for several recipients gives them one id, and
   * several requests give several.
   */
  readonly ids?: ReadonlyMap<number, string>;
  /** Exact bytes given, where the provider keeps them. */
  readonly kept?: Uint8Array;
  /** What was said on the wire, at most 4 KiB, without credentials; only where not everybody was accepted. */
  readonly transcript?: string;
}

/**
 * Called between two requests of one send, with what the one before was answered. Resolves when that is on disk and the next may
 * go. False: no further one may, for the message is another's by now.
 */
export type BetweenRequests = (given: Pick<SendResult, 'outcomes'>) => Promise<boolean>;

export interface Health {
  readonly ok: boolean;
  /** One sentence; says what to do when not ok. */
  readonly detail: string;
  /** Not ok because the account is refused. */
  readonly account?: true;
}

/** What a provider can do, as far as it decides how it is used. */
export interface Capabilities {
  /** What it gives on of a message: the RFC 5322 form, the parts it was made of, or whichever it is. */
  readonly takes: 'mime' | 'parts' | 'either';
  /** Of one request; absent: what it takes is seen when it is tried. */
  readonly maxBytes?: number;
  readonly maxRecipients?: number;
  /** Gives messages on as they are to servers that judge them: they leave with our DKIM signature, where there is a key. */
  readonly wantsDkim: boolean;
  /** Lets later news of a message come to the envelope sender that it is given. */
  readonly returnPath?: boolean;
  /** Knows a message again that it is given twice with one key, and takes it once. */
  readonly idempotent: boolean;
}

export interface Provider {
  /** Name in the configuration. */
  readonly name: string;
  /** That of its type in the registry. */
  readonly type: string;
  readonly capabilities: Capabilities;
  /** Messages it takes at once; the outbox hands it no more. */
  readonly concurrency: number;
  /** Requests it may be given a second; absent: as many as it takes. */
  readonly maxPerSecond?: number;
  /** The operator gives it nothing for now: its mail goes another way, or waits. */
  readonly paused?: true;
  /** Names that it had before: what is told of mail that went by them is told of it. */
  readonly formerNames?: readonly string[];
  /**
   * Hands the parcel over. Once a stop has begun it begins no further transaction: those whom it did not reach are
   * `unavailable` and `busy`. A send that is broken off after its data left is `unknown`. Resolves within the provider's
   * own time limits, whatever the other side does, and the time that `between` takes.
   */
  send(parcel: Parcel, stop: Stop, between?: BetweenRequests): Promise<SendResult>;
  /** Connects and logs in, without sending. Resolves like `send`, within its own time limits and whatever happens. */
  check(): Promise<Health>;
  /** Closes idle connections at once and the rest when their messages are done; it waits for no check. */
  close(): Promise<void>;
  /** Reads what its vendor posts; absent where that posts nothing, or the key is not set that proves it. */
  readonly inbound?: Inbound;
  /** Where its vendor has events wait for us; absent where it has none, or none is named. */
  readonly queue?: EventQueue;
}

/** What a type makes; the registry gives it its name and says what it can do. */
export type Carrier = Pick<Provider, 'concurrency' | 'send' | 'check' | 'close' | 'queue'> & {
  /** Secrets that it has come to know since, such as tokens. */
  learned?(): readonly string[];
};
