/** Rows of messages and events to nouns and back, alike in both stores: what several verbs share about how things are written down. */

import {
  type Attachment,
  type Bytes,
  type Content,
  type EventSubject,
  type EventType,
  type Json,
  type Lane,
  type LoggedEvent,
  lanes,
  type Mailbox,
  type Marks,
  type Message,
  type PendingAttachment,
  type Status,
} from '../../core/message.ts';
import { type Tracking, trackingNames } from '../../core/tracking.ts';
import { shownAddresses, shownObject, shownTime, shownWords } from '../rules/shown.ts';
import type { MessageRow } from '../verbs/messages.ts';

/** Statuses that `messages_by_bad_end` holds; a query that uses that index repeats this text. */
export const BAD_ENDS = `'failed', 'bounced', 'complained', 'suppressed', 'cancelled'`;

export interface MessageColumns {
  seq: number;
  id: string;
  tenant_id: string;
  status: Status;
  created_at: number;
  updated_at: number;
  door: Message['door'];
  from_email: string;
  from_name: string | null;
  envelope_from: string;
  to: string;
  cc: string | null;
  reply_to: string | null;
  subject: string;
  message_id_header: string;
  priority: number;
  category: string | null;
  tags: string | null;
  metadata: string | null;
  group_id: string | null;
  wanted_provider: string | null;
  provider: string | null;
  attempts: number;
  max_attempts: number;
  dead: number;
  last_error: string | null;
  scheduled_at: number | null;
  sent_at: number | null;
  idempotency_key: string | null;
  template: string | null;
  template_version: number | null;
  traceparent: string | null;
  tracking: number | null;
  unsubscribe: string | null;
  subscriber: string | null;
  acknowledge_url: string | null;
}

/** The columns of MessageColumns, for a query over `messages AS m JOIN tenants AS t`. */
export const MESSAGE_COLUMNS = `
  m.seq, m.id, t.id AS tenant_id, m.status, m.created_at, m.updated_at, m.door, m.from_email, m.from_name,
  m.envelope_from, m."to", m.cc, m.reply_to, m.subject, m.message_id_header, m.priority, m.category, m.tags,
  m.metadata, m.group_id, m.wanted_provider, m.provider, m.attempts, m.max_attempts, m.dead, m.last_error,
  m.scheduled_at, m.sent_at, m.idempotency_key, m.template, m.template_version, m.traceparent, m.tracking,
  m.unsubscribe, m.subscriber, m.acknowledge_url`;

export interface ShownColumns extends MessageColumns {
  tenant_slug: string;
  /** Absent before the message was rendered, and where there was nothing to put in. */
  rendered_subject: string | null;
}

/** The columns of ShownColumns, for the same query. */
export const SHOWN_COLUMNS = `${MESSAGE_COLUMNS}, t.slug AS tenant_slug,
  (SELECT r.rendered_subject FROM renditions r WHERE r.message_seq = m.seq) AS rendered_subject`;

export interface ContentColumns {
  html: string | null;
  text: string | null;
  variables: string | null;
  headers: string | null;
  raw: Uint8Array | null;
  raw_blob: string | null;
  raw_size: number | null;
  utf8_header: number;
  attachment_urls: string | null;
  snapshot_no: number | null;
  locale: string | null;
}

/** The columns of ContentColumns, for a query over `contents AS c`. */
export const CONTENT_COLUMNS = `c.html, c.text, c.variables, c.headers, c.raw, c.raw_blob, c.raw_size, c.utf8_header,
  c.attachment_urls, c.snapshot_no, c.locale`;

export interface AttachmentColumns {
  filename: string;
  content_type: string;
  content_id: string | null;
  size_bytes: number;
  content: Uint8Array | null;
  storage_key: string | null;
  removed_at: number | null;
}

export interface EventColumns {
  position: number;
  tenant_id: string;
  message_id: string | null;
  subject_kind: EventSubject['kind'] | null;
  subject_id: string | null;
  sequence: number;
  type: EventType;
  at: number;
  recipient: string | null;
  payload: string | null;
  tags: string | null;
  category: string | null;
  group_id: string | null;
  idempotency_key: string | null;
  metadata: string | null;
}

/** A property that is there only when the column has a value. */
export function optional<K extends string, V>(key: K, value: V | null | undefined): { [P in K]?: V } {
  return (value === null || value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

/** The bits of a column. */
const TRACKING = { opens: 1, clicks: 2, anonymous: 4 } as const;

export function trackingBits(tracking: Tracking): number {
  return trackingNames.reduce((bits, name) => bits | (tracking[name] ? TRACKING[name] : 0), 0);
}

export function trackingOf(bits: number | null): Tracking | undefined {
  if (bits === null) return undefined;
  const has = (name: keyof Tracking) => (bits & TRACKING[name]) !== 0;
  return { opens: has('opens'), clicks: has('clicks'), anonymous: has('anonymous') };
}

export function laneNumber(lane: Lane): number {
  return lanes.indexOf(lane);
}

export function laneOf(number: number): Lane {
  return lanes[number] ?? 'normal';
}

/** Mailboxes are kept as a JSON array; one without a name is just its address. */
export function writeMailboxes(mailboxes: readonly Mailbox[]): string {
  return JSON.stringify(mailboxes.map((mailbox) => (mailbox.name === undefined ? mailbox.email : mailbox)));
}

export function readMailboxes(text: string | null): readonly Mailbox[] {
  if (text === null) return [];
  const list = JSON.parse(text) as (string | Mailbox)[];
  return list.map((entry) => (typeof entry === 'string' ? { email: entry } : entry));
}

export function messageOf(
  row: MessageColumns,
  stored: ContentColumns,
  attachments: readonly AttachmentColumns[],
): Message {
  const { attachment_urls: urls } = stored;
  return {
    id: row.id,
    tenantId: row.tenant_id,
    createdAt: row.created_at,
    door: row.door,
    from: { email: row.from_email, ...optional('name', row.from_name) },
    envelopeFrom: row.envelope_from,
    to: readMailboxes(row.to),
    cc: readMailboxes(row.cc),
    ...optional('replyTo', row.reply_to),
    subject: row.subject,
    messageIdHeader: row.message_id_header,
    content: contentOf(row, stored),
    attachments: attachments.map(attachmentOf),
    ...optional('attachmentUrls', urls === null ? null : (JSON.parse(urls) as PendingAttachment[])),
    ...optional('category', row.category),
    tags: row.tags === null ? [] : (JSON.parse(row.tags) as string[]),
    ...optional('metadata', row.metadata === null ? null : (JSON.parse(row.metadata) as { [name: string]: Json })),
    lane: laneOf(row.priority),
    ...optional('scheduledAt', row.scheduled_at),
    ...optional('groupId', row.group_id),
    ...optional('provider', row.wanted_provider),
    maxAttempts: row.max_attempts,
    ...optional('traceparent', row.traceparent),
    ...optional('tracking', trackingOf(row.tracking)),
    ...(row.unsubscribe !== null && { unsubscribe: { category: row.unsubscribe } }),
    ...optional('subscriber', row.subscriber),
    ...optional('acknowledgeUrl', row.acknowledge_url),
  };
}

function contentOf({ template, template_version: version }: MessageColumns, row: ContentColumns): Content {
  if (row.raw_size !== null) {
    return { kind: 'raw', raw: bytesOf(row.raw, row.raw_blob, row.raw_size), utf8Header: row.utf8_header === 1 };
  }
  return {
    kind: 'parts',
    ...(template !== null && {
      template: {
        name: template,
        ...optional('version', version),
        ...optional('locale', row.locale),
        ...optional('snapshot', row.snapshot_no),
      },
    }),
    ...optional('html', row.html),
    ...optional('text', row.text),
    ...optional('variables', row.variables === null ? null : (JSON.parse(row.variables) as { [name: string]: Json })),
    ...optional('headers', row.headers === null ? null : (JSON.parse(row.headers) as [string, string][])),
  };
}

function attachmentOf(row: AttachmentColumns): Attachment {
  return {
    filename: row.filename,
    contentType: row.content_type,
    ...optional('contentId', row.content_id),
    content: bytesOf(row.content, row.storage_key, row.size_bytes),
  };
}

function bytesOf(bytes: Uint8Array | null, blob: string | null, size: number): Bytes {
  return blob === null ? { bytes: bytes ?? new Uint8Array(0), size } : { blob, size };
}

export interface OutboxState {
  readonly due_at: number;
  readonly lease_owner: string | null;
}

export function messageRowOf(
  row: ShownColumns,
  recipients: readonly RecipientName[],
  outbox?: OutboxState,
): MessageRow {
  const named = (kind: string) =>
    recipients.filter((recipient) => recipient.kind === kind).map(({ address }) => address);
  const envelope = named('rcpt');
  return {
    id: row.id,
    tenantId: row.tenant_id,
    tenantSlug: row.tenant_slug,
    status: outbox?.lease_owner == null ? row.status : 'processing',
    from: { email: row.from_email, ...optional('name', row.from_name) },
    to: envelope.length > 0 ? shownAddresses(row.to) : named('to'),
    cc: envelope.length > 0 ? shownAddresses(row.cc) : named('cc'),
    bcc: named('bcc'),
    rcpt: envelope,
    subject: row.rendered_subject ?? row.subject,
    ...optional('category', row.category),
    tags: shownWords(row.tags),
    lane: laneOf(row.priority),
    ...optional('groupId', row.group_id),
    ...optional('template', row.template),
    ...optional('templateVersion', row.template_version),
    ...optional('provider', row.provider),
    attempts: row.attempts,
    maxAttempts: row.max_attempts,
    dead: row.dead === 1,
    ...optional('lastError', row.last_error),
    createdAt: shownTime(row.created_at),
    updatedAt: shownTime(row.updated_at),
    ...optional('scheduledAt', row.scheduled_at === null ? null : shownTime(row.scheduled_at)),
    ...optional('sentAt', row.sent_at === null ? null : shownTime(row.sent_at)),
    ...(outbox?.lease_owner === null && { nextAttemptAt: shownTime(outbox.due_at) }),
  };
}

export interface RecipientName {
  readonly address: string;
  readonly kind: string;
}

export function eventOf(row: EventColumns): LoggedEvent {
  const { subject_kind: kind, subject_id: id } = row;
  return {
    position: String(row.position),
    tenantId: row.tenant_id,
    ...optional('messageId', row.message_id),
    ...(kind !== null && id !== null && { subject: { kind, id } }),
    sequence: row.sequence,
    type: row.type,
    at: shownTime(row.at),
    ...optional('recipient', row.recipient),
    data: shownObject(row.payload) ?? {},
    ...optional('marks', marksOf(row)),
  };
}

function marksOf(row: EventColumns): Marks | undefined {
  const { tags, category, group_id: groupId, idempotency_key: idempotencyKey, metadata } = row;
  if ((tags ?? category ?? groupId ?? idempotencyKey ?? metadata) === null) return undefined;
  return {
    ...(tags !== null && { tags: shownWords(tags) }),
    ...optional('category', category),
    ...optional('groupId', groupId),
    ...optional('idempotencyKey', idempotencyKey),
    ...optional('metadata', shownObject(metadata)),
  };
}
