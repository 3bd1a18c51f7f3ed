/** Rows of webhooks to nouns, alike in both stores. */

import type { EventType } from '../../core/message.ts';
import type { DeliveryStatus, WebhookDelivery, WebhookEndpoint } from '../verbs/webhooks.ts';
import { optional } from './message-rows.ts';

export interface EndpointColumns {
  no: number;
  id: string;
  tenant_no: number;
  tenant_id: string;
  url: string;
  events: string;
  description: string | null;
  secret: string;
  previous_secret: string | null;
  previous_until: number | null;
  active: number;
  off_at: number | null;
  off_reason: string | null;
  from_position: number;
  missed_from: number | null;
  failing_since: number | null;
  quick: number;
  wait_until: number | null;
  created_at: number;
  updated_at: number;
}

export const ENDPOINTS =
  'SELECT w.*, t.id AS tenant_id FROM webhook_endpoints w JOIN tenants t ON t.no = w.tenant_no WHERE w.removed = 0';

export function webhookEndpointOf(row: EndpointColumns): WebhookEndpoint {
  const { previous_secret: secret, previous_until: until, off_reason: reason, off_at: at } = row;
  return {
    id: row.id,
    tenantId: row.tenant_id,
    url: row.url,
    events: JSON.parse(row.events) as (EventType | '*')[],
    ...optional('description', row.description),
    secret: row.secret,
    ...(secret !== null && until !== null && { previous: { secret, until } }),
    active: row.active === 1,
    ...(row.active === 0 && reason !== null && at !== null && { off: { reason, at } }),
    ...optional('failingSince', row.failing_since),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export interface DeliveryColumns {
  seq: number;
  id: string;
  webhook_id: string;
  message_id: string | null;
  type: EventType;
  sequence: number;
  status: DeliveryStatus;
  attempts: number;
  last_answer: string | null;
  due_at: number | null;
  created_at: number;
  updated_at: number;
}

/** For `webhook_deliveries AS d`, of the endpoint `w`. */
export const DELIVERY_COLUMNS = `d.seq, d.id, w.id AS webhook_id, m.id AS message_id, d.type, d.sequence, d.status,
  d.attempts, d.last_answer, q.due_at, d.created_at, d.updated_at`;

export const DELIVERIES = `webhook_deliveries d JOIN webhook_endpoints w ON w.no = d.endpoint_no
  LEFT JOIN messages m ON m.seq = d.message_seq LEFT JOIN webhook_queue q ON q.delivery_seq = d.seq`;

export function deliveryOf(row: DeliveryColumns): WebhookDelivery {
  return {
    id: row.id,
    webhookId: row.webhook_id,
    ...optional('messageId', row.message_id),
    event: row.type,
    sequence: row.sequence,
    status: row.status,
    attempts: row.attempts,
    ...optional('lastAnswer', row.last_answer),
    ...optional('nextAttemptAt', row.due_at),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
