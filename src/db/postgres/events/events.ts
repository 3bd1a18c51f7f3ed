/** The event log: appended to by other verbs, read in order by streams. */

import type { EventSubject } from '../../../core/message.ts';
import { type EventColumns, eventOf, optional } from '../../rows/message-rows.ts';
import type { NewEvent } from '../../verbs/events.ts';
import type { Connection } from '../connection.ts';
import type { Verb } from '../verb.ts';
import { prepareEventTimes } from './event-times.ts';

/** Adds one line to a message's history, inside the transaction of the verb that calls it. */
export function appendEvent(db: Connection): (messageSeq: number, event: NewEvent) => Promise<void> {
  const insert = db.prepare(
    `INSERT INTO events (position, message_seq, sequence, type, at, recipient, payload)
     VALUES (?, ?, (SELECT coalesce(max(sequence), 0) + 1 FROM events WHERE message_seq = ?), ?, ?, ?, ?)`,
  );
  return async (seq, { type, at, recipient, data }) => {
    await insert.run(
      await db.positions(1),
      seq,
      seq,
      type,
      at,
      recipient ?? null,
      data === undefined ? null : JSON.stringify(data),
    );
  };
}

/** The same, about something else of a tenant than a message. */
export function appendAbout(
  db: Connection,
): (tenantNo: number, subject: EventSubject, event: Omit<NewEvent, 'recipient'>) => Promise<void> {
  const insert = db.prepare(
    `INSERT INTO events (position, tenant_no, subject_kind, subject_id, sequence, type, at, payload)
     VALUES (?, ?, ?, ?, (SELECT coalesce(max(sequence), 0) + 1 FROM events
       WHERE tenant_no = ? AND subject_kind = ? AND subject_id = ?), ?, ?, ?)`,
  );
  return async (tenantNo, { kind, id }, { type, at, data = {} }) => {
    await insert.run(await db.positions(1), tenantNo, kind, id, tenantNo, kind, id, type, at, JSON.stringify(data));
  };
}

/** Characters of a message's metadata, as JSON, that its events carry; the message has it whole. */
const MARKED_METADATA = 4_096;

export const EVENT_COLUMNS = `e.position, t.id AS tenant_id, m.id AS message_id, e.subject_kind, e.subject_id, e.sequence, e.type, e.at, e.recipient, e.payload,
  m.tags, m.category, m.group_id, m.idempotency_key, CASE WHEN length(m.metadata) <= ${MARKED_METADATA} THEN m.metadata ELSE NULL END AS metadata`;

/** Events, with the message and the tenant of each. */
/** Behind `events e`: the message and the tenant of each. */
export const OF_EVENTS = `LEFT JOIN messages m ON m.seq = e.message_seq
  JOIN tenants t ON t.no = coalesce(e.tenant_no, m.tenant_no)`;
export const EVENTS = `events e ${OF_EVENTS}`;

const POSITION = /^\d{1,16}$/;
/** Events looked at in one piece, for a tenant whose events are few among many. */
const PIECE = 2_000;

/** What followers may read: behind it, a transaction that is still open may add something. */
const IS_COMPLETE = 'e.position < event_horizon()';

export const after: Verb<'events.after'> = {
  kind: 'scan',
  prepare(db) {
    const all = db.prepare<[number, number], EventColumns>(
      `SELECT ${EVENT_COLUMNS} FROM ${EVENTS} WHERE e.position > ? AND ${IS_COMPLETE} ORDER BY e.position LIMIT ?`,
    );
    const ofTenant = db.prepare<[number, number, string, number], EventColumns>(
      `SELECT ${EVENT_COLUMNS} FROM ${EVENTS} WHERE e.position > ? AND e.position <= ? AND t.id = ?
       ORDER BY e.position LIMIT ?`,
    );
    const endOf = db
      .prepare<[number, number, number], number | null>(
        `SELECT max(position) FROM (
           SELECT position FROM events WHERE position > ? AND position <= ? ORDER BY position LIMIT ?) piece`,
      )
      .pluck();
    const last = prepareLast(db);
    return async ({ tenantId, position, limit, since }) => {
      const from = position === undefined ? 0 : Number(position);
      const until = since && Number(since.until);
      const isMeant = (row: EventColumns) => until === undefined || row.position > until || row.at >= (since?.at ?? 0);
      const page = (rows: readonly EventColumns[], next: number) => ({
        events: rows.filter(isMeant).map(eventOf),
        position: String(next),
      });
      if (tenantId === undefined) {
        const rows = await all.all(from, limit);
        return page(rows, rows.at(-1)?.position ?? from);
      }
      const end = await last();
      for (let start = from; start < end; ) {
        const stop = (await endOf.get(start, end, PIECE)) ?? end;
        const rows = await ofTenant.all(start, stop, tenantId, limit);
        if (rows.length > 0) return page(rows, rows.length < limit ? stop : (rows.at(-1)?.position ?? stop));
        start = stop;
      }
      return page([], Math.max(from, end));
    };
  },
};

export const end: Verb<'events.end'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[], { position: number; at: number }>(
      `SELECT position, at FROM events e WHERE ${IS_COMPLETE} ORDER BY position DESC LIMIT 1`,
    );
    return async () => {
      const { position = 0, at } = (await select.get()) ?? {};
      return { position: String(position), ...optional('at', at) };
    };
  },
};

export const knownPosition: Verb<'events.knownPosition'> = {
  kind: 'read',
  prepare(db) {
    const last = prepareLast(db);
    return async (position) => (POSITION.test(position) ? String(Math.min(Number(position), await last())) : undefined);
  },
};

/** SQL: where the log ends that followers may read. */
export const LAST_COMPLETE = `(SELECT coalesce(max(e.position), 0) FROM events e WHERE ${IS_COMPLETE})`;

export function prepareLast(db: Connection): () => Promise<number> {
  const select = db.prepare<[], number>(`SELECT ${LAST_COMPLETE}`).pluck();
  return async () => (await select.get()) ?? 0;
}

export const positionBefore: Verb<'events.positionBefore'> = {
  kind: 'scan',
  prepare(db) {
    const times = prepareEventTimes(db);
    const last = prepareLast(db);
    return async (at) => {
      const first = await times.first(at);
      return String(first === undefined ? await last() : first - 1);
    };
  },
};
