/** The verbs that end a claim, and those that look after leases and due times. */

import { decideAgain } from '../../../core/notification-delivery.ts';
import type { NotificationSettlement } from '../../verbs/notifications.ts';
import type { Connection } from '../connection.ts';
import { appendAbout } from '../events/events.ts';
import { asking, capLeases, leaseSql, moveLeases } from '../lease.ts';
import type { Verb } from '../verb.ts';
import { jsonOrNull } from './add.ts';
import { prepareDeliveries } from './deliveries.ts';
import { prepareWindows } from './windows.ts';

interface Held {
  tenant_no: number;
  slot: number;
  notification_seq: number | null;
  delivery_seq: number | null;
  window_no: number | null;
}

export const settle: Verb<'notifications.settle'> = {
  kind: 'write',
  prepare(db) {
    const find = db.prepare<[number, number], Held>(
      'SELECT tenant_no, slot, notification_seq, delivery_seq, window_no FROM notification_queue WHERE no = ? AND fence = ?',
    );
    const leave = db.prepare('DELETE FROM notification_queue WHERE no = ?');
    const again = db.prepare(
      `UPDATE notification_queue SET due_at = ?, tries = tries + ?, ${leaseSql.ended} WHERE no = ?`,
    );
    const note = prepareOutcome(db);
    const closeWindow = prepareClose(db);
    const addDeliveries = prepareDeliveries(db);
    const goOn = prepareProgress(db);
    const noteSlot = prepareStanding(db);
    return async (end) => {
      const held = await find.get(end.entry, end.fence);
      if (held === undefined) throw decideAgain();
      const { tenant_no: tenant, notification_seq: notification } = held;
      if (end.dueAt === undefined) await leave.run(end.entry);
      else await again.run(end.dueAt, end.tried === true ? 1 : 0, end.entry);
      if (end.answered !== undefined) await noteSlot(held, end.answered);
      if (end.outcome !== undefined) await note(held, end.outcome, end.at);
      if (end.window !== undefined) await closeWindow(tenant, end.window, end.at);
      if (notification === null) return;
      await goOn(tenant, notification, end);
      if (end.deliveries !== undefined) await addDeliveries({ tenant, notification, now: end.at }, end.deliveries);
    };
  },
};

/** Written where it has changed. */
function prepareStanding(db: Connection) {
  const write = db.prepare(
    `INSERT INTO notification_slots (tenant_no, slot, quick, failing) VALUES (?, ?, ?, ?)
     ON CONFLICT (tenant_no, slot) DO UPDATE SET quick = excluded.quick, failing = excluded.failing
     WHERE notification_slots.quick <> excluded.quick OR notification_slots.failing <> excluded.failing`,
  );
  return async (
    { tenant_no: tenant, slot }: Held,
    { delivered, quick }: NonNullable<NotificationSettlement['answered']>,
  ) => {
    if (slot !== 0) await write.run(tenant, slot, delivered && quick ? 1 : 0, delivered ? 0 : 1);
  };
}

/** Of the delivery, or of all that a window holds; each that failed is told. */
function prepareOutcome(db: Connection) {
  const update = (where: string) =>
    db.prepare<(string | number | null)[], { id: string; channel: string; recipient: string }>(
      `UPDATE notification_deliveries SET status = ?, reason = ?, until = ?,
         message_seq = coalesce((SELECT seq FROM messages WHERE id = ?), message_seq),
         history = (history::jsonb || jsonb_build_array(?::jsonb))::text, updated_at = ?
       WHERE ${where} RETURNING (SELECT id FROM notifications n WHERE n.seq = notification_seq) AS id, channel, recipient`,
    );
  const one = update('seq = ?');
  const all = update("window_no = ? AND status IN ('held', 'pending')");
  const append = appendAbout(db);
  return async (
    { tenant_no: tenant, delivery_seq: delivery, window_no: window }: Held,
    { status, reason, until, messageId }: NonNullable<NotificationSettlement['outcome']>,
    at: number,
  ) => {
    const step = JSON.stringify({ at, status, reason, until });
    const statement = delivery === null ? all : one;
    const changed = await statement.all(
      ...[status, reason ?? null, until ?? null, messageId ?? null, step, at, delivery ?? window],
    );
    if (status !== 'failed') return;
    for (const { id, channel, recipient } of changed) {
      const data = { channel, recipient, ...(reason !== undefined && { reason }) };
      await append(tenant, { kind: 'notification', id }, { type: 'notification.failed', at, data });
    }
  };
}

function prepareClose(db: Connection) {
  const count = db
    .prepare<[number], number>('SELECT count(*) FROM notification_deliveries WHERE window_no = ?')
    .pluck();
  const remove = db.prepare('DELETE FROM notification_windows WHERE no = ?');
  const { take } = prepareWindows(db);
  return async (
    tenant: number,
    { no, count: expected, takes }: NonNullable<NotificationSettlement['window']>,
    at: number,
  ) => {
    const waited = (await count.get(no)) ?? 0;
    if (waited > expected) throw decideAgain();
    await remove.run(no);
    for (const one of takes) await take(tenant, one, at);
  };
}

/** Where its topics and its escalation stand. */
function prepareProgress(db: Connection) {
  const setRest = db.prepare('UPDATE notifications SET rest = ? WHERE seq = ?');
  const setEscalation = db
    .prepare<[string, number], string>('UPDATE notifications SET escalation = ? WHERE seq = ? RETURNING id')
    .pluck();
  const append = appendAbout(db);
  return async (tenant: number, notification: number, { rest, escalation, at }: NotificationSettlement) => {
    if (rest !== undefined) await setRest.run(jsonOrNull(rest), notification);
    if (escalation === undefined) return;
    const id = await setEscalation.get(JSON.stringify(escalation.state), notification);
    if (id === undefined || escalation.step === undefined) return;
    const data = { step: escalation.step };
    await append(tenant, { kind: 'notification', id }, { type: 'notification.escalated', at, data });
  };
}

export const release: Verb<'notifications.release'> = {
  kind: 'write',
  prepare(db) {
    const free = db.prepare(`UPDATE notification_queue SET due_at = ?, ${leaseSql.ended} WHERE no = ? AND fence = ?`);
    return async ({ entry, fence, dueAt }) => (await free.run(dueAt, entry, fence)).changes > 0;
  },
};

export const recover: Verb<'notifications.recover'> = {
  kind: 'write',
  prepare(db) {
    const free = db.prepare(`UPDATE notification_queue  SET ${leaseSql.ended} WHERE ${leaseSql.isLost}`);
    return async (request) => (await free.run(asking(request))).changes;
  },
};

/** Quiet hours and windows end by the clock, whatever it was before; only what is tried again moves with it. */
export const shift: Verb<'notifications.shift'> = {
  kind: 'write',
  prepare(db) {
    const queue = db.prepare('UPDATE notification_queue SET due_at = due_at - ? WHERE tries > 0 AND due_at > ?');
    const leases = db.prepare(moveLeases('notification_queue'));
    return async ({ now, byMs }) => {
      await leases.run({ now, byMs });
      return (await queue.run(byMs, now)).changes;
    };
  },
};

export const followClock: Verb<'notifications.followClock'> = {
  kind: 'write',
  prepare(db) {
    const queue = db.prepare(
      'UPDATE notification_queue SET due_at = @now::bigint + @longestMs::bigint WHERE tries > 0 AND due_at > @now::bigint + @longestMs::bigint',
    );
    const leases = db.prepare(capLeases('notification_queue'));
    return async (input) => {
      await leases.run(input);
      return (await queue.run(input)).changes;
    };
  },
};

export const pending: Verb<'notifications.pending'> = {
  kind: 'read',
  prepare(db) {
    const count = db.prepare<[], number>('SELECT count(*) FROM notification_queue').pluck();
    return async () => (await count.get()) ?? 0;
  },
};
