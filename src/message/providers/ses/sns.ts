/**
 * What SNS posts: a signature of version 1 or 2 over named fields, made with a key whose certificate lies at SNS; a subscription
 * of ours confirms itself. https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html and
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html, read 2026-11-30.
 */

import { verify } from 'node:crypto';
import type { GuardedFetch } from '../../../base/net/guarded-fetch.ts';
import { isRecord } from '../../../core/is-record.ts';
import { isLoopback } from '../../../core/loopback.ts';
import { jsonBeforeProof } from '../callbacks/before-proof.ts';
import type { Callback, CallbackResult, Inbound, ProofFault } from '../inbound.ts';
import { createSnsCertificates } from './certificates.ts';
import type { SesEvents } from './event-settings.ts';
import { eventsIn } from './events.ts';
import { awsDomain } from './settings.ts';

/** More than SNS sends: 256 KiB of message, escaped, in an object of some ten texts, and attributes. */
const BOUNDS = { maxBytes: 1024 * 1024, maxValues: 100 };
const CONFIRM_LIMITS = { timeoutMs: 10_000, maxBytes: 64 * 1024 };
/** By `SignatureVersion`. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['1', 'sha1'],
  ['2', 'sha256'],
]);

/** Fields that are signed, in order; `Subject` where there is one. */
const SIGNED: ReadonlyMap<string, readonly string[]> = new Map([
  ['Notification', ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']],
  ['SubscriptionConfirmation', ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']],
  ['UnsubscribeConfirmation', ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']],
]);

type Fields = ReadonlyMap<string, string>;
type Told = Pick<SesEvents, 'certificateUrlPrefix'> & { readonly topicArns: readonly string[] };

const refused = (reason: ProofFault): CallbackResult => ({ kind: 'refused', reason });
const NOTHING = { kind: 'events', feedback: [], unknown: 0 } as const satisfies CallbackResult;

/** `fetch`: guarded. */
export function createSnsInbound(told: Told, fetch: GuardedFetch): Inbound {
  const certificates = createSnsCertificates(fetch);

  async function read({ body, now }: Callback): Promise<CallbackResult> {
    const fields = fieldsOf(body);
    const type = fields.get('Type') ?? '';
    const topic = fields.get('TopicArn') ?? '';
    const hash = HASHES.get(fields.get('SignatureVersion') ?? '');
    const url = urlOf(fields.get('SigningCertURL'), topic, told);
    const text = signedText(fields);
    if (!fields.has('Signature')) return refused('no_proof');
    if (!told.topicArns.includes(topic)) return refused('other_topic');
    if (hash === undefined || url === undefined || text === undefined) return refused('wrong_proof');
    const key = await certificates.keyAt(url, now);
    if (key === undefined) return { kind: 'later', why: `The certificate of SNS cannot be had from ${url.host} now.` };
    const signature = Buffer.from(fields.get('Signature') ?? '', 'base64');
    if (key.asymmetricKeyType !== 'rsa' || !verify(hash, Buffer.from(text), key, signature)) {
      return refused('wrong_proof');
    }
    if (type === 'Notification') return notified(fields.get('Message') ?? '', now);
    return type === 'SubscriptionConfirmation' ? confirm(fields, topic) : { ...NOTHING, unknown: 1 };
  }

  async function confirm(fields: Fields, topic: string): Promise<CallbackResult> {
    const url = urlOf(fields.get('SubscribeURL'), topic, told);
    if (url === undefined) return { kind: 'garbage', why: 'Its SubscribeURL does not lead to SNS.' };
    const answer = await fetch(url.href, { method: 'GET', ...CONFIRM_LIMITS });
    if (answer.kind === 'answered' && answer.status === 200) return NOTHING;
    const why = answer.kind === 'answered' ? `it answered ${answer.status}` : answer.reason;
    return { kind: 'later', why: `The subscription could not be confirmed at ${url.host}: ${why}.` };
  }

  return { read };
}

/** SES sends text that is not JSON when a topic is set up. */
function notified(message: string, now: number): CallbackResult {
  try {
    return { kind: 'events', ...eventsIn(JSON.parse(message), now) };
  } catch {
    return { ...NOTHING, unknown: 1 };
  }
}

/** Members that are text; empty where the body is not what SNS sends. */
function fieldsOf(body: Uint8Array): Fields {
  const value = jsonBeforeProof(body, BOUNDS);
  const members = isRecord(value) ? Object.entries(value) : [];
  return new Map(members.filter((member): member is [string, string] => typeof member[1] === 'string'));
}

/** Undefined where a field is missing. */
function signedText(fields: Fields): string | undefined {
  const names = SIGNED.get(fields.get('Type') ?? '')?.filter((name) => name !== 'Subject' || fields.has(name));
  if (names === undefined || !names.every((name) => fields.has(name))) return undefined;
  return names.map((name) => `${name}\n${fields.get(name)}\n`).join('');
}

/** Undefined where it does not lead to the SNS of the topic's region, or to the prefix that stands for it. */
function urlOf(text: string | undefined, topic: string, { certificateUrlPrefix }: Told): URL | undefined {
  const url = text === undefined || text.length > MAX_URL_LENGTH ? null : URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') return undefined;
  const base = new URL(certificateUrlPrefix ?? `https://sns.${regionOf(topic)}.${awsDomain(regionOf(topic))}/`);
  return url.origin === base.origin && url.pathname.startsWith(base.pathname) ? url : undefined;
}

const MAX_URL_LENGTH = 2_048;

/** `arn:aws:sns:eu-central-1:123456789012:iep`. */
function regionOf(topic: string): string {
  return topic.split(':')[3] ?? '';
}

/** Networks besides the public ones that are asked: this host, where the prefix lies there. */
export function networksFor({ certificateUrlPrefix }: Pick<SesEvents, 'certificateUrlPrefix'>): readonly string[] {
  const hostname = URL.parse(certificateUrlPrefix ?? '')?.hostname.replace(/^\[(.*)\]$/, '$1') ?? '';
  return isLoopback(hostname) ? ['127.0.0.0/8', '::1/128'] : [];
}
