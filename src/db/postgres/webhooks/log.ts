/** What was delivered and how it went: read, and removed in time. */

import { optional } from '../../rows/message-rows.ts';
import { DELIVERIES, DELIVERY_COLUMNS, type DeliveryColumns, deliveryOf } from '../../rows/webhook-rows.ts';
import type { WebhookAttempt } from '../../verbs/webhooks.ts';
import type { Verb } from '../verb.ts';
import { walk } from '../walk.ts';
import { contentReader } from '../webhook-rows.ts';
import { prepareFind } from './endpoints.ts';

export const deliveries: Verb<'webhooks.deliveries'> = {
  kind: 'scan',
  prepare(db) {
    const find = prepareFind(db);
    const endOf = db
      .prepare<[number, number, number], number>(
        `SELECT position FROM webhook_deliveries WHERE endpoint_no = ? AND position < ?
         ORDER BY position DESC LIMIT 1 OFFSET ?`,
      )
      .pluck();
    const select = db.prepare<
      [number, number, number, string | null, string | null, string | null, string | null, number],
      DeliveryColumns & { position: number }
    >(
      `SELECT ${DELIVERY_COLUMNS}, d.position FROM ${DELIVERIES}
       WHERE d.endpoint_no = ? AND d.position < ? AND d.position >= ?
         AND (?::text IS NULL OR d.status = ?) AND (?::text IS NULL OR m.id = ?)
       ORDER BY d.position DESC LIMIT ?`,
    );
    return async ({ tenantId, webhookId, status = null, messageId = null, limit, cursor }) => {
      const { no } = await find(tenantId, webhookId);
      const { rows, next } = await walk<number, DeliveryColumns & { position: number }>({
        after: cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor),
        limit,
        end: (before, count) => endOf.get(no, before, count - 1),
        rows: ({ after: before, end = 0, limit: room }) =>
          select.all(no, before, end, status, status, messageId, messageId, room),
        keyOf: ({ position }) => position,
      });
      return { items: rows.map(deliveryOf), ...(next !== undefined && { cursor: String(next) }) };
    };
  },
};

interface AttemptColumns {
  number: number;
  started_at: number;
  duration_ms: number;
  request: string;
  status: number | null;
  answer: string | null;
  error: string | null;
}

export const delivery: Verb<'webhooks.delivery'> = {
  kind: 'read',
  prepare(db) {
    const find = prepareFind(db);
    const select = db.prepare<[string, number], DeliveryColumns>(
      `SELECT ${DELIVERY_COLUMNS} FROM ${DELIVERIES} WHERE d.id = ? AND d.endpoint_no = ?`,
    );
    const attempts = db.prepare<[number], AttemptColumns>(
      'SELECT * FROM webhook_attempts WHERE delivery_seq = ? ORDER BY number',
    );
    const read = contentReader(db);
    return async ({ tenantId, webhookId, deliveryId }) => {
      const row = await select.get(deliveryId, (await find(tenantId, webhookId)).no);
      if (row === undefined) return undefined;
      return {
        ...deliveryOf(row),
        content: await read(row.seq),
        attemptLog: (await attempts.all(row.seq)).map((attempt) => ({ number: attempt.number, ...attemptOf(attempt) })),
      };
    };
  },
};

function attemptOf(row: AttemptColumns): WebhookAttempt {
  return {
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    request: JSON.parse(row.request) as WebhookAttempt['request'],
    ...optional('status', row.status),
    ...optional('answer', row.answer),
    ...optional('error', row.error),
  };
}

/** Deliveries are numbered in the order of time: where the old ones end is found by halving, and only they are looked at. */
export const prune: Verb<'webhooks.prune'> = {
  kind: 'write',
  prepare(db) {
    const last = db.prepare<[], number>('SELECT coalesce(max(seq), 0) FROM webhook_deliveries').pluck();
    const timeAfter = db
      .prepare<[number], number>('SELECT created_at FROM webhook_deliveries WHERE seq > ? ORDER BY seq LIMIT 1')
      .pluck();
    const remove = db.prepare(
      `DELETE FROM webhook_attempts WHERE (delivery_seq, number) IN (
         SELECT delivery_seq, number FROM webhook_attempts WHERE delivery_seq <= ? AND started_at < ? LIMIT ?)`,
    );
    return async ({ before, limit }) => {
      let low = 0;
      let high = (await last.get()) ?? 0;
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        if (((await timeAfter.get(middle)) ?? Number.MAX_SAFE_INTEGER) < before) low = middle + 1;
        else high = middle;
      }
      return (await remove.run(low, before, limit)).changes;
    };
  },
};
