/**
 * The verbs that remove what has been kept long enough. Each call is one short transaction that looks at a bounded number
 * of messages and says where to go on; what is in the outbox is never touched.
 */

import type { Connection } from '../connection.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

export const expireMessages: Verb<'content.expireMessages'> = {
  kind: 'write',
  patient: true,
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const walk = db.prepare<
      [number, number, number, number, number],
      { seq: number; created_at: number; updated_at: number; is_open: number }
    >(
      `SELECT m.seq, m.created_at, m.updated_at, EXISTS (SELECT 1 FROM outbox o WHERE o.message_seq = m.seq) AS is_open
       FROM messages m WHERE m.tenant_no = +? AND m.created_at < +? AND (m.created_at, m.seq) > (+?, +?)
       ORDER BY m.created_at, m.seq LIMIT +?`,
    );
    // What belongs to the message goes with it: every table that names one says ON DELETE CASCADE.
    const remove = db.prepare('DELETE FROM messages WHERE seq = +?');

    const removeOthers = prepareRemoveOthers(db);
    return ({ tenantId, before, after = { createdAt: -1, seq: 0 }, limit }) => {
      const tenant = tenantNo(tenantId);
      removeOthers(tenant, before, limit);
      const rows = walk.all(tenant, before, after.createdAt, after.seq, limit);
      const expired = rows.filter((row) => row.is_open === 0 && row.updated_at < before);
      for (const { seq } of expired) remove.run(seq);
      const last = rows.at(-1);
      const isEnd = last === undefined || rows.length < limit;
      return { removed: expired.length, ...(!isEnd && { next: { createdAt: last.created_at, seq: last.seq } }) };
    };
  },
};

/** Events of a tenant that are about no message, with what webhooks have of them. */
function prepareRemoveOthers(db: Connection): (tenantNo: number, before: number, limit: number) => void {
  const positions = db
    .prepare<[number, number, number], number>(
      'SELECT position FROM events WHERE tenant_no = +? AND at < +? ORDER BY position LIMIT +?',
    )
    .pluck();
  const removeDeliveries = db.prepare(
    `DELETE FROM webhook_deliveries
     WHERE endpoint_no IN (SELECT no FROM webhook_endpoints WHERE tenant_no = +?) AND position = +?`,
  );
  const remove = db.prepare('DELETE FROM events WHERE position = +?');
  return (tenantNo, before, limit) => {
    for (const position of positions.all(tenantNo, before, limit)) {
      removeDeliveries.run(tenantNo, position);
      remove.run(position);
    }
  };
}

export const expireAttachments: Verb<'content.expireAttachments'> = {
  kind: 'write',
  patient: true,
  prepare(db) {
    const kept = db
      .prepare<[number, number, number], number>(
        `SELECT message_seq FROM attachments WHERE removed_at IS NULL AND message_seq > +?
         UNION SELECT message_seq FROM contents WHERE raw_blob IS NOT NULL AND message_seq > +?
         ORDER BY message_seq LIMIT +?`,
      )
      .pluck();
    const look = db.prepare<[number], { tenant_id: string; created_at: number; updated_at: number; is_open: number }>(
      `SELECT t.id AS tenant_id, m.created_at, m.updated_at,
         EXISTS (SELECT 1 FROM outbox o WHERE o.message_seq = m.seq) AS is_open
       FROM messages m JOIN tenants t ON t.no = m.tenant_no WHERE m.seq = +?`,
    );
    const remove = prepareRemoval(db);

    return ({ before, otherwise, after = 0, limit, now }) => {
      const times = new Map(before.map(({ tenantId, time }) => [tenantId, time]));
      const latest = Math.max(otherwise, ...times.values());
      const seqs = kept.all(after, after, limit);
      let removed = 0;
      for (const seq of seqs) {
        const message = look.get(seq);
        // What a damaged page left behind must not keep the rest from going.
        if (message === undefined) continue;
        // They are numbered in the order they came, so all that follow are younger still.
        if (message.created_at >= latest) return { removed };
        const time = times.get(message.tenant_id) ?? otherwise;
        if (message.is_open === 0 && message.updated_at < time) removed += remove(seq, now);
      }
      const last = seqs.at(-1);
      return { removed, ...(last !== undefined && seqs.length === limit && { next: last }) };
    };
  },
};

/** Returns how many attachments and whole messages lost their bytes. */
function prepareRemoval(db: Connection): (seq: number, now: number) => number {
  const fromAttachments = db.prepare(
    `UPDATE attachments SET content = NULL, storage_key = NULL, removed_at = ?
     WHERE message_seq = +? AND removed_at IS NULL`,
  );
  const fromContents = db.prepare(
    'UPDATE contents SET raw_blob = NULL, raw_removed_at = ? WHERE message_seq = +? AND raw_blob IS NOT NULL',
  );
  // What a provider keeps is the message as it was given, with its attachments in it.
  const fromRenditions = db.prepare('UPDATE renditions SET kept = NULL WHERE message_seq = +?');
  return (seq, now) => {
    const removed = fromAttachments.run(now, seq).changes + fromContents.run(now, seq).changes;
    fromRenditions.run(seq);
    return removed;
  };
}

export const neededBlobs: Verb<'content.neededBlobs'> = {
  kind: 'read',
  prepare(db) {
    const isNeeded = db
      .prepare<[string, string], number>(
        `SELECT EXISTS (SELECT 1 FROM attachments WHERE storage_key = +?)
             OR EXISTS (SELECT 1 FROM contents WHERE raw_blob = +?)`,
      )
      .pluck();
    return ({ blobs }) => blobs.filter((blob) => isNeeded.get(blob, blob) === 1);
  },
};

export const namedBlobs: Verb<'content.namedBlobs'> = {
  kind: 'scan',
  prepare(db) {
    const select = db
      .prepare<[string, string, number], string>(
        `SELECT storage_key AS blob FROM attachments WHERE storage_key > +?
         UNION SELECT raw_blob FROM contents WHERE raw_blob > +? ORDER BY blob LIMIT ?`,
      )
      .pluck();
    // biome-ignore lint/correctness/useYield: a page along two indexes is one piece
    return function* ({ after, limit }) {
      return select.all(after, after, limit);
    };
  },
};
