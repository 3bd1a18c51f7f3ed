/** Rows of notifications to nouns, alike in both stores. */

import type { Json } from '../../core/message.ts';
import type { DeliveryStep, NotificationStatus, RecipientText } from '../../core/notification-delivery.ts';
import type { Notification, NotificationDelivery } from '../verbs/notifications.ts';
import { optional } from './message-rows.ts';

export interface NotificationColumns {
  seq: number;
  id: string;
  tenant_id: string;
  tenant_slug: string;
  type: string;
  category: string | null;
  content: string;
  rule: string | null;
  rest: string | null;
  escalation: string | null;
  escalating: number;
  acknowledged_at: number | null;
  acknowledged_by: string | null;
  cancelled_at: number | null;
  idempotency_key: string | null;
  idempotency_hash: string | null;
  created_at: number;
}

/** Notifications with their tenants; conditions follow. */
export const NOTIFICATIONS = `SELECT n.seq, n.id, t.id AS tenant_id, t.slug AS tenant_slug, n.type, n.category, n.content, n.rule, n.rest, n.escalation,
  n.escalating, n.acknowledged_at, n.acknowledged_by, n.cancelled_at, n.idempotency_key, n.idempotency_hash, n.created_at
  FROM notifications n JOIN tenants t ON t.no = n.tenant_no`;

export function notificationOf(row: NotificationColumns): Notification {
  return {
    ...{ tenantId: row.tenant_id, id: row.id, type: row.type },
    ...optional('category', row.category),
    content: JSON.parse(row.content) as Json,
    ...optional('rule', row.rule),
    ...(row.rest !== null && { rest: JSON.parse(row.rest) as Json }),
    ...(row.escalation !== null && { escalation: JSON.parse(row.escalation) as Json }),
    isEscalating: row.escalating === 1,
    ...optional('acknowledgedAt', row.acknowledged_at),
    ...optional('acknowledgedBy', row.acknowledged_by),
    ...optional('cancelledAt', row.cancelled_at),
    ...optional('idempotencyKey', row.idempotency_key),
    ...optional('idempotencyHash', row.idempotency_hash),
    createdAt: row.created_at,
  };
}

export interface NotifiedColumns {
  seq: number;
  step: number;
  recipient: RecipientText;
  channel: string;
  status: NotificationStatus;
  reason: string | null;
  until: number | null;
  message_id: string | null;
  history: string;
  updated_at: number;
}

export const NOTIFIED = `SELECT d.seq, d.step, d.recipient, d.channel, d.status, d.reason, d.until, m.id AS message_id, d.history,
  d.updated_at FROM notification_deliveries d LEFT JOIN messages m ON m.seq = d.message_seq`;

export function notifiedOf(row: NotifiedColumns): NotificationDelivery {
  return {
    ...{ recipient: row.recipient, channel: row.channel, step: row.step, status: row.status },
    ...optional('reason', row.reason),
    ...optional('until', row.until),
    ...optional('messageId', row.message_id),
    history: JSON.parse(row.history) as DeliveryStep[],
    updatedAt: row.updated_at,
  };
}
