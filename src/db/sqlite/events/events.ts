/** The event log: appended to by other verbs, read in order by streams. */

import type { EventSubject } from '../../../core/message.ts';
import { type EventColumns, eventOf, optional } from '../../rows/message-rows.ts';
import type { NewEvent } from '../../verbs/events.ts';
import type { Connection } from '../connection.ts';
import type { Verb } from '../verb.ts';
import { prepareEventTimes } from './event-times.ts';

/** Adds one line to a message's history, inside the transaction of the verb that calls it. */
export function appendEvent(db: Connection): (messageSeq: number, event: NewEvent) => void {
  const insert = db.prepare(
    `INSERT INTO events (message_seq, sequence, type, at, recipient, payload)
     VALUES (?, (SELECT coalesce(max(sequence), 0) + 1 FROM events WHERE message_seq = +?), ?, ?, ?, ?)`,
  );
  return (seq, { type, at, recipient, data }) => {
    insert.run(seq, seq, type, at, recipient ?? null, data === undefined ? null : JSON.stringify(data));
  };
}

/** The same, about something else of a tenant than a message. */
export function appendAbout(
  db: Connection,
): (tenantNo: number, subject: EventSubject, event: Omit<NewEvent, 'recipient'>) => void {
  const insert = db.prepare(
    `INSERT INTO events (tenant_no, subject_kind, subject_id, sequence, type, at, payload)
     VALUES (?, ?, ?, (SELECT coalesce(max(sequence), 0) + 1 FROM events
       WHERE tenant_no = +? AND subject_kind = +? AND subject_id = +?), ?, ?, ?)`,
  );
  return (tenantNo, { kind, id }, { type, at, data = {} }) => {
    insert.run(tenantNo, kind, id, tenantNo, kind, id, type, at, JSON.stringify(data));
  };
}

/** Characters of a message's metadata, as JSON, that its events carry; the message has it whole. */
const MARKED_METADATA = 4_096;

export const EVENT_COLUMNS = `e.position, t.id AS tenant_id, m.id AS message_id, e.subject_kind, e.subject_id, e.sequence, e.type, e.at, e.recipient, e.payload,
  m.tags, m.category, m.group_id, m.idempotency_key, iif(length(m.metadata) <= ${MARKED_METADATA}, m.metadata, NULL) AS metadata`;

/** Events, with the message and the tenant of each. */
export const EVENTS = `events e LEFT JOIN messages m ON m.seq = e.message_seq
  CROSS JOIN tenants t ON t.no = coalesce(e.tenant_no, m.tenant_no)`;

/** Numbers in the order of the commits, since there is one writer at a time. */
const POSITION = /^\d{1,15}$/;
/** Positions looked at in one piece, for a tenant whose events are few among many. */
const PIECE = 2_000;

export const after: Verb<'events.after'> = {
  kind: 'scan',
  prepare(db) {
    const from = `FROM ${EVENTS}`;
    const all = db.prepare<[number, number], EventColumns>(
      `SELECT ${EVENT_COLUMNS} ${from} WHERE e.position > +? ORDER BY e.position LIMIT +?`,
    );
    const ofTenant = db.prepare<[number, number, string, number], EventColumns>(
      `SELECT ${EVENT_COLUMNS} ${from} WHERE e.position > +? AND e.position <= +? AND t.id = +? ORDER BY e.position LIMIT +?`,
    );
    const last = prepareLast(db);
    return function* ({ tenantId, position, limit, since }) {
      const from = position === undefined ? 0 : Number(position);
      const until = since && Number(since.until);
      const isMeant = (row: EventColumns) => until === undefined || row.position > until || row.at >= (since?.at ?? 0);
      const page = (rows: readonly EventColumns[], next: number) => ({
        events: rows.filter(isMeant).map(eventOf),
        position: String(next),
      });
      if (tenantId === undefined) {
        const rows = all.all(from, limit);
        return page(rows, rows.at(-1)?.position ?? from);
      }
      // Read first: what is committed after it is not behind us.
      const end = last();
      for (let start = from; start < end; start += PIECE) {
        const stop = Math.min(start + PIECE, end);
        const rows = ofTenant.all(start, stop, tenantId, limit);
        if (rows.length > 0) return page(rows, rows.length < limit ? stop : (rows.at(-1)?.position ?? stop));
        yield;
      }
      return page([], Math.max(from, end));
    };
  },
};

export const end: Verb<'events.end'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[], { position: number; at: number }>(
      'SELECT position, at FROM events ORDER BY position DESC LIMIT 1',
    );
    return () => {
      const { position = 0, at } = select.get() ?? {};
      return { position: String(position), ...optional('at', at) };
    };
  },
};

export const knownPosition: Verb<'events.knownPosition'> = {
  kind: 'read',
  prepare(db) {
    const last = prepareLast(db);
    return (position) => (POSITION.test(position) ? String(Math.min(Number(position), last())) : undefined);
  },
};

/** Where the log ends. */
export function prepareLast(db: Connection): () => number {
  const select = db.prepare<[], number>('SELECT coalesce(max(position), 0) FROM events').pluck();
  return () => select.get() ?? 0;
}

export const positionBefore: Verb<'events.positionBefore'> = {
  kind: 'scan',
  prepare(db) {
    const times = prepareEventTimes(db);
    const last = prepareLast(db);
    return function* (at) {
      const first = yield* times.first(at);
      return String(first === undefined ? last() : first - 1);
    };
  },
};
