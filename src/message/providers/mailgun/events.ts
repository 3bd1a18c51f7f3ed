/**
 * What Mailgun posts: one event in a callback, with a signature of a time and a token, and not of the event; so a token is good
 * once. https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks and …/webhooks/webhook-payloads, read
 * 2026-11-30.
 */

import { createHmac } from 'node:crypto';
import { isRecord } from '../../../core/is-record.ts';
import type { BounceReason, FeedbackEvent, OneUseToken } from '../../../db/verbs/feedback.ts';
import { type Diagnosis, diagnose } from '../bounce-class.ts';
import { jsonBeforeProof } from '../callbacks/before-proof.ts';
import { at, secondsAt, textAt } from '../callbacks/fields.ts';
import { isSame } from '../callbacks/same.ts';
import { aboutOf, bounceOf, judgeBounce, readingOf } from '../callbacks/told.ts';
import type { CallbackResult, Inbound, ProofFault, VendorFeedback } from '../inbound.ts';

/**
 * The signature covers no event, so a short age bounds what somebody can make of one that they have read. What Mailgun posts again
 * later than this keeps the time of its first try, and is refused:
 * https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-retries, read 2026-11-30.
 */
const MAX_AGE_MS = 15 * 60_000;
/** More than Mailgun posts of one event, with all variables that a message may have (4 KB). */
const BOUNDS = { maxBytes: 256 * 1024, maxValues: 2_000 };
/** Characters; Mailgun's have 50. */
const MAX_TOKEN = 200;

/** Of a subaccount's event there are two: by the subaccount's key, and by that of the account above it. */
const SIGNATURES = ['signature', 'parent-signature'];

const KINDS: Readonly<Record<string, FeedbackEvent>> = {
  delivered: 'delivered',
  failed: 'bounced',
  // By Mailgun itself, before anything was sent.
  rejected: 'bounced',
  complained: 'complained',
  opened: 'opened',
  clicked: 'clicked',
  unsubscribed: 'unsubscribed',
};

export function createMailgunInbound(signingKey: string): Inbound {
  return {
    async read(callback) {
      const posted = jsonBeforeProof(callback.body, BOUNDS);
      const token = provedToken(at(posted, 'signature'), { signingKey, now: callback.now });
      if (typeof token === 'string') return { kind: 'refused', reason: token };
      const event = at(posted, 'event-data');
      if (!isRecord(event))
        return { kind: 'garbage', why: 'The body has no event-data, as every callback of Mailgun has' };
      return { ...eventsOf(event, callback.now), token };
    },
  };
}

/** Or why there is none. */
function provedToken(
  signed: unknown,
  { signingKey, now }: { readonly signingKey: string; readonly now: number },
): OneUseToken | ProofFault {
  const [timestamp, token, ...signatures] = ['timestamp', 'token', ...SIGNATURES].map((name) =>
    shortText(at(signed, name)),
  );
  const wanted = createHmac('sha256', signingKey).update(`${timestamp}${token}`).digest('hex');
  const isProved = signatures.filter((one) => isSame(one ?? '', wanted)).length > 0;
  const signedAt = /^\d{1,12}$/.test(timestamp ?? '') ? secondsAt(timestamp) : undefined;
  if (!isProved || token === undefined || signedAt === undefined) {
    return signatures.every((one) => one === undefined) ? 'no_proof' : 'wrong_proof';
  }
  if (Math.abs(now - signedAt) > MAX_AGE_MS) return 'too_old';
  return { id: `mailgun ${token}`, until: signedAt + MAX_AGE_MS };
}

/** As it is: each character is signed. */
function shortText(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' && text.length <= MAX_TOKEN ? text : undefined;
}

function eventsOf(event: unknown, now: number): CallbackResult & { kind: 'events' } {
  const name = textAt(event, 'event') ?? '';
  const known = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (known === undefined) return { kind: 'events', feedback: [], unknown: 1 };
  // It tries again.
  const kind = name === 'failed' && textAt(event, 'severity') === 'temporary' ? 'delivery_delayed' : known;
  const eventId = textAt(event, 'id');
  const recipient = textAt(event, 'recipient');
  const header = bracketed(textAt(event, 'message', 'headers', 'message-id'));
  const feedback: VendorFeedback = {
    ...{ kind, at: secondsAt(event, 'timestamp') ?? now, data: dataOf(event, kind, recipient) },
    ...(eventId !== undefined && { eventId }),
    ...(recipient !== undefined && { recipient }),
    about: aboutOf({
      messageId: textAt(event, 'user-variables', 'iep-message'),
      providerMessageId: header,
      messageIdHeader: header,
    }),
  };
  return { kind: 'events', feedback: [feedback], unknown: 0 };
}

/** Mailgun leaves the brackets out of a Message-ID, which is its own id too. */
function bracketed(id: string | undefined): string | undefined {
  return id === undefined || id.startsWith('<') ? id : `<${id}>`;
}

function dataOf(event: unknown, kind: FeedbackEvent, recipient: string | undefined): VendorFeedback['data'] {
  const userAgent = textAt(event, 'client-info', 'user-agent');
  switch (kind) {
    case 'delivery_delayed':
      return bounceOf('soft', diagnosisOf(event));
    case 'bounced':
      return bounceData(event, recipient);
    case 'opened':
    case 'clicked':
      return readingOf({ url: textAt(event, 'url'), userAgent, isMachine: isMachine(event) });
    default:
      return {};
  }
}

function isMachine(event: unknown): boolean | undefined {
  const bot = at(event, 'client-info', 'bot');
  return textAt(event, 'client-info', 'client-type') === 'robot' || (typeof bot === 'string' ? bot !== '' : undefined);
}

/** A code of its own, below those of permanent replies: the domain has no mail exchanger. */
const NO_MX = 498;
/** Codes of its own: the address bounced, unsubscribed or complained before. */
const SUPPRESSED_CODES: readonly unknown[] = [605, 606, 607];

function bounceData(event: unknown, recipient: string | undefined): VendorFeedback['data'] {
  const reason = textAt(event, 'reason') ?? '';
  const isSuppressed =
    reason.startsWith('suppress-') || SUPPRESSED_CODES.includes(at(event, 'delivery-status', 'code'));
  const diagnosis = diagnosisOf(event);
  const judged = ((): BounceReason => {
    if (isSuppressed) return 'vendor-suppressed';
    if (textAt(event, 'event') === 'rejected' || reason === 'espblock') return 'policy';
    // It was tried for as long as Mailgun tries.
    if (reason === 'old') return 'soft';
    if (at(event, 'delivery-status', 'code') === NO_MX) return 'hard';
    return judgeBounce(diagnosis, recipient, 'hard');
  })();
  return bounceOf(judged, diagnosis);
}

function diagnosisOf(event: unknown): Diagnosis {
  const status = (name: string) => textAt(event, 'delivery-status', name);
  const said = status('message') ?? status('description') ?? textAt(event, 'reject', 'reason');
  const diagnosis = diagnose(said, status('enhanced-code'));
  const code = at(event, 'delivery-status', 'code');
  return typeof code === 'number' && code >= 400 && code < 600 ? { ...diagnosis, code } : diagnosis;
}
