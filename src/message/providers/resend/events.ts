/**
 * What Resend posts, signed as Svix does: one event in a callback. https://resend.com/docs/webhooks/event-types and
 * https://docs.svix.com/receiving/verifying-payloads/how-manual, read 2026-11-30.
 */

import { createHmac } from 'node:crypto';
import { isRecord } from '../../../core/is-record.ts';
import { readMailbox } from '../../../core/mailbox-list.ts';
import type { BounceReason, FeedbackEvent } from '../../../db/verbs/feedback.ts';
import { diagnose } from '../bounce-class.ts';
import { hashBeforeProof } from '../callbacks/before-proof.ts';
import { dateAt, listAt, secondsAt, textAt } from '../callbacks/fields.ts';
import { isSame } from '../callbacks/same.ts';
import { aboutOf, bounceOf, judgeBounce, readingOf } from '../callbacks/told.ts';
import type { Callback, CallbackResult, Inbound, ProofFault, VendorFeedback } from '../inbound.ts';

const MAX_AGE_MS = 5 * 60_000;
/** Signatures that are looked at: one for each secret while one takes the place of the other. */
const MAX_SIGNATURES = 10;
/** Recipients of one request. */
const MAX_RECIPIENTS = 50;
/** Characters of what a server said. */
const MAX_SAID = 1_000;

const KINDS: Readonly<Record<string, FeedbackEvent>> = {
  'email.delivered': 'delivered',
  'email.delivery_delayed': 'delivery_delayed',
  'email.bounced': 'bounced',
  'email.suppressed': 'bounced',
  // It was not sent at all: a quota, a domain.
  'email.failed': 'bounced',
  'email.complained': 'complained',
  'email.opened': 'opened',
  'email.clicked': 'clicked',
};

/** `secret`: `whsec_` and base64. */
export function createResendInbound(secret: string): Inbound {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return {
    async read(callback) {
      const reason = await whyRefused(callback, key);
      if (reason !== undefined) return { kind: 'refused', reason };
      const id = callback.header('svix-id');
      const event = await callback.json();
      if (!isRecord(event))
        return { kind: 'garbage', why: 'The body is not a JSON object, as every event of Resend is' };
      return eventsOf(event, { id, now: callback.now });
    },
  };
}

async function whyRefused({ header, body, now }: Callback, key: Buffer): Promise<ProofFault | undefined> {
  const timestamp = header('svix-timestamp');
  const shown = header('svix-signature') ?? '';
  if (shown === '') return 'no_proof';
  const signed = createHmac('sha256', key).update(`${header('svix-id')}.${timestamp}.`);
  const wanted = (await hashBeforeProof(signed, body)).digest('base64');
  const signatures = shown.split(' ').slice(0, MAX_SIGNATURES);
  const matches = signatures.filter((one) => isSame(one, `v1,${wanted}`)).length;
  const sentAt = secondsAt(timestamp);
  if (matches === 0) return 'wrong_proof';
  return sentAt !== undefined && Math.abs(now - sentAt) <= MAX_AGE_MS ? undefined : 'too_old';
}

function eventsOf(event: unknown, heard: { readonly id: string | undefined; readonly now: number }): CallbackResult {
  const type = textAt(event, 'type') ?? '';
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (kind === undefined) return { kind: 'events', feedback: [], unknown: 1 };
  const common = {
    ...{ kind, at: dateAt(event, 'created_at') ?? heard.now },
    ...(heard.id !== undefined && { eventId: heard.id }),
    about: aboutOf({
      messageId: textAt(event, 'data', 'tags', 'iep_message'),
      providerMessageId: textAt(event, 'data', 'email_id'),
      messageIdHeader: textAt(event, 'data', 'message_id'),
    }),
  };
  const feedback = meantBy(event, type).map(
    ({ recipient, said }): VendorFeedback => ({
      ...common,
      ...(recipient !== undefined && { recipient }),
      data: dataOf(event, { type, recipient, said }),
    }),
  );
  return { kind: 'events', feedback, unknown: 0 };
}

interface Meant {
  /** Absent: nobody is named. The store knows whether the request had one recipient alone. */
  readonly recipient?: string | undefined;
  /** Of the server, `550 5.1.1 user unknown`. */
  readonly said?: string | undefined;
}

/**
 * Whom an event is about. `to` is of the request: whatever happens to one of its recipients is told with all of them, and `bcc` stands
 * nowhere. So nobody is meant but who is named by what the server said. https://github.com/resend/resend-python/issues/68
 */
function meantBy(event: unknown, type: string): readonly Meant[] {
  const all = saidIn(event, GROUPS[type] ?? '');
  const told = all.map((said) => ({ said, recipient: namedIn(said, event) }));
  const named = told.filter(({ recipient }) => recipient !== undefined);
  return named.length > 0 ? named : [{ said: all[0] }];
}

/** The member that has what the server said. */
const GROUPS: Readonly<Record<string, string>> = { 'email.bounced': 'bounce', 'email.suppressed': 'suppressed' };

/** `smtp; 550 5.1.1 user unknown`. */
function saidIn(event: unknown, group: string): readonly string[] {
  return listAt(event, 'data', group, 'diagnosticCode')
    .slice(0, MAX_RECIPIENTS)
    .filter((said) => typeof said === 'string')
    .map((said) => said.slice(0, MAX_SAID).replace(/^smtp; */i, ''))
    .filter((said) => said !== '');
}

/** One of `to`; else who stands in brackets, as servers write who they refuse: `<jo@example.com>: user unknown`. */
function namedIn(said: string, event: unknown): string | undefined {
  const to = new Set(listAt(event, 'data', 'to').slice(0, MAX_RECIPIENTS).map(addressOf));
  const words = said.split(/[\s<>()[\]:;,"']+/).map((word) => addressOf(word.replace(/\.$/, '')));
  const shown = words.find((address) => address !== undefined && to.has(address));
  if (shown !== undefined) return shown;
  const bracketed = addressOf(/<([^<>@\s]+@[^<>@\s]+)>/.exec(said)?.[1]);
  return bracketed === addressOf(textAt(event, 'data', 'from')) ? undefined : bracketed;
}

function dataOf(event: unknown, { type, recipient, said }: Meant & { readonly type: string }): VendorFeedback['data'] {
  switch (type) {
    case 'email.bounced':
      return bounceData(event, { recipient, said });
    case 'email.suppressed':
      return bounceOf('vendor-suppressed', diagnose(said ?? textAt(event, 'data', 'suppressed', 'message')));
    case 'email.failed':
      return bounceOf('policy', diagnose(textAt(event, 'data', 'failed', 'reason')));
    case 'email.clicked': {
      const [url, userAgent] = ['link', 'userAgent'].map((name) => textAt(event, 'data', 'click', name));
      return readingOf({ url, userAgent });
    }
    case 'email.opened':
      return readingOf({ userAgent: textAt(event, 'data', 'open', 'userAgent') });
    default:
      return {};
  }
}

/** What is refused of the content says nothing of the address. */
const OF_CONTENT = ['MessageTooLarge', 'ContentRejected', 'AttachmentRejected'];

function bounceData(event: unknown, { recipient, said }: Meant): VendorFeedback['data'] {
  const [type, subType = '', message = ''] = ['type', 'subType', 'message'].map((n) =>
    textAt(event, 'data', 'bounce', n),
  );
  const diagnosis = diagnose(said ?? message);
  const isSuppressed = /suppress/i.test(subType) || message.includes('suppressed sending');
  const reason = ((): BounceReason => {
    if (isSuppressed) return 'vendor-suppressed';
    if (OF_CONTENT.includes(subType)) return 'policy';
    const judged = judgeBounce(diagnosis, recipient, type === 'Permanent' ? 'hard' : 'soft');
    return judged === 'hard' && type === 'Transient' ? 'soft' : judged;
  })();
  return bounceOf(reason, diagnosis);
}

function addressOf(to: unknown): string | undefined {
  return typeof to === 'string' ? readMailbox(to)?.email : undefined;
}
