/**
 * What Postmark posts, with a user and a password: one event in a callback. https://postmarkapp.com/developer/webhooks/webhooks-overview
 * and https://postmarkapp.com/developer/api/bounce-api#bounce-types, read 2026-11-30.
 */

import { isRecord } from '../../../core/is-record.ts';
import type { BounceReason, FeedbackKind } from '../../../db/verbs/feedback.ts';
import { type Diagnosis, diagnose } from '../bounce-class.ts';
import { at, dateAt, textAt } from '../callbacks/fields.ts';
import { isSame } from '../callbacks/same.ts';
import { aboutOf, bounceOf, judgeBounce, readingOf } from '../callbacks/told.ts';
import type { Callback, CallbackResult, Inbound, VendorFeedback } from '../inbound.ts';

export function createPostmarkInbound(login: { readonly user: string; readonly password: string }): Inbound {
  const wanted = `${login.user}:${login.password}`;
  return {
    async read(callback) {
      const login = loginOf(callback);
      if (!isSame(login, wanted)) return { kind: 'refused', reason: login === '' ? 'no_proof' : 'wrong_proof' };
      const event = await callback.json();
      if (!isRecord(event))
        return { kind: 'garbage', why: 'The body is not a JSON object, as every event of Postmark is' };
      return eventsOf(event, callback.now);
    },
  };
}

/** RFC 7617. */
function loginOf({ header }: Callback): string {
  const [, encoded = ''] = /^basic +(\S+)$/i.exec(header('authorization') ?? '') ?? [];
  return Buffer.from(encoded, 'base64').toString('utf8');
}

interface Meaning {
  readonly kind: FeedbackKind;
  readonly data: VendorFeedback['data'];
}

function eventsOf(event: unknown, now: number): CallbackResult {
  const recipient = textAt(event, 'Recipient') ?? textAt(event, 'Email');
  const meaning = meaningOf(event, recipient);
  if (meaning === undefined) return { kind: 'events', feedback: [], unknown: 1 };
  const times = ['DeliveredAt', 'BouncedAt', 'ReceivedAt', 'ChangedAt'].map((name) => dateAt(event, name));
  const id = at(event, 'ID');
  const feedback: VendorFeedback = {
    ...{ ...meaning, at: times.find((time) => time !== undefined) ?? now },
    // Of bounces and complaints; the others have none.
    ...((typeof id === 'number' || typeof id === 'string') && { eventId: String(id) }),
    ...(recipient !== undefined && { recipient }),
    about: aboutOf({
      messageId: textAt(event, 'Metadata', 'iep-message'),
      providerMessageId: textAt(event, 'MessageID'),
      messageIdHeader: undefined,
    }),
  };
  return { kind: 'events', feedback: [feedback], unknown: 0 };
}

function meaningOf(event: unknown, recipient: string | undefined): Meaning | undefined {
  const userAgent = textAt(event, 'UserAgent');
  switch (textAt(event, 'RecordType')) {
    case 'Delivery':
      return { kind: 'delivered', data: {} };
    case 'SpamComplaint':
      return { kind: 'complained', data: {} };
    case 'Open':
      return { kind: 'opened', data: readingOf({ userAgent }) };
    case 'Click':
      return { kind: 'clicked', data: readingOf({ url: textAt(event, 'OriginalLink'), userAgent }) };
    case 'SubscriptionChange':
      return at(event, 'SuppressSending') === true ? suppressionOf(textAt(event, 'SuppressionReason')) : undefined;
    case 'Bounce':
      return bounceMeaning(event, recipient);
    default:
      return undefined;
  }
}

/** Postmark does not mail the address from now on. */
function suppressionOf(reason: string | undefined): Meaning {
  if (reason === 'SpamComplaint') return { kind: 'complained', data: {} };
  // The bounce itself is told apart from this.
  if (reason === 'HardBounce') return { kind: 'bounced', data: bounceOf('vendor-suppressed', {}) };
  return { kind: 'unsubscribed', data: {} };
}

/** What is told as a bounce and is none. */
const NO_BOUNCES: Readonly<Record<string, FeedbackKind>> = {
  SpamComplaint: 'complained',
  Unsubscribe: 'unsubscribed',
  AutoResponder: 'auto_reply',
  AddressChange: 'auto_reply',
  ChallengeVerification: 'challenge',
};

/** What the server said decides where a type alone leaves it open. */
const REASONS: Readonly<Record<string, (diagnosis: Diagnosis, recipient: string | undefined) => BounceReason>> = {
  HardBounce: (diagnosis, recipient) => judgeBounce(diagnosis, recipient, 'hard'),
  BadEmailAddress: () => 'hard',
  SoftBounce: (diagnosis, recipient) => (judgeBounce(diagnosis, recipient, 'soft') === 'policy' ? 'policy' : 'soft'),
  Transient: () => 'soft',
  DnsError: () => 'soft',
  Unknown: () => 'soft',
  SpamNotification: () => 'policy',
  VirusNotification: () => 'policy',
  Blocked: () => 'policy',
  DMARCPolicy: () => 'policy',
  ManuallyDeactivated: () => 'vendor-suppressed',
  Unconfirmed: () => 'vendor-suppressed',
  // Its SMTP endpoint took a whole message, and it did not leave: https://postmarkapp.com/developer/webhooks/smtp-api-error
  SMTPApiError: () => 'vendor-suppressed',
};

function bounceMeaning(event: unknown, recipient: string | undefined): Meaning | undefined {
  const type = textAt(event, 'Type') ?? '';
  const kind = Object.hasOwn(NO_BOUNCES, type) ? NO_BOUNCES[type] : undefined;
  if (kind !== undefined) return { kind, data: {} };
  const reasonOf = Object.hasOwn(REASONS, type) ? REASONS[type] : undefined;
  if (reasonOf === undefined) return undefined;
  const said = textAt(event, 'Details')?.replace(/^smtp; */i, '') ?? textAt(event, 'Description');
  const diagnosis = diagnose(said);
  return { kind: 'bounced', data: bounceOf(reasonOf(diagnosis, recipient), diagnosis) };
}
