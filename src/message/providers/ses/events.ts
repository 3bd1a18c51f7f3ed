/**
 * What SES tells of mail, in both of its forms: event publishing (`eventType`) and the older notifications (`notificationType`).
 * https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html and
 * https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html, read 2026-11-30.
 */

import { createHash } from 'node:crypto';
import { readMailbox } from '../../../core/mailbox-list.ts';
import type { BounceReason, FeedbackAbout, FeedbackEvent } from '../../../db/verbs/feedback.ts';
import { type Diagnosis, diagnose } from '../bounce-class.ts';
import { at, dateAt, listAt, textAt } from '../callbacks/fields.ts';
import { aboutOf, bounceOf, judgeBounce, readingOf } from '../callbacks/told.ts';
import type { VendorFeedback } from '../inbound.ts';

export interface ToldEvents {
  readonly feedback: readonly VendorFeedback[];
  /** Events that mean nothing here. */
  readonly unknown: number;
}

/** Recipients of a request, and some more. */
const MAX_RECIPIENTS = 100;

const NOTHING: ToldEvents = { feedback: [], unknown: 1 };

interface Kind {
  readonly kind: FeedbackEvent;
  /** The member of the event that tells of it. */
  readonly member: string;
  /** The member of that which lists whom it is about; absent: everybody that the mail went to. */
  readonly recipients?: string;
  data(event: unknown, recipient: unknown, address: string | undefined): VendorFeedback['data'];
}

const nothing = () => ({});

/** By `eventType`. Of `Send` and `Rendering Failure` nothing follows: the one is known, the other is of templates at SES. */
const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['Delivery', { kind: 'delivered', member: 'delivery', recipients: 'recipients', data: nothing }],
  [
    'DeliveryDelay',
    {
      ...{ kind: 'delivery_delayed', member: 'deliveryDelay', recipients: 'delayedRecipients' },
      data: (_event, recipient) => ({ ...diagnosisOf(recipient) }),
    },
  ],
  ['Bounce', { ...{ kind: 'bounced', member: 'bounce', recipients: 'bouncedRecipients' }, data: bounceData }],
  // A virus: the mail was taken and did not leave.
  [
    'Reject',
    {
      ...{ kind: 'bounced', member: 'reject' },
      data: (event) => bounceOf('policy', diagnose(textAt(event, 'reject', 'reason'))),
    },
  ],
  [
    'Complaint',
    { ...{ kind: 'complained', member: 'complaint', recipients: 'complainedRecipients' }, data: complaintData },
  ],
  [
    'Open',
    {
      ...{ kind: 'opened', member: 'open' },
      data: (event) => readingOf({ userAgent: textAt(event, 'open', 'userAgent') }),
    },
  ],
  [
    'Click',
    {
      ...{ kind: 'clicked', member: 'click' },
      data: (event) =>
        readingOf({ url: textAt(event, 'click', 'link'), userAgent: textAt(event, 'click', 'userAgent') }),
    },
  ],
  ['Subscription', { kind: 'unsubscribed', member: 'subscription', data: nothing }],
]);

/** `event`: JSON that was read, of whatever kind. `now`: the time of one that tells none; epoch ms. */
export function eventsIn(event: unknown, now: number): ToldEvents {
  const kind = kindOf(event);
  if (kind === undefined) return NOTHING;
  const told = dateAt(event, kind.member, 'timestamp') ?? dateAt(event, 'mail', 'timestamp');
  const about = aboutIn(event);
  const listed = listAt(
    event,
    ...(kind.recipients === undefined ? ['mail', 'destination'] : [kind.member, kind.recipients]),
  );
  const recipients = saysOfEach(kind) || listed.length === 1 ? listed.slice(0, MAX_RECIPIENTS) : [];
  return {
    unknown: 0,
    feedback: (recipients.length > 0 ? recipients : [undefined]).map((recipient): VendorFeedback => {
      const address = addressOf(recipient);
      return {
        ...{ kind: kind.kind, at: told ?? now, about, eventId: idOf(event, kind) },
        ...(address !== undefined && { recipient: address }),
        data: kind.data(event, recipient, address),
      };
    }),
  };
}

/**
 * Whether an event is about each of those that it lists. An event of all says of none whether it was he; a complaint lists who may have
 * complained: https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#complained-recipients, read 2026-11-30.
 */
function saysOfEach({ kind, recipients }: Kind): boolean {
  return kind === 'bounced' || (recipients !== undefined && kind !== 'complained');
}

function kindOf(event: unknown): Kind | undefined {
  const kind = KINDS.get(textAt(event, 'eventType') ?? textAt(event, 'notificationType') ?? '');
  if (kind?.kind === 'complained') {
    if (textAt(event, 'complaint', 'complaintFeedbackType') === 'not-spam') return undefined;
    // It did not leave, because somebody complained before.
    if (textAt(event, 'complaint', 'complaintSubType') === 'OnAccountSuppressionList')
      return { ...kind, kind: 'bounced' };
  }
  const isLeft = at(event, 'subscription', 'newTopicPreferences', 'unsubscribeAll') === true;
  return kind?.kind === 'unsubscribed' && !isLeft ? undefined : kind;
}

/** What is told twice has one id, however it came: SNS and SQS give it ids of their own. The store adds the recipient. */
function idOf(event: unknown, { member }: Kind): string {
  const told = [at(event, 'mail', 'messageId'), member, at(event, member)];
  return createHash('sha256').update(JSON.stringify(told)).digest('base64url');
}

function aboutIn(event: unknown): FeedbackAbout {
  const headers = listAt(event, 'mail', 'headers');
  const header = (name: string) =>
    textAt(
      headers.find((one) => textAt(one, 'name')?.toLowerCase() === name),
      'value',
    );
  const [tagged] = listAt(event, 'mail', 'tags', 'iep-message');
  // What came in over NATS names the message and its group (nats/send-email.ts).
  const messageId = tagged ?? header('x-lfx-tracking-id')?.trim().split('/')[0];
  return aboutOf({
    messageId: typeof messageId === 'string' ? messageId : undefined,
    providerMessageId: textAt(event, 'mail', 'messageId'),
    messageIdHeader: header('message-id'),
  });
}

/** A recipient is an address, or has one. */
function addressOf(recipient: unknown): string | undefined {
  const text = typeof recipient === 'string' ? recipient : textAt(recipient, 'emailAddress');
  return text === undefined ? undefined : readMailbox(text)?.email;
}

/** `smtp; 550 5.1.1 user unknown`. */
function diagnosisOf(recipient: unknown): Diagnosis {
  const said = textAt(recipient, 'diagnosticCode')?.replace(/^smtp; */i, '');
  return diagnose(said, textAt(recipient, 'status'));
}

/**
 * By `bounceSubType`; those that are not here are judged by what the server said.
 * https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types, read 2026-11-30.
 */
const REASONS: ReadonlyMap<string, BounceReason> = new Map([
  ['NoEmail', 'hard'],
  ['Suppressed', 'vendor-suppressed'],
  ['OnAccountSuppressionList', 'vendor-suppressed'],
  ['UnsubscribedRecipient', 'vendor-suppressed'],
  ['MailboxFull', 'soft'],
  ['MessageTooLarge', 'policy'],
  ['ContentRejected', 'policy'],
  ['AttachmentRejected', 'policy'],
]);

function bounceData(event: unknown, recipient: unknown, address: string | undefined): VendorFeedback['data'] {
  const diagnosis = diagnosisOf(recipient);
  const isPermanent = textAt(event, 'bounce', 'bounceType') === 'Permanent';
  const known = REASONS.get(textAt(event, 'bounce', 'bounceSubType') ?? '');
  return bounceOf(known ?? judged(diagnosis, isPermanent, address), diagnosis);
}

/**
 * SES tries a domain that DNS does not have for 14 hours and then calls that transient, with the words of
 * https://github.com/mozilla/fxa/issues/514, read 2026-11-30.
 */
const NO_DOMAIN = /unable to lookup dns for/i;

/** SES gave up on what is not permanent, and did not find the address at fault. */
function judged(diagnosis: Diagnosis, isPermanent: boolean, address: string | undefined): BounceReason {
  if (NO_DOMAIN.test(diagnosis.diagnostic ?? '')) return 'hard';
  const otherwise = isPermanent ? 'hard' : 'soft';
  const reason = judgeBounce(diagnosis, address, otherwise);
  return reason === 'hard' ? otherwise : reason;
}

function complaintData(event: unknown): VendorFeedback['data'] {
  if (textAt(event, 'complaint', 'complaintSubType') === 'OnAccountSuppressionList')
    return bounceOf('vendor-suppressed', {});
  const feedbackType = textAt(event, 'complaint', 'complaintFeedbackType');
  return feedbackType === undefined ? {} : { feedbackType };
}
