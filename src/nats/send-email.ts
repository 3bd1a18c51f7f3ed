/**
 * `send_email`: the payload becomes a submission, and the answer comes when that is on disk. What may be sent is decided by intake;
 * here it is said in the words of seed 002, in the order in which its service looks.
 */

import { createHash } from 'node:crypto';
import type { Log } from '../base/observe/log.ts';
import { domainOf } from '../core/address.ts';
import { IepError } from '../core/errors.ts';
import { isAscii } from '../core/fold.ts';
import type { NewId } from '../core/ids.ts';
import { readMailbox } from '../core/mailbox-list.ts';
import type { Mailbox, Submission } from '../core/message.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Accept } from '../message/intake/accept.ts';
import { isWithin } from '../message/intake/envelope.ts';
import { INVALID_PAYLOAD, type NatsAnswer, readPayload } from './payload.ts';
import type { Handler, NatsRequest } from './requests.ts';

/** What a deployment of seed 002 says besides what a tenant has. */
export interface SendRules {
  /** The only domains of `from`, without those below them. */
  readonly fromDomains?: readonly string[];
  /** The only domains of `reply_to`, with those below them. */
  readonly replyToDomains?: readonly string[];
  /** On every mail. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

export interface SendEmailDeps extends Pick<Accept, 'accept' | 'refuseSender'> {
  /** Undefined while none has the name that is configured. */
  readonly tenant: () => Promise<Tenant | undefined>;
  readonly newId: NewId;
  readonly log: Log;
}

const FIELDS = ['to', 'subject', 'html', 'text', 'from', 'from_display_name', 'reply_to', 'group_id'] as const;
type Payload = Readonly<Record<(typeof FIELDS)[number], string>>;

/** Events of SES bring it back (message/providers/ses/events.ts). */
const TRACKING_HEADER = 'X-LFX-TRACKING-ID';

const REQUIRED = 'to, subject, html, and text are required';
const FROM_NOT_ALLOWED = 'from address domain not allowed';
const REPLY_TO_NOT_ALLOWED = 'reply_to address domain not allowed';
const FAILED = 'email delivery failed';

export function sendEmail(deps: SendEmailDeps, rules: SendRules = {}): Handler {
  const { accept, refuseSender, newId, log } = deps;

  async function handle(request: NatsRequest): Promise<NatsAnswer> {
    const payload = readPayload(request.data, FIELDS);
    if (payload === undefined) return { error: INVALID_PAYLOAD };
    const { to, subject, html, text } = payload;
    if (to === '' || subject === '' || html === '' || text === '') return { error: REQUIRED };
    const tenant = await deps.tenant();
    if (tenant === undefined) {
      log.warn({ door: 'nats' }, 'the tenant of the NATS door does not exist: a request was refused');
      return { error: FAILED };
    }
    const error = (await fromFault(tenant, payload.from)) ?? replyToFault(payload.reply_to);
    return error === undefined ? submit(tenant, payload, request) : { error };
  }

  async function fromFault(tenant: Tenant, from: string): Promise<string | undefined> {
    if (from === '') return undefined;
    const mailbox = readMailbox(from);
    if (mailbox === undefined) return 'invalid from address';
    const isListed = rules.fromDomains?.includes(domainOf(mailbox.email)) ?? true;
    return isListed && (await refuseSender(tenant, mailbox)) === undefined ? undefined : FROM_NOT_ALLOWED;
  }

  function replyToFault(replyTo: string): string | undefined {
    if (replyTo === '') return undefined;
    const mailbox = readMailbox(replyTo);
    if (mailbox === undefined) return 'invalid reply_to address';
    const { replyToDomains } = rules;
    const isAllowed = replyToDomains === undefined || isWithin(domainOf(mailbox.email), replyToDomains);
    return isAllowed ? undefined : REPLY_TO_NOT_ALLOWED;
  }

  async function submit(tenant: Tenant, payload: Payload, request: NatsRequest): Promise<NatsAnswer> {
    const line = { door: 'nats', tenant: tenant.slug };
    const id = newId();
    const key = request.header('Nats-Msg-Id');
    const groupId = payload.group_id || (key === undefined ? newId() : groupOf(tenant.id, key));
    try {
      const submission = toSubmission(payload, { tenant, id, groupId, key, headers: rules.headers ?? [] });
      const { messageId, duplicate } = await accept(tenant, submission);
      log.info({ ...line, messageId, duplicate }, 'message accepted');
      return { email_id: messageId, group_id: groupId };
    } catch (error) {
      const { code, message } = error instanceof IepError ? error : { code: 'fault', message: 'not accepted' };
      if (code === 'fault') log.error({ ...line, error }, 'message not accepted');
      else log.info({ ...line, code, reason: message }, 'message refused');
      return { error: code === 'reply_to_domain_not_allowed' ? REPLY_TO_NOT_ALLOWED : FAILED };
    }
  }

  return { subject: 'send_email', handle, failed: FAILED };
}

interface Made {
  readonly tenant: Tenant;
  readonly id: string;
  readonly groupId: string;
  readonly key: string | undefined;
  readonly headers: NonNullable<SendRules['headers']>;
}

function toSubmission(payload: Payload, { tenant, id, groupId, key, headers }: Made): Submission {
  const to = readMailbox(payload.to);
  if (to === undefined) throw new IepError('invalid_request', 'to: is not an email address');
  const replyTo = readMailbox(payload.reply_to)?.email;
  return {
    id,
    door: 'nats',
    from: senderOf(payload, tenant),
    to: [to],
    ...(replyTo !== undefined && { replyTo }),
    subject: inOneLine(payload.subject),
    content: { kind: 'parts', html: payload.html, text: payload.text },
    addedHeaders: [...headers, [TRACKING_HEADER, trackingId(id, groupId)]],
    groupId,
    ...(key !== undefined && { idempotencyKey: key }),
  };
}

function senderOf({ from, from_display_name: displayName }: Payload, { slug, settings }: Tenant): Mailbox {
  const { defaultFrom } = settings;
  const email = readMailbox(from)?.email ?? defaultFrom?.email;
  if (email === undefined) {
    throw new IepError('invalid_request', `from: is missing, and the tenant ${slug} has no defaultFrom`);
  }
  const name = inOneLine(displayName) || defaultFrom?.name;
  return { email, ...(name !== undefined && { name }) };
}

/** As the service that this stands in for has it: line ends are left out. */
function inOneLine(text: string): string {
  return text.replaceAll(/[\r\n]/g, '');
}

/** A header holds ASCII in one word, whatever the caller calls its group. */
function trackingId(id: string, groupId: string): string {
  return `${id}/${isAscii(groupId) ? groupId : encodeURIComponent(groupId.toWellFormed())}`;
}

/** A UUID (version 8) that a request which comes again has again: its answer names the same group, and it says the same. */
function groupOf(tenantId: string, key: string): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify([tenantId, key]))
    .digest();
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
