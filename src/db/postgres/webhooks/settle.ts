/** The verbs that end a claim of a delivery, and those that look after leases and due times. */

import { endOfTry, type TryEnd } from '../../rules/endpoint.ts';
import type { WebhookSettlement } from '../../verbs/webhooks.ts';
import type { Connection } from '../connection.ts';
import { asking, capLeases, leaseSql, moveLeases } from '../lease.ts';
import type { Verb } from '../verb.ts';
import { prepareTurnOff } from './endpoints.ts';

interface Held {
  seq: number;
  endpoint_no: number;
  active: number;
  quick: number;
  failing_since: number | null;
}

export const settle: Verb<'webhooks.settle'> = {
  kind: 'write',
  prepare(db) {
    const find = db.prepare<[string, number], Held>(
      `SELECT d.seq, d.endpoint_no, w.active, w.quick, w.failing_since
       FROM webhook_deliveries d JOIN webhook_queue q ON q.delivery_seq = d.seq JOIN webhook_endpoints w ON w.no = d.endpoint_no
       WHERE d.id = ? AND q.fence = ?`,
    );
    const leave = db.prepare('DELETE FROM webhook_queue WHERE delivery_seq = ?');
    const reschedule = db.prepare(`UPDATE webhook_queue SET due_at = ?, ${leaseSql.ended} WHERE delivery_seq = ?`);
    const update = db.prepare(
      `UPDATE webhook_deliveries SET status = ?, attempts = attempts + 1, tries = tries + 1, last_answer = ?, updated_at = ?
       WHERE seq = ?`,
    );
    const record = prepareAttempt(db);
    const note = prepareNote(db);
    const turnOff = prepareTurnOff(db);

    return async (end) => {
      const held = await find.get(end.deliveryId, end.fence);
      if (held === undefined) return undefined;
      const { active, quick, failing_since: failingSince } = held;
      const after = endOfTry(end, { isActive: active === 1, isQuick: quick === 1, failingSince });
      const { status, offReason } = after;
      // Before what waits is counted: this one is missed too.
      if (offReason !== undefined) await turnOff(held.endpoint_no, { reason: offReason, at: end.at });
      if (status === 'pending') await reschedule.run(end.dueAt, held.seq);
      else await leave.run(held.seq);
      await update.run(status, end.lastAnswer, end.at, held.seq);
      await record(held.seq, end.attempt);
      await note(held, after, end.waitUntil);
      return { status, ...(offReason !== undefined && { offReason }) };
    };
  },
};

/** Writes down how the endpoint does, where that has changed. */
function prepareNote(db: Connection): (held: Held, after: TryEnd, waitUntil: number | undefined) => Promise<void> {
  const write = db.prepare(
    'UPDATE webhook_endpoints SET quick = ?, failing_since = ?, wait_until = coalesce(?, wait_until) WHERE no = ?',
  );
  return async (held, after, waitUntil) => {
    const quick = after.isQuick ? 1 : 0;
    if (quick === held.quick && after.failingSince === held.failing_since && waitUntil === undefined) return;
    await write.run(quick, after.failingSince, waitUntil ?? null, held.endpoint_no);
  };
}

function prepareAttempt(db: Connection) {
  const insert = db.prepare(
    `INSERT INTO webhook_attempts (delivery_seq, number, started_at, duration_ms, request, status, answer, error)
     VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM webhook_attempts WHERE delivery_seq = ?), ?, ?, ?, ?, ?, ?)`,
  );
  return async (
    seq: number,
    { startedAt, durationMs, request, status, answer, error }: WebhookSettlement['attempt'],
  ) => {
    const sent = JSON.stringify(request);
    await insert.run(seq, seq, startedAt, Math.round(durationMs), sent, status ?? null, answer ?? null, error ?? null);
  };
}

export const release: Verb<'webhooks.release'> = {
  kind: 'write',
  prepare(db) {
    const free = db.prepare(
      `UPDATE webhook_queue SET due_at = ?, ${leaseSql.ended}
       WHERE delivery_seq = (SELECT seq FROM webhook_deliveries WHERE id = ?) AND fence = ?`,
    );
    return async ({ deliveryId, fence, dueAt }) => (await free.run(dueAt, deliveryId, fence)).changes > 0;
  },
};

export const recover: Verb<'webhooks.recover'> = {
  kind: 'write',
  prepare(db) {
    const free = db.prepare(`UPDATE webhook_queue SET ${leaseSql.ended} WHERE ${leaseSql.isLost}`);
    return async (request) => (await free.run(asking(request))).changes;
  },
};

export const shift: Verb<'webhooks.shift'> = {
  kind: 'write',
  prepare(db) {
    const queue = db.prepare('UPDATE webhook_queue SET due_at = due_at - ? WHERE due_at > ?');
    const endpoints = db.prepare('UPDATE webhook_endpoints SET wait_until = wait_until - ? WHERE wait_until > ?');
    const leases = db.prepare(moveLeases('webhook_queue'));
    return async ({ now, byMs }) => {
      await endpoints.run(byMs, now);
      await leases.run({ now, byMs });
      return (await queue.run(byMs, now)).changes;
    };
  },
};

/** As followClock of the outbox. */
export const followClock: Verb<'webhooks.followClock'> = {
  kind: 'write',
  prepare(db) {
    const endpoints = db.prepare(
      'UPDATE webhook_endpoints SET wait_until = @now::bigint + @longestMs::bigint WHERE wait_until > @now::bigint + @longestMs::bigint',
    );
    const queue = db.prepare(
      `UPDATE webhook_queue SET due_at = @now + least(@longestMs,
         CASE WHEN d.updated_at > @now + 1000 AND due_at >= d.updated_at THEN due_at - d.updated_at ELSE due_at - @now END)
       FROM webhook_deliveries d WHERE d.seq = webhook_queue.delivery_seq AND due_at > @now
         AND (d.updated_at > @now + 1000 AND due_at >= d.updated_at OR due_at > @now::bigint + @longestMs::bigint)`,
    );
    const leases = db.prepare(capLeases('webhook_queue'));
    return async (input) => {
      await endpoints.run(input);
      await leases.run(input);
      return (await queue.run(input)).changes;
    };
  },
};

export const pending: Verb<'webhooks.pending'> = {
  kind: 'read',
  prepare(db) {
    const count = db.prepare<[], number>('SELECT count(*) FROM webhook_queue').pluck();
    return async () => (await count.get()) ?? 0;
  },
};
