/** The verbs that show messages: one whole, its content, and lists. */

import { IepError } from '../../../core/errors.ts';
import type { RecipientKind, Status } from '../../../core/message.ts';
import type { OutcomeKind } from '../../../core/outcome.ts';
import {
  type AttachmentColumns,
  type ContentColumns,
  type EventColumns,
  eventOf,
  messageOf,
  messageRowOf,
  type OutboxState,
  optional,
  SHOWN_COLUMNS,
  type ShownColumns,
  trackingOf,
} from '../../rows/message-rows.ts';
import { shownObject } from '../../rules/shown.ts';
import type { AttemptRecord, MessageRow } from '../../verbs/messages.ts';
import type { Connection } from '../connection.ts';
import { EVENT_COLUMNS } from '../events/events.ts';
import { prepareHitsOf } from '../hits/rows.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';
import { type ListPosition, NEWEST, prepareCandidates, sourceFor } from './candidates.ts';
import { filterConditions } from './filter.ts';
import { search } from './search.ts';

interface RecipientColumns {
  position: number;
  address: string;
  kind: RecipientKind;
  status: Status;
  reply: string | null;
  updated_at: number;
}

interface AttemptColumns {
  number: number;
  provider: string;
  started_at: number;
  ended_at: number;
  outcome: OutcomeKind;
  reply: string | null;
  counted: number;
  provider_message_id: string | null;
}

export const get: Verb<'messages.get'> = {
  kind: 'read',
  prepare(db) {
    const find = prepareFind(db);
    const selectRecipients = prepareRecipients(db);
    const selectOutbox = prepareOutbox(db);
    const selectAttempts = db.prepare<[number], AttemptColumns>(
      'SELECT * FROM attempts WHERE message_seq = ? ORDER BY number',
    );
    const selectEvents = db.prepare<[number], EventColumns>(
      `SELECT ${EVENT_COLUMNS} FROM events e JOIN messages m ON m.seq = e.message_seq JOIN tenants t ON t.no = m.tenant_no
       WHERE e.message_seq = ? ORDER BY e.sequence`,
    );
    const selectAttachments = db.prepare<[number], Omit<AttachmentColumns, 'content' | 'storage_key'>>(
      `SELECT filename, content_type, content_id, size_bytes, removed_at
       FROM attachments WHERE message_seq = ? ORDER BY position`,
    );
    const hitsOf = prepareHitsOf(db);
    // The last one of each recipient stays.
    const selectIds = db.prepare<[number], { position: number; id: string }>(
      'SELECT position, id FROM provider_messages WHERE message_seq = ? ORDER BY number',
    );
    return async ({ tenantId, messageId }) => {
      const row = await find(tenantId, messageId);
      if (row === undefined) return undefined;
      const recipients = await selectRecipients.all(row.seq);
      const state = await selectOutbox.get(row.seq);
      const ids = new Map((await selectIds.all(row.seq)).map(({ position, id }) => [position, id]));
      const hits = await hitsOf(row.seq);
      return {
        ...messageRowOf(row, recipients, state),
        door: row.door,
        envelopeFrom: row.envelope_from,
        ...optional('replyTo', row.reply_to),
        messageIdHeader: row.message_id_header,
        ...optional('idempotencyKey', row.idempotency_key),
        ...optional('tracking', trackingOf(row.tracking)),
        ...optional('unsubscribe', row.unsubscribe === null ? null : { category: row.unsubscribe }),
        ...optional('metadata', shownObject(row.metadata)),
        recipients: recipients.map(({ position, address, kind, status, reply, updated_at }) => ({
          email: address,
          kind,
          status: state?.lease_owner != null && (status === 'queued' || status === 'scheduled') ? 'processing' : status,
          ...optional('reply', reply),
          ...optional('providerMessageId', ids.get(position)),
          ...optional('hits', hits.get(position)),
          updatedAt: updated_at,
        })),
        attemptLog: (await selectAttempts.all(row.seq)).map(attemptOf),
        events: (await selectEvents.all(row.seq)).map(eventOf),
        attachments: (await selectAttachments.all(row.seq)).map((file) => ({
          filename: file.filename,
          contentType: file.content_type,
          size: file.size_bytes,
          ...optional('contentId', file.content_id),
          ...optional('removedAt', file.removed_at),
        })),
      };
    };
  },
};

export const content: Verb<'messages.content'> = {
  kind: 'read',
  prepare(db) {
    const find = prepareFind(db);
    const selectContent = db.prepare<[number], ContentColumns & { raw_removed_at: number | null }>(
      'SELECT * FROM contents WHERE message_seq = ?',
    );
    const selectAttachments = db.prepare<[number], AttachmentColumns>(
      'SELECT * FROM attachments WHERE message_seq = ? ORDER BY position',
    );
    const selectRendition = db.prepare<
      [number],
      {
        rendered_subject: string | null;
        rendered_html: string | null;
        rendered_text: string | null;
        kept: Uint8Array | null;
      }
    >('SELECT * FROM renditions WHERE message_seq = ?');
    return async ({ tenantId, messageId }) => {
      const row = await find(tenantId, messageId);
      const stored = row && (await selectContent.get(row.seq));
      if (row === undefined || stored === undefined) return undefined;
      const rendition = await selectRendition.get(row.seq);
      const attachments = await selectAttachments.all(row.seq);
      const removedAt = stored.raw_removed_at ?? attachments.find(({ removed_at: at }) => at !== null)?.removed_at;
      return {
        message: messageOf(row, stored, attachments),
        ...optional('removedAt', removedAt),
        ...(rendition?.rendered_subject != null
          ? {
              rendered: {
                subject: rendition.rendered_subject,
                ...optional('html', rendition.rendered_html),
                ...optional('text', rendition.rendered_text),
              },
            }
          : {}),
        ...optional('kept', rendition?.kept),
      };
    };
  },
};

export const list: Verb<'messages.list'> = {
  kind: 'scan',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const candidates = prepareCandidates(db);
    const selectMessage = db.prepare<[number], ShownColumns>(
      `SELECT ${SHOWN_COLUMNS} FROM messages m JOIN tenants t ON t.no = m.tenant_no WHERE m.seq = ?`,
    );
    const selectRecipients = prepareRecipients(db);
    const selectOutbox = prepareOutbox(db);
    return async ({ tenantId, filter, limit, cursor, offset = 0 }) => {
      const tenant = tenantId === undefined ? undefined : await tenantNo(tenantId);
      const from = cursor === undefined ? { after: NEWEST, skip: offset } : readCursor(cursor);
      const { rows, next, skip } = await search(db, tenant, {
        source: await sourceFor(candidates, tenant, filter),
        conditions: filterConditions(filter),
        limit,
        ...from,
      });
      const items: MessageRow[] = [];
      for (const { seq } of rows) {
        const row = await selectMessage.get(seq);
        if (row) items.push(messageRowOf(row, await selectRecipients.all(seq), await selectOutbox.get(seq)));
      }
      return { items, ...(next && { cursor: writeCursor(next, skip) }) };
    };
  },
};

/** What an offset has not passed over yet goes along. */
function writeCursor({ createdAt, seq }: ListPosition, skip: number): string {
  return `${createdAt}.${seq}${skip > 0 ? `.${skip}` : ''}`;
}

function readCursor(cursor: string): { after: ListPosition; skip: number } {
  const match = /^(\d{1,15})\.(\d{1,15})(?:\.(\d{1,6}))?$/.exec(cursor);
  if (match === null) throw notOurs();
  return { after: { createdAt: Number(match[1]), seq: Number(match[2]) }, skip: Number(match[3] ?? 0) };
}

/** A cursor that no answer gave. */
export function notOurs(): IepError {
  return new IepError('invalid_request', 'The cursor is not one that this platform gave.', {
    errors: [{ path: 'cursor', message: 'is not a cursor of an earlier answer' }],
  });
}

function prepareFind(db: Connection): (tenantId: string, messageId: string) => Promise<ShownColumns | undefined> {
  const select = db.prepare<[string, string], ShownColumns>(
    `SELECT ${SHOWN_COLUMNS} FROM messages m JOIN tenants t ON t.no = m.tenant_no WHERE m.id = ? AND t.id = ?`,
  );
  return (tenantId, messageId) => select.get(messageId, tenantId);
}

function prepareRecipients(db: Connection) {
  return db.prepare<[number], RecipientColumns>(
    'SELECT position, address, kind, status, reply, updated_at FROM recipients WHERE message_seq = ? ORDER BY position',
  );
}

function prepareOutbox(db: Connection) {
  return db.prepare<[number], OutboxState>('SELECT due_at, lease_owner FROM outbox WHERE message_seq = ?');
}

function attemptOf(row: AttemptColumns): AttemptRecord & { number: number } {
  return {
    number: row.number,
    provider: row.provider,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    outcome: row.outcome,
    ...optional('reply', row.reply),
    counted: row.counted === 1,
    ...optional('providerMessageId', row.provider_message_id),
  };
}
