/**
 * What SendGrid posts: events in batches, signed by ECDSA. https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
 * and …/tracking-events/getting-started-event-webhook-security-features, read 2026-11-30.
 */

import { createVerify, type KeyObject } from 'node:crypto';
import type { BounceReason, FeedbackEvent } from '../../../db/verbs/feedback.ts';
import { diagnose } from '../bounce-class.ts';
import { hashBeforeProof } from '../callbacks/before-proof.ts';
import { at, secondsAt, textAt } from '../callbacks/fields.ts';
import { readInRounds } from '../callbacks/rounds.ts';
import { aboutOf, bounceOf, judgeBounce, readingOf } from '../callbacks/told.ts';
import type { Callback, Inbound, VendorFeedback } from '../inbound.ts';

const SIGNATURE = 'x-twilio-email-event-webhook-signature';
const TIMESTAMP = 'x-twilio-email-event-webhook-timestamp';

const KINDS: Readonly<Record<string, FeedbackEvent>> = {
  delivered: 'delivered',
  deferred: 'delivery_delayed',
  bounce: 'bounced',
  // It was not sent at all: SendGrid has the address on a list, or found a fault.
  dropped: 'bounced',
  spamreport: 'complained',
  open: 'opened',
  click: 'clicked',
  unsubscribe: 'unsubscribed',
  group_unsubscribe: 'unsubscribed',
};

export function createSendgridInbound(key: KeyObject): Inbound {
  return {
    async read(callback) {
      const signature = callback.header(SIGNATURE);
      if (signature === undefined || signature === '') return { kind: 'refused', reason: 'no_proof' };
      if (!(await isSigned(callback, signature, key))) return { kind: 'refused', reason: 'wrong_proof' };
      const events = await callback.json();
      if (!Array.isArray(events)) {
        return { kind: 'garbage', why: 'The body is not a JSON array, as every batch of events of SendGrid is' };
      }
      return readInRounds(events, (event) => feedbackOf(event, callback.now));
    },
  };
}

async function isSigned({ header, body }: Callback, signature: string, key: KeyObject): Promise<boolean> {
  const signed = createVerify('sha256').update(header(TIMESTAMP) ?? '');
  return (await hashBeforeProof(signed, body)).verify(key, Buffer.from(signature, 'base64'));
}

/** Undefined: it means nothing here. */
function feedbackOf(event: unknown, now: number): VendorFeedback | undefined {
  const name = textAt(event, 'event') ?? '';
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind === undefined) return undefined;
  const eventId = textAt(event, 'sg_event_id');
  const recipient = textAt(event, 'email');
  return {
    ...{ kind, at: secondsAt(event, 'timestamp') ?? now, data: dataOf(event, name, recipient) },
    ...(eventId !== undefined && { eventId }),
    ...(recipient !== undefined && { recipient }),
    about: aboutOf({
      messageId: textAt(event, 'iep_message'),
      providerMessageId: messageIdOf(textAt(event, 'sg_message_id')),
      messageIdHeader: textAt(event, 'smtp-id'),
    }),
  };
}

/** What `X-Message-Id` was when the message was taken: behind it stands which machine dealt with it, and the recipient. */
function messageIdOf(id: string | undefined): string | undefined {
  return id?.split(/\.(?:filter|recvd)/)[0];
}

function dataOf(event: unknown, name: string, recipient: string | undefined): VendorFeedback['data'] {
  const userAgent = textAt(event, 'useragent');
  switch (name) {
    case 'bounce':
      return bounceData(event, recipient);
    case 'dropped':
      return bounceOf('vendor-suppressed', diagnose(textAt(event, 'reason'), textAt(event, 'status')));
    case 'deferred':
      return bounceOf('soft', diagnose(textAt(event, 'response'), textAt(event, 'status')));
    case 'open': {
      const isMachine = at(event, 'sg_machine_open');
      return readingOf({ userAgent, ...(typeof isMachine === 'boolean' && { isMachine }) });
    }
    case 'click':
      return readingOf({ url: textAt(event, 'url'), userAgent });
    default:
      return {};
  }
}

/** By SendGrid's own classes, which say nothing of the address. */
const NOT_THE_ADDRESS: Readonly<Record<string, BounceReason>> = {
  content: 'policy',
  reputation: 'policy',
  'frequency or volume too high': 'policy',
  technical: 'soft',
  'technical failure': 'soft',
};

function bounceData(event: unknown, recipient: string | undefined): VendorFeedback['data'] {
  const diagnosis = diagnose(textAt(event, 'reason'), textAt(event, 'status'));
  if (NO_DOMAIN.test(diagnosis.diagnostic ?? '')) return bounceOf('hard', diagnosis);
  const classified = textAt(event, 'bounce_classification')?.toLowerCase() ?? '';
  const own = Object.hasOwn(NOT_THE_ADDRESS, classified) ? NOT_THE_ADDRESS[classified] : undefined;
  const judged = own ?? judgeBounce(diagnosis, recipient, 'hard');
  const lesser = OTHER_BOUNCES.get(textAt(event, 'type') ?? '');
  return bounceOf(lesser !== undefined && judged === 'hard' ? lesser : judged, diagnosis);
}

/**
 * SendGrid found no server for the domain of the address, and calls that `blocked`:
 * https://github.com/discourse/discourse/commit/fbe5a9c71096dde8d7d59a0b2bec932b22c38a05, read 2026-12-01.
 */
const NO_DOMAIN = /^unable to get mx info/i;

/** By the type: refused for what the message or its sender is; or tried for as long as SendGrid tries. */
const OTHER_BOUNCES: ReadonlyMap<string, BounceReason> = new Map([
  ['blocked', 'policy'],
  ['expired', 'soft'],
]);
