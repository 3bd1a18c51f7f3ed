/** Deliveries of a notification, written down as they were decided, with what they owe. */

import type { DeliveryStep, NotificationStatus } from '../../../core/notification-delivery.ts';
import type { NewDelivery, Verdict } from '../../verbs/notifications.ts';
import type { Connection } from '../connection.ts';
import { prepareWindows } from './windows.ts';

export interface Placing {
  readonly tenant: number;
  readonly notification: number;
  readonly now: number;
}

/** One that is there already for the same recipient, channel and step stays as it is. */
export function prepareDeliveries(db: Connection): (at: Placing, deliveries: readonly NewDelivery[]) => Promise<void> {
  const windows = prepareWindows(db);
  const isThere = db.prepare(
    `SELECT 1 FROM notification_deliveries WHERE notification_seq = ? AND step = ? AND recipient = ? AND channel = ?`,
  );
  const insert = db.prepare<unknown[], { seq: number }>(
    `INSERT INTO notification_deliveries (notification_seq, tenant_no, step, recipient, channel, status, reason, until,
       message_seq, window_no, history, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, (SELECT seq FROM messages WHERE id = ?), ?, ?, ?) RETURNING seq`,
  );
  const enqueue = db.prepare(
    `INSERT INTO notification_queue (tenant_no, slot, kind, delivery_seq, due_at) VALUES (?, ?, 'deliver', ?, ?)`,
  );

  return async ({ tenant, notification, now }, deliveries) => {
    for (const { recipient, channel, step, verdict, takes, passed = [], messageId, slot } of deliveries) {
      if ((await isThere.get(notification, step, recipient, channel)) !== undefined) continue;
      for (const take of takes) await windows.take(tenant, take, now);
      const window =
        verdict.kind === 'held' && verdict.reason !== 'quiet_hours'
          ? await windows.hold(tenant, verdict, { now, slot })
          : null;
      const { status, reason = null, until = null } = standingOf(verdict);
      const history = JSON.stringify([{ ...stepOf(now, verdict), ...(passed.length > 0 && { passed }) }]);
      const added = await insert.get(
        ...[notification, tenant, step, recipient, channel, status, reason, until],
        ...[messageId ?? null, window, history, now],
      );
      const isPosted = verdict.kind === 'now' && messageId === undefined;
      if (isPosted || (verdict.kind === 'held' && window === null))
        await enqueue.run(tenant, slot, added?.seq, until ?? now);
    }
  };
}

export function standingOf(verdict: Verdict): { status: NotificationStatus; reason?: string; until?: number } {
  if (verdict.kind === 'now') return { status: 'pending' };
  if (verdict.kind === 'held') return { status: 'held', reason: verdict.reason, until: verdict.until };
  return { status: verdict.kind, reason: verdict.reason };
}

function stepOf(at: number, verdict: Verdict): DeliveryStep {
  return { at, ...standingOf(verdict) };
}
