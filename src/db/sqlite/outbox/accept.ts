/** The verb `accept`: messages, recipients, outbox entries and `queued` events. Prepared by hand: this is the hot path. */

import { keyReused, keyTaken, overLimit } from '../../../core/accept-refusals.ts';
import { foldAddress, isAscii } from '../../../core/fold.ts';
import type { Unsubscribable } from '../../../core/message.ts';
import type { Tracking } from '../../../core/tracking.ts';
import { laneNumber, trackingBits, writeMailboxes } from '../../rows/message-rows.ts';
import type { Stored } from '../../rules/accepted.ts';
import type { LeaseRequest } from '../../verbs/lease.ts';
import type { AcceptResult, NewMessage } from '../../verbs/outbox.ts';
import type { Connection } from '../connection.ts';
import { newFence } from '../lease.ts';
import { prepareKeep } from '../templates/snapshots.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';
import { notToMail } from './not-to-mail.ts';
import { queuePaused } from './pause.ts';
import { rateGates } from './rate-limits.ts';

export const accept: Verb<'outbox.accept'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const isPaused = queuePaused(db);
    const store = prepareStore(db);
    const findDuplicate = prepareDuplicate(db);
    const openGate = rateGates(db);
    return ({ tenantId, messages, lease, limits, all }) => {
      const tenant = tenantNo(tenantId);
      const leaseNow = lease !== undefined && !isPaused(tenant) ? lease : undefined;
      const gate = limits && openGate(tenant, limits);
      const stored = messages.map((entry): Stored => {
        const refusal = gate?.refusal();
        const accepted = refusal ? undefined : store({ tenant, entry, lease: leaseNow });
        if (accepted) gate?.take();
        const answer = accepted ?? findDuplicate(tenant, entry) ?? (refusal && { kind: 'limited', ...refusal });
        if (answer === undefined) throw new Error('the message of an idempotency key was not found');
        if (all) requireStored(answer);
        return answer;
      });
      if (gate === undefined) return stored;
      const rates = gate.keep();
      return stored.map((answer) => ({ ...answer, rates }));
    };
  },
};

function requireStored(answer: Stored): void {
  if (answer.kind === 'limited') throw overLimit(answer);
  if (answer.kind === 'duplicate') throw answer.samePayload ? keyTaken(answer.messageId) : keyReused(answer.messageId);
}

function prepareDuplicate(db: Connection) {
  const select = db.prepare<[number, string], { seq: number; id: string; status: string; idempotency_hash: string }>(
    'SELECT seq, id, status, idempotency_hash FROM messages WHERE tenant_no = +? AND idempotency_key = +?',
  );
  const selectAddresses = db
    .prepare<[number], string>('SELECT address FROM recipients WHERE message_seq = +? ORDER BY position')
    .pluck();
  const barred = notToMail(db);

  return (tenantNo: number, { message, idempotencyKey, idempotencyHash }: NewMessage): Stored | undefined => {
    if (idempotencyKey === undefined) return undefined;
    const first = select.get(tenantNo, idempotencyKey);
    if (first === undefined) return undefined;
    const recipients = selectAddresses.all(first.seq).map((address, position) => ({ address, position }));
    const category = message.unsubscribe?.category;
    const { suppressed } = barred({ tenantNo, recipients, category, now: message.createdAt });
    return {
      kind: 'duplicate',
      messageId: first.id,
      status: first.status as (AcceptResult & { kind: 'duplicate' })['status'],
      suppressedRecipients: suppressed.map((position) => recipients[position]?.address ?? ''),
      samePayload: first.idempotency_hash === idempotencyHash,
    };
  };
}

function prepareStore(db: Connection) {
  const insertMessage = db.prepare(
    `INSERT INTO messages (id, tenant_no, status, created_at, updated_at, door, from_email, from_name, envelope_from,
       "to", cc, reply_to, subject, message_id_header, priority, category, tags, metadata, group_id, wanted_provider,
       max_attempts, scheduled_at, idempotency_key, idempotency_hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant_no, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING`,
  );
  const insertContent = db.prepare(
    `INSERT INTO contents (message_seq, html, text, variables, headers, raw, raw_blob, raw_size, utf8_header,
       attachment_urls)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertRecipient = db.prepare(
    'INSERT INTO recipients (message_seq, position, address, kind, status, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const insertAttachment = db.prepare(
    `INSERT INTO attachments (message_seq, position, filename, content_type, content_id, size_bytes, content, storage_key)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertOutbox = db.prepare(
    `INSERT INTO outbox (message_seq, tenant_no, lane, due_at, scheduled, lease_owner, lease_until, fence)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertEvent = db.prepare(
    `INSERT INTO events (message_seq, sequence, type, at, payload) VALUES (?, 1, 'queued', ?, ?)`,
  );
  const barred = notToMail(db);
  const noteTrace = prepareTrace(db);
  const noteTracking = prepareTracking(db);
  const noteFolded = prepareFolded(db);
  const noteTemplate = prepareTemplate(db);
  const noteUnsubscribe = prepareUnsubscribe(db);
  const noteSubscriber = prepareSubscriber(db);
  const noteAcknowledgeUrl = prepareAcknowledgeUrl(db);

  /** Undefined, and nothing is stored: the idempotency key was used before. */
  return (input: { tenant: number; entry: NewMessage; lease: LeaseRequest | undefined }): Stored | undefined => {
    const { tenant, entry } = input;
    const { message } = entry;
    const { id, createdAt: now, scheduledAt } = message;
    const isScheduled = scheduledAt !== undefined && scheduledAt > now;
    const status = isScheduled ? 'scheduled' : 'queued';
    const lane = laneNumber(message.lane);

    const { changes, lastInsertRowid: seq } = insertMessage.run(
      id,
      tenant,
      status,
      now,
      now,
      message.door,
      message.from.email,
      message.from.name ?? null,
      message.envelopeFrom,
      writeMailboxes(message.to),
      message.cc.length === 0 ? null : writeMailboxes(message.cc),
      message.replyTo ?? null,
      message.subject,
      message.messageIdHeader,
      lane,
      message.category ?? null,
      message.tags.length === 0 ? null : JSON.stringify(message.tags),
      jsonOrNull(message.metadata),
      message.groupId ?? null,
      message.provider ?? null,
      message.maxAttempts,
      scheduledAt ?? null,
      entry.idempotencyKey ?? null,
      entry.idempotencyHash ?? null,
    );
    if (changes === 0) return undefined;

    if (message.traceparent !== undefined) noteTrace(seq, message.traceparent);
    if (message.tracking !== undefined) noteTracking(seq, message.tracking);
    storeContent(seq, message);
    noteTemplate(seq, { tenant, entry });

    if (message.unsubscribe !== undefined) noteUnsubscribe(seq, message.unsubscribe);
    if (message.subscriber !== undefined) noteSubscriber(seq, message.subscriber);
    if (message.acknowledgeUrl !== undefined) noteAcknowledgeUrl(seq, message.acknowledgeUrl);
    for (const [position, { address, kind }] of entry.recipients.entries()) {
      insertRecipient.run(seq, position, address, kind, status, now);
      if (!isAscii(address)) noteFolded(seq, position, address);
    }
    for (const [position, file] of message.attachments.entries()) {
      const { content } = file;
      insertAttachment.run(
        seq,
        position,
        file.filename,
        file.contentType,
        file.contentId ?? null,
        content.size,
        'bytes' in content ? content.bytes : null,
        'blob' in content ? content.blob : null,
      );
    }

    const lease = isScheduled ? undefined : input.lease;
    const fence = lease && newFence();
    const leased = lease ? [lease.owner, lease.now + lease.leaseMs, fence] : [null, null, null];
    insertOutbox.run(seq, tenant, lane, isScheduled ? scheduledAt : now, isScheduled ? 1 : 0, ...leased);
    insertEvent.run(
      seq,
      now,
      isScheduled ? JSON.stringify({ scheduledAt: new Date(scheduledAt).toISOString() }) : null,
    );

    const recipients = entry.recipients.map(({ address }, position) => ({ address, position }));
    const left = barred({ tenantNo: tenant, recipients, category: message.unsubscribe?.category, now });
    return { kind: 'accepted', ...left, ...(fence !== undefined && { fence }) };
  };

  function storeContent(seq: number | bigint, { content, attachmentUrls }: NewMessage['message']): void {
    if (content.kind === 'raw') {
      const { raw } = content;
      const bytes = 'bytes' in raw ? raw.bytes : null;
      const blob = 'blob' in raw ? raw.blob : null;
      insertContent.run(seq, null, null, null, null, bytes, blob, raw.size, content.utf8Header ? 1 : 0, null);
    } else {
      const { html, text, variables, headers } = content;
      insertContent.run(
        seq,
        html ?? null,
        text ?? null,
        jsonOrNull(variables),
        jsonOrNull(headers),
        null,
        null,
        null,
        0,
        jsonOrNull(attachmentUrls),
      );
    }
  }
}

/** Few messages are traced, so the others do not pay for it: not a bound column, and no statement until there is one. */
function prepareTrace(db: Connection) {
  let update: ReturnType<typeof db.prepare<[string, number | bigint]>> | undefined;
  return (seq: number | bigint, traceparent: string) => {
    update ??= db.prepare('UPDATE messages SET traceparent = ? WHERE seq = +?');
    update.run(traceparent, seq);
  };
}

/** The same of those that are tracked. */
function prepareTracking(db: Connection) {
  let update: ReturnType<typeof db.prepare<[number, number | bigint]>> | undefined;
  return (seq: number | bigint, tracking: Tracking) => {
    update ??= db.prepare('UPDATE messages SET tracking = ? WHERE seq = +?');
    update.run(trackingBits(tracking), seq);
  };
}

/** Few messages can be turned off. */
function prepareUnsubscribe(db: Connection) {
  const update = db.prepare('UPDATE messages SET unsubscribe = ? WHERE seq = +?');
  return (seq: number | bigint, { category }: Unsubscribable) => {
    update.run(category, seq);
  };
}

/** Only what escalates has one. */
function prepareAcknowledgeUrl(db: Connection) {
  const update = db.prepare('UPDATE messages SET acknowledge_url = ? WHERE seq = +?');
  return (seq: number | bigint, url: string) => {
    update.run(url, seq);
  };
}

/** Only notifications are for a subscriber. */
function prepareSubscriber(db: Connection) {
  const update = db.prepare('UPDATE messages SET subscriber = ? WHERE seq = +?');
  return (seq: number | bigint, subscriber: string) => {
    update.run(subscriber, seq);
  };
}

/** What a message says of its template, in the two tables that ask. */
function prepareTemplate(db: Connection) {
  const noteName = db.prepare('UPDATE messages SET template = ?, template_version = ? WHERE seq = +?');
  const noteSnapshot = db.prepare('UPDATE contents SET snapshot_no = ?, locale = ? WHERE message_seq = +?');
  const keep = prepareKeep(db);
  return (seq: number | bigint, { tenant, entry }: { readonly tenant: number; readonly entry: NewMessage }) => {
    const { content, createdAt: now } = entry.message;
    if (content.kind !== 'parts' || content.template === undefined) return;
    const { name, version, snapshot, locale } = content.template;
    const kept = entry.snapshot === undefined ? snapshot : keep(tenant, { ...entry.snapshot, now });
    noteName.run(name, version ?? null, seq);
    noteSnapshot.run(kept ?? null, locale ?? null, seq);
  };
}

/** Few addresses have letters beyond ASCII, by whose case they would not be found. */
function prepareFolded(db: Connection) {
  const update = db.prepare('UPDATE recipients SET folded = ? WHERE message_seq = +? AND position = +?');
  return (seq: number | bigint, position: number, address: string) => {
    update.run(foldAddress(address), seq, position);
  };
}

function jsonOrNull(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
