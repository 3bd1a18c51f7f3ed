/** The verb that makes a notification, with the first of its deliveries, in one transaction. */

import { decideAgain } from '../../../core/notification-delivery.ts';
import type { NewNotification } from '../../verbs/notifications.ts';
import type { Connection } from '../connection.ts';
import { appendAbout } from '../events/events.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';
import { prepareDeliveries } from './deliveries.ts';

export const add: Verb<'notifications.add'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const insert = prepareInsert(db);
    const addDeliveries = prepareDeliveries(db);
    const enqueue = db.prepare(
      'INSERT INTO notification_queue (tenant_no, slot, kind, notification_seq, due_at) VALUES (?, 0, ?, ?, ?)',
    );
    const keepFile = db.prepare(
      `INSERT INTO notification_files (notification_seq, position, filename, content_type, content_id, content)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    const append = appendAbout(db);
    return async ({ tenantId, now, notification, deliveries }) => {
      const tenant = await tenantNo(tenantId);
      const seq = await insert(tenant, notification, now);
      const { id, type, rest, escalation, files = [] } = notification;
      await addDeliveries({ tenant, notification: seq, now }, deliveries);
      if (rest !== undefined) await enqueue.run(tenant, 'rest', seq, now);
      if (escalation?.nextAt !== undefined) await enqueue.run(tenant, 'step', seq, escalation.nextAt);
      for (const [position, { filename, contentType, contentId, content }] of files.entries()) {
        await keepFile.run(seq, position, filename, contentType, contentId ?? null, content);
      }
      const data = { type, deliveries: deliveries.length };
      await append(tenant, { kind: 'notification', id }, { type: 'notification.created', at: now, data });
    };
  },
};

function prepareInsert(
  db: Connection,
): (tenant: number, notification: NewNotification, now: number) => Promise<number> {
  const insert = db.prepare<unknown[], { seq: number }>(
    `INSERT INTO notifications (id, tenant_no, type, category, content, rule, rest, escalation, escalating,
       idempotency_key, idempotency_hash, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant_no, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING seq`,
  );
  return async (tenant, one, now) => {
    const { id, type, category, content, rule, rest, escalation, idempotencyKey, idempotencyHash } = one;
    const added = await insert.get(
      ...[id, tenant, type, category ?? null, JSON.stringify(content), rule ?? null, jsonOrNull(rest)],
      ...[jsonOrNull(escalation?.state), escalation === undefined ? 0 : 1],
      ...[idempotencyKey ?? null, idempotencyHash ?? null, now],
    );
    if (added === undefined) throw decideAgain();
    return added.seq;
  };
}

export function jsonOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
