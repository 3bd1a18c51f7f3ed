/** What ends a notification: somebody has acknowledged it, it is cancelled, or it goes. */

import type { Connection } from '../connection.ts';
import { appendAbout } from '../events/events.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';
import { prepareNotification } from './reads.ts';

/** Of a notification, by a condition on its deliveries. Windows that held them go on without them. */
function prepareEnd(db: Connection, status: 'cancelled' | 'acknowledged', where: string) {
  const unqueue = db.prepare(
    `DELETE FROM notification_queue WHERE delivery_seq IN
       (SELECT seq FROM notification_deliveries WHERE notification_seq = +? AND ${where})`,
  );
  const update = db.prepare(
    `UPDATE notification_deliveries SET status = '${status}', reason = NULL, until = NULL, window_no = NULL,
       history = json_insert(history, '$[#]', json_object('at', ?, 'status', '${status}')), updated_at = ?
     WHERE notification_seq = +? AND ${where}`,
  );
  return (notification: number, now: number): number => {
    unqueue.run(notification);
    return update.run(now, now, notification).changes;
  };
}

/** Nobody else has it yet: what has a message is the message's. */
const IS_OPEN = "status IN ('held', 'pending') AND message_seq IS NULL";

export const acknowledge: Verb<'notifications.acknowledge'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const find = prepareNotification(db);
    const update = db.prepare(
      `UPDATE notifications SET escalating = 0, acknowledged_at = ?, acknowledged_by = ?,
         rest = CASE WHEN escalation IS NULL THEN rest END WHERE seq = +?`,
    );
    // Those of a topic who are still to be told are of the first step, where it escalates.
    const unqueue = db.prepare(
      `DELETE FROM notification_queue WHERE notification_seq = @seq AND (kind = 'step' OR kind = 'rest'
         AND EXISTS (SELECT 1 FROM notifications n WHERE n.seq = @seq AND n.escalation IS NOT NULL))`,
    );
    const cancelSteps = prepareEnd(db, 'cancelled', `step > 0 AND ${IS_OPEN}`);
    const note = prepareEnd(db, 'acknowledged', "status IN ('sent', 'delivered')");
    const append = appendAbout(db);
    return ({ tenantId, id, by, now }) => {
      const { seq, acknowledged_at: before } = find(tenantId, id);
      if (before !== null) return false;
      update.run(now, by, seq);
      unqueue.run({ seq });
      cancelSteps(seq, now);
      note(seq, now);
      const event = { type: 'notification.acknowledged', at: now, data: { by } } as const;
      append(tenantNo(tenantId), { kind: 'notification', id }, event);
      return true;
    };
  },
};

export const cancel: Verb<'notifications.cancel'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const find = prepareNotification(db);
    const update = db.prepare(
      'UPDATE notifications SET escalating = 0, rest = NULL, cancelled_at = coalesce(cancelled_at, ?) WHERE seq = +?',
    );
    const unqueue = db.prepare('DELETE FROM notification_queue WHERE notification_seq = +?');
    const end = prepareEnd(db, 'cancelled', IS_OPEN);
    const messages = db
      .prepare<[number], string>(
        `SELECT DISTINCT m.id FROM notification_deliveries d JOIN messages m ON m.seq = d.message_seq
         WHERE d.notification_seq = +? AND d.status = 'pending'`,
      )
      .pluck();
    const append = appendAbout(db);
    return ({ tenantId, id, now }) => {
      const { seq } = find(tenantId, id);
      const unresolved = unqueue.run(seq).changes;
      const cancelled = end(seq, now) + unresolved;
      const messageIds = messages.all(seq);
      if (cancelled + messageIds.length === 0) return { cancelled, messageIds };
      update.run(now, seq);
      const event = { type: 'notification.cancelled', at: now, data: { deliveries: cancelled } } as const;
      append(tenantNo(tenantId), { kind: 'notification', id }, event);
      return { cancelled, messageIds };
    };
  },
};

export const remove: Verb<'notifications.remove'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareNotification(db);
    const removeOne = db.prepare('DELETE FROM notifications WHERE seq = +?');
    return ({ tenantId, id }) => {
      removeOne.run(find(tenantId, id).seq);
    };
  },
};

export const sweep: Verb<'notifications.sweep'> = {
  kind: 'write',
  patient: true,
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const old = db
      .prepare<[number, number, number], number>(
        `SELECT seq FROM notifications n WHERE tenant_no = +? AND created_at < +? AND NOT EXISTS (
           SELECT 1 FROM notification_deliveries d WHERE d.notification_seq = n.seq AND (d.status = 'held' OR d.window_no IS NOT NULL))
         AND NOT EXISTS (SELECT 1 FROM notification_queue q WHERE q.notification_seq = n.seq)
         ORDER BY created_at LIMIT +?`,
      )
      .pluck();
    const removeOne = db.prepare('DELETE FROM notifications WHERE seq = +?');
    return ({ tenantId, before, limit }) => {
      const seqs = old.all(tenantNo(tenantId), before, limit);
      for (const seq of seqs) removeOne.run(seq);
      return seqs.length;
    };
  },
};

export const sweepWindows: Verb<'notifications.sweepWindows'> = {
  kind: 'write',
  patient: true,
  prepare(db) {
    const windows = db.prepare(
      `DELETE FROM notification_windows WHERE no IN (
         SELECT no FROM notification_windows w WHERE ends_at < +? AND NOT EXISTS (
           SELECT 1 FROM notification_queue q WHERE q.window_no = w.no) ORDER BY ends_at LIMIT +?)`,
    );
    return ({ now, limit }) => windows.run(now, limit).changes;
  },
};
