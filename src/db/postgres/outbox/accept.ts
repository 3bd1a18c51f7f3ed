/** The verb `accept`: messages, recipients, outbox entries and `queued` events. This is the hot path. */

import { keyReused, keyTaken, overLimit } from '../../../core/accept-refusals.ts';
import { IepError } from '../../../core/errors.ts';
import { foldAddress, isAscii } from '../../../core/fold.ts';
import { laneNumber, trackingBits, writeMailboxes } from '../../rows/message-rows.ts';
import type { Stored } from '../../rules/accepted.ts';
import type { LeaseRequest } from '../../verbs/lease.ts';
import type { AcceptResult, NewMessage } from '../../verbs/outbox.ts';
import type { Connection } from '../connection.ts';
import { mapInTurn } from '../in-turn.ts';
import { newFence } from '../lease.ts';
import { prepareInsertMany } from '../many.ts';
import { prepareKeep } from '../templates/snapshots.ts';
import type { Verb, VerbInput } from '../verb.ts';
import { notToMail } from './not-to-mail.ts';
import { allPaused } from './pause.ts';
import { prepareHoldLimits, type RateGate, rateGates } from './rate-limits.ts';

type AcceptInput = VerbInput<'outbox.accept'>;

export const accept: Verb<'outbox.accept'> = {
  kind: 'shared',
  prepare(db) {
    const acceptAll = prepareAccept(db);
    return async (input) => (await acceptAll([input]))[0] ?? [];
  },
  prepareMany: prepareAccept,
};

/** Calls that come together are stored together; those with limits one after the other, message by message. */
function prepareAccept(db: Connection): (calls: readonly AcceptInput[]) => Promise<readonly (readonly Stored[])[]> {
  const tenantsOf = prepareTenants(db);
  const isPaused = allPaused(db);
  const store = prepareStore(db);
  const findDuplicate = prepareDuplicate(db);
  const openGate = rateGates(db);
  const holdLimits = prepareHoldLimits(db);

  return async (calls) => {
    const tenants = await tenantsOf(calls.map(({ tenantId }) => tenantId));
    const isResting = calls.some(({ lease }) => lease !== undefined) && (await isPaused());
    const asked = calls.map((call) => {
      const tenant = tenants.get(call.tenantId);
      if (tenant === undefined) throw new IepError('not_found', 'The tenant does not exist.');
      const lease = isResting || tenant.rests === 1 ? undefined : call.lease;
      return { call, tenant: tenant.no, entries: call.messages.map((entry) => ({ tenant: tenant.no, entry, lease })) };
    });
    // In one order, so that no two transactions wait for each other.
    const limited = asked.filter(({ call }) => call.limits !== undefined).map(({ tenant }) => tenant);
    for (const tenant of new Set(limited.toSorted((one, other) => one - other))) await holdLimits(tenant);
    const free = asked.filter(({ call }) => call.limits === undefined);
    const accepted = await store(free.flatMap(({ entries }) => entries));
    return mapInTurn(asked, async ({ call, tenant, entries }) => {
      const { limits, all } = call;
      const answer = async (entry: NewMessage, stored: Stored | undefined, refusal?: Refusal): Promise<Stored> => {
        const answer =
          stored ?? (await findDuplicate(tenant, entry)) ?? (refusal && { kind: 'limited' as const, ...refusal });
        if (answer === undefined) throw new Error('the message of an idempotency key was not found');
        if (all) requireStored(answer);
        return answer;
      };
      if (limits === undefined) return mapInTurn(entries, ({ entry }) => answer(entry, accepted.get(entry)));
      const gate = await openGate(tenant, limits);
      const stored = await mapInTurn(entries, async (one): Promise<Stored> => {
        const refusal = gate.refusal();
        const added = refusal ? undefined : (await store([one])).get(one.entry);
        if (added) gate.take();
        return answer(one.entry, added, refusal);
      });
      const rates = await gate.keep();
      return stored.map((answer) => ({ ...answer, rates }));
    });
  };
}

/** Those that are not there, or are being removed, are missing. */
function prepareTenants(db: Connection) {
  const select = db.prepare<[readonly string[]], { id: string; no: number; rests: number }>(
    `SELECT id, no, paused = 1 OR active = 0 AS rests FROM tenants WHERE id = ANY (?::text[]) AND removing_at IS NULL`,
  );
  return async (ids: readonly string[]) =>
    new Map((await select.all([...new Set(ids)])).map((tenant) => [tenant.id, tenant]));
}

type Refusal = ReturnType<RateGate['refusal']>;

function requireStored(answer: Stored): void {
  if (answer.kind === 'limited') throw overLimit(answer);
  if (answer.kind === 'duplicate') throw answer.samePayload ? keyTaken(answer.messageId) : keyReused(answer.messageId);
}

function prepareDuplicate(db: Connection) {
  const select = db.prepare<[number, string], { seq: number; id: string; status: string; idempotency_hash: string }>(
    'SELECT seq, id, status, idempotency_hash FROM messages WHERE tenant_no = ? AND idempotency_key = ?',
  );
  const selectAddresses = db
    .prepare<[number], string>('SELECT address FROM recipients WHERE message_seq = ? ORDER BY position')
    .pluck();
  const barred = notToMail(db);

  return async (
    tenantNo: number,
    { message, idempotencyKey, idempotencyHash }: NewMessage,
  ): Promise<Stored | undefined> => {
    if (idempotencyKey === undefined) return undefined;
    const first = await select.get(tenantNo, idempotencyKey);
    if (first === undefined) return undefined;
    const recipients = (await selectAddresses.all(first.seq)).map((address, position) => ({ address, position }));
    const category = message.unsubscribe?.category;
    const [left] = await barred([{ tenantNo, recipients, category, now: message.createdAt }]);
    return {
      kind: 'duplicate',
      messageId: first.id,
      status: first.status as (AcceptResult & { kind: 'duplicate' })['status'],
      suppressedRecipients: (left?.suppressed ?? []).map((position) => recipients[position]?.address ?? ''),
      samePayload: first.idempotency_hash === idempotencyHash,
    };
  };
}

interface Entry {
  readonly tenant: number;
  readonly entry: NewMessage;
  readonly lease: LeaseRequest | undefined;
}

/** All in a few statements, whatever their number. */
function prepareStore(db: Connection) {
  const insertMessages = prepareInsertMany<{ seq: number; id: string }>(db, {
    head: `INSERT INTO messages (id, tenant_no, status, created_at, updated_at, door, from_email, from_name, envelope_from,
       "to", cc, reply_to, subject, message_id_header, priority, category, tags, metadata, group_id, wanted_provider,
       max_attempts, scheduled_at, idempotency_key, idempotency_hash, template, template_version, traceparent, tracking,
       unsubscribe, subscriber, acknowledge_url)`,
    columns: 31,
    tail: `ON CONFLICT (tenant_no, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING seq, id`,
  });
  const insertContents = prepareInsertMany(db, {
    head: `INSERT INTO contents (message_seq, html, text, variables, headers, raw, raw_blob, raw_size, utf8_header,
       attachment_urls, snapshot_no, locale)`,
    columns: 12,
  });
  const insertRecipients = prepareInsertMany(db, {
    head: 'INSERT INTO recipients (message_seq, position, address, folded, kind, status, updated_at)',
    columns: 7,
  });
  const insertAttachments = prepareInsertMany(db, {
    head: `INSERT INTO attachments (message_seq, position, filename, content_type, content_id, size_bytes, content,
       storage_key)`,
    columns: 8,
  });
  const insertEntries = prepareInsertMany(db, {
    head: 'INSERT INTO outbox (message_seq, tenant_no, lane, due_at, scheduled, lease_owner, lease_until, fence)',
    columns: 8,
  });
  const insertEvents = prepareInsertMany(db, {
    head: 'INSERT INTO events (position, message_seq, sequence, type, at, payload)',
    columns: 6,
  });
  const keep = prepareKeep(db);
  const barred = notToMail(db);

  /** By entry; nothing of it is stored, and it has no answer, where its idempotency key was used before. */
  return async (entries: readonly Entry[]): Promise<ReadonlyMap<NewMessage, Stored>> => {
    const found = await insertMessages(entries.map(({ tenant, entry }) => messageValues(tenant, entry)));
    const seqs = new Map(found.map(({ seq, id }) => [id, seq]));
    const stored = entries.flatMap(({ tenant, entry, lease: asked }) => {
      const seq = seqs.get(entry.message.id);
      if (seq === undefined) return [];
      const lease = timingOf(entry).isScheduled ? undefined : asked;
      return [{ seq, tenant, entry, lease, fence: lease && newFence() }];
    });
    await insertContents(
      await mapInTurn(stored, async ({ seq, tenant, entry }) => [
        ...[seq, ...contentValues(entry)],
        ...(await made(tenant, entry)),
      ]),
    );
    await insertRecipients(
      stored.flatMap(({ seq, entry: { message, recipients }, entry }) =>
        recipients.map(({ address, kind }, position) => {
          const folded = isAscii(address) ? null : foldAddress(address);
          return [seq, position, address, folded, kind, timingOf(entry).status, message.createdAt];
        }),
      ),
    );
    await insertAttachments(stored.flatMap(({ seq, entry }) => attachmentValues(seq, entry)));
    await insertEntries(
      stored.map(({ seq, tenant, entry, lease, fence }) => {
        const { dueAt, isScheduled } = timingOf(entry);
        const leased = lease ? [lease.owner, lease.now + lease.leaseMs, fence] : [null, null, null];
        return [seq, tenant, laneNumber(entry.message.lane), dueAt, isScheduled ? 1 : 0, ...leased];
      }),
    );
    const first = stored.length === 0 ? 0 : await db.positions(stored.length);
    await insertEvents(
      stored.map(({ seq, entry }, index) => {
        const { dueAt, isScheduled } = timingOf(entry);
        const data = isScheduled ? JSON.stringify({ scheduledAt: new Date(dueAt).toISOString() }) : null;
        return [first + index, seq, 1, 'queued', entry.message.createdAt, data];
      }),
    );
    const left = await barred(
      stored.map(({ tenant, entry: { message, recipients } }) => ({
        tenantNo: tenant,
        recipients: recipients.map(({ address }, position) => ({ address, position })),
        category: message.unsubscribe?.category,
        now: message.createdAt,
      })),
    );
    return new Map(
      stored.map(({ entry, fence }, index) => [
        entry,
        { kind: 'accepted' as const, suppressed: [], ...left[index], ...(fence !== undefined && { fence }) },
      ]),
    );

    /** The snapshot and the language of what a template makes. */
    async function made(tenant: number, { message, snapshot }: NewMessage): Promise<readonly unknown[]> {
      const { content, createdAt: now } = message;
      if (content.kind !== 'parts' || content.template === undefined) return [null, null];
      const { snapshot: known, locale } = content.template;
      const kept = snapshot === undefined ? known : await keep(tenant, { ...snapshot, now });
      return [kept ?? null, locale ?? null];
    }
  };
}

function timingOf({ message: { createdAt, scheduledAt } }: NewMessage) {
  const isScheduled = scheduledAt !== undefined && scheduledAt > createdAt;
  return { isScheduled, status: isScheduled ? 'scheduled' : 'queued', dueAt: isScheduled ? scheduledAt : createdAt };
}

function messageValues(tenant: number, entry: NewMessage): readonly unknown[] {
  const { message } = entry;
  const { content } = message;
  const template = content.kind === 'parts' ? content.template : undefined;
  return [
    message.id,
    tenant,
    timingOf(entry).status,
    message.createdAt,
    message.createdAt,
    message.door,
    message.from.email,
    message.from.name ?? null,
    message.envelopeFrom,
    writeMailboxes(message.to),
    message.cc.length === 0 ? null : writeMailboxes(message.cc),
    message.replyTo ?? null,
    message.subject,
    message.messageIdHeader,
    laneNumber(message.lane),
    message.category ?? null,
    message.tags.length === 0 ? null : JSON.stringify(message.tags),
    jsonOrNull(message.metadata),
    message.groupId ?? null,
    message.provider ?? null,
    message.maxAttempts,
    message.scheduledAt ?? null,
    entry.idempotencyKey ?? null,
    entry.idempotencyHash ?? null,
    template?.name ?? null,
    template?.version ?? null,
    message.traceparent ?? null,
    message.tracking === undefined ? null : trackingBits(message.tracking),
    message.unsubscribe?.category ?? null,
    message.subscriber ?? null,
    message.acknowledgeUrl ?? null,
  ];
}

function contentValues({ message: { content, attachmentUrls } }: NewMessage): readonly unknown[] {
  if (content.kind === 'raw') {
    const { raw } = content;
    const bytes = 'bytes' in raw ? raw.bytes : null;
    const blob = 'blob' in raw ? raw.blob : null;
    return [null, null, null, null, bytes, blob, raw.size, content.utf8Header ? 1 : 0, null];
  }
  const { html, text, variables, headers } = content;
  const parts = [html ?? null, text ?? null, jsonOrNull(variables), jsonOrNull(headers)];
  return [...parts, null, null, null, 0, jsonOrNull(attachmentUrls)];
}

function attachmentValues(seq: number, { message }: NewMessage): readonly (readonly unknown[])[] {
  return message.attachments.map(({ filename, contentType, contentId, content }, position) => [
    ...[seq, position, filename, contentType, contentId ?? null, content.size],
    ...['bytes' in content ? content.bytes : null, 'blob' in content ? content.blob : null],
  ]);
}

function jsonOrNull(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
