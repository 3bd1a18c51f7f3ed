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
      'SELECT tenant_no, slot, notification_seq, delivery_seq, window_no FROM notification_queue WHERE no = +? AND fence = +?',
    );
    const leave = db.prepare('DELETE FROM notification_queue WHERE no = +?');
    const again = db.prepare(
      `UPDATE notification_queue SET due_at = ?, tries = tries + ?, ${leaseSql.ended} WHERE no = +?`,
    );
    const note = prepareOutcome(db);
    const closeWindow = prepareClose(db);
    const addDeliveries = prepareDeliveries(db);
    const goOn = prepareProgress(db);
    const noteSlot = prepareStanding(db);
    return (end) => {
      const held = find.get(end.entry, end.fence);
      if (held === undefined) throw decideAgain();
      const { tenant_no: tenant, notification_seq: notification } = held;
      if (end.dueAt === undefined) leave.run(end.entry);
      else again.run(end.dueAt, end.tried === true ? 1 : 0, end.entry);
      if (end.answered !== undefined) noteSlot(held, end.answered);
      if (end.outcome !== undefined) note(held, end.outcome, end.at);
      if (end.window !== undefined) closeWindow(tenant, end.window, end.at);
      if (notification === null) return;
      goOn(tenant, notification, end);
      if (end.deliveries !== undefined) addDeliveries({ tenant, notification, now: end.at }, end.deliveries);
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
  return ({ tenant_no: tenant, slot }: Held, { delivered, quick }: NonNullable<NotificationSettlement['answered']>) => {
    if (slot !== 0) write.run(tenant, slot, delivered && quick ? 1 : 0, delivered ? 0 : 1);
  };
}

/** Of the delivery, or of all that a window holds; each that failed is told. */
function prepareOutcome(db: Connection) {
  const update = (where: string) =>
    db.prepare<(string | number | null)[], { id: string; channel: string; recipient: string }>(
      `UPDATE notification_deliveries SET status = ?, reason = ?, until = ?,
         message_seq = coalesce((SELECT seq FROM messages WHERE id = +?), message_seq),
         history = json_insert(history, '$[#]', json(?)), updated_at = ?
       WHERE ${where} RETURNING (SELECT id FROM notifications n WHERE n.seq = notification_seq) AS id, channel, recipient`,
    );
  const one = update('seq = +?');
  const all = update("window_no = +? AND status IN ('held', 'pending')");
  const append = appendAbout(db);
  return (
    { tenant_no: tenant, delivery_seq: delivery, window_no: window }: Held,
    { status, reason, until, messageId }: NonNullable<NotificationSettlement['outcome']>,
    at: number,
  ) => {
    const step = JSON.stringify({ at, status, reason, until });
    const statement = delivery === null ? all : one;
    const changed = statement.all(
      ...[status, reason ?? null, until ?? null, messageId ?? null, step, at, delivery ?? window],
    );
    if (status !== 'failed') return;
    for (const { id, channel, recipient } of changed) {
      const data = { channel, recipient, ...(reason !== undefined && { reason }) };
      append(tenant, { kind: 'notification', id }, { type: 'notification.failed', at, data });
    }
  };
}

function prepareClose(db: Connection) {
  const count = db
    .prepare<[number], number>('SELECT count(*) FROM notification_deliveries WHERE window_no = +?')
    .pluck();
  const remove = db.prepare('DELETE FROM notification_windows WHERE no = +?');
  const { take } = prepareWindows(db);
  return (
    tenant: number,
    { no, count: expected, takes }: NonNullable<NotificationSettlement['window']>,
    at: number,
  ) => {
    const waited = count.get(no) ?? 0;
    if (waited > expected) throw decideAgain();
    remove.run(no);
    for (const one of takes) take(tenant, one, at);
  };
}

/** Where its topics and its escalation stand. */
function prepareProgress(db: Connection) {
  const setRest = db.prepare('UPDATE notifications SET rest = ? WHERE seq = +?');
  const setEscalation = db
    .prepare<[string, number], string>('UPDATE notifications SET escalation = ? WHERE seq = +? RETURNING id')
    .pluck();
  const append = appendAbout(db);
  return (tenant: number, notification: number, { rest, escalation, at }: NotificationSettlement) => {
    if (rest !== undefined) setRest.run(jsonOrNull(rest), notification);
    if (escalation === undefined) return;
    const id = setEscalation.get(JSON.stringify(escalation.state), notification);
    if (id === undefined || escalation.step === undefined) return;
    const data = { step: escalation.step };
    append(tenant, { kind: 'notification', id }, { type: 'notification.escalated', at, data });
  };
}

export const release: Verb<'notifications.release'> = {
  kind: 'write',
  prepare(db) {
    const free = db.prepare(`UPDATE notification_queue SET due_at = ?, ${leaseSql.ended} WHERE no = +? AND fence = +?`);
    return ({ entry, fence, dueAt }) => free.run(dueAt, entry, fence).changes > 0;
  },
};

export const recover: Verb<'notifications.recover'> = {
  kind: 'write',
  prepare(db) {
    const free = db.prepare(
      `UPDATE notification_queue INDEXED BY notification_queue_leased SET ${leaseSql.ended} WHERE ${leaseSql.isLost}`,
    );
    return (request) => free.run(asking(request)).changes;
  },
};

/** Quiet hours and windows end by the clock, whatever it was before; only what is tried again moves with it. */
export const shift: Verb<'notifications.shift'> = {
  kind: 'write',
  prepare(db) {
    const queue = db.prepare('UPDATE notification_queue SET due_at = due_at - ? WHERE tries > 0 AND due_at > +?');
    const leases = db.prepare(moveLeases('notification_queue'));
    return ({ now, byMs }) => {
      leases.run({ now, byMs });
      return queue.run(byMs, now).changes;
    };
  },
};

export const followClock: Verb<'notifications.followClock'> = {
  kind: 'write',
  prepare(db) {
    const queue = db.prepare(
      'UPDATE notification_queue SET due_at = @now + @longestMs WHERE tries > 0 AND due_at > @now + @longestMs',
    );
    const leases = db.prepare(capLeases('notification_queue'));
    return (input) => {
      leases.run(input);
      return queue.run(input).changes;
    };
  },
};

export const pending: Verb<'notifications.pending'> = {
  kind: 'read',
  prepare(db) {
    const count = db.prepare<[], number>('SELECT count(*) FROM notification_queue').pluck();
    return () => count.get() ?? 0;
  },
};
