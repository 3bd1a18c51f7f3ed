/** Rows of webhooks to nouns: what their verbs share. */

import type { EventType } from '../../core/message.ts';
import type { DeliveryStatus, WebhookContent, WebhookDelivery, WebhookEndpoint } from '../verbs/webhooks.ts';
import type { Connection } from './connection.ts';
import { EVENT_COLUMNS, EVENTS, OF_EVENTS } from './events/events.ts';
import { type EventColumns, eventOf, optional, readMailboxes } from './rows.ts';
import { UnreadableEntry } from './set-aside.ts';

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

/**
 * Reads what a payload is made of, from this event and those before it alone, so that a later try says the same. Provider and
 * attempt are those that the newest of them names. The subject is the rendered one from the first of them on that comes of
 * rendering (an attempt, or withholding for a reason), and the submitted one before.
 */
export function contentReader(db: Connection): (deliverySeq: number) => Promise<WebhookContent> {
  const read = prepareContent(
    db,
    `webhook_deliveries d JOIN events e ON e.position = d.position ${OF_EVENTS}`,
    'd.seq = ?',
  );
  return async (seq) => {
    const content = await read(seq);
    if (content === undefined) throw new UnreadableEntry('its event was lost with a damaged page of the database');
    return content;
  };
}

/** The same by the position of an event; undefined where none is there. */
export function contentAt(db: Connection): (position: number) => Promise<WebhookContent | undefined> {
  return prepareContent(db, EVENTS, 'e.position = ?');
}

function prepareContent(
  db: Connection,
  from: string,
  condition: string,
): (parameter: number) => Promise<WebhookContent | undefined> {
  const newest = (member: string) => `(SELECT p.payload::jsonb ->> '${member}' FROM events p
    WHERE p.message_seq = e.message_seq AND p.sequence <= e.sequence AND p.payload::jsonb ->> '${member}' IS NOT NULL
    ORDER BY p.sequence DESC LIMIT 1)`;
  const isRendered = `EXISTS (SELECT 1 FROM events p WHERE p.message_seq = e.message_seq AND p.sequence <= e.sequence
    AND (p.payload::jsonb ->> 'attempt' IS NOT NULL
      OR p.type = 'suppressed' AND p.payload::jsonb ->> 'reason' <> 'unsubscribed'))`;
  const select = db.prepare<
    [number],
    EventColumns & { subject: string | null; to: string | null; provider: string | null; attempt: number | null }
  >(
    `SELECT ${EVENT_COLUMNS}, m."to",
       coalesce(CASE WHEN ${isRendered} THEN r.rendered_subject ELSE NULL END, m.subject) AS subject,
       ${newest('provider')} AS provider, ${newest('attempt')}::int AS attempt
     FROM ${from} LEFT JOIN renditions r ON r.message_seq = m.seq WHERE ${condition}`,
  );
  return async (parameter) => {
    const row = await select.get(parameter);
    if (row === undefined) return undefined;
    const { subject, to, provider, attempt } = row;
    const mail = subject !== null && {
      to: readMailboxes(to).map(({ email }) => email),
      subject,
      ...optional('provider', provider),
      attempts: attempt ?? 0,
    };
    return { event: eventOf(row), ...(mail && { mail }) };
  };
}
