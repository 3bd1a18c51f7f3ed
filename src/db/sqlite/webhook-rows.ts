/** Rows of webhooks to nouns: what their verbs share. */

import { type EventColumns, eventOf, optional, readMailboxes } from '../rows/message-rows.ts';
import type { WebhookContent } from '../verbs/webhooks.ts';
import type { Connection } from './connection.ts';
import { EVENT_COLUMNS, EVENTS } from './events/events.ts';
import { UnreadableEntry } from './set-aside.ts';

/**
 * Reads what a payload is made of, from this event and those before it alone, so that a later try says the same. Provider and
 * attempt are those that the newest of them names. The subject is the rendered one from the first of them on that comes of
 * rendering (an attempt, or withholding for a reason), and the submitted one before.
 */
export function contentReader(db: Connection): (deliverySeq: number) => WebhookContent {
  const read = prepareContent(
    db,
    `webhook_deliveries d CROSS JOIN ${EVENTS}`,
    'd.seq = +? AND e.position = d.position',
  );
  return (seq) => {
    const content = read(seq);
    if (content === undefined) throw new UnreadableEntry('its event was lost with a damaged page of the database');
    return content;
  };
}

/** The same by the position of an event; undefined where none is there. */
export function contentAt(db: Connection): (position: number) => WebhookContent | undefined {
  return prepareContent(db, EVENTS, 'e.position = +?');
}

function prepareContent(
  db: Connection,
  from: string,
  condition: string,
): (parameter: number) => WebhookContent | undefined {
  const newest = (member: string) => `(SELECT json_extract(p.payload, '$.${member}') FROM events p
    WHERE p.message_seq = e.message_seq AND p.sequence <= e.sequence AND json_extract(p.payload, '$.${member}') IS NOT NULL
    ORDER BY p.sequence DESC LIMIT 1)`;
  const isRendered = `EXISTS (SELECT 1 FROM events p WHERE p.message_seq = e.message_seq AND p.sequence <= e.sequence
    AND (json_extract(p.payload, '$.attempt') IS NOT NULL
      OR p.type = 'suppressed' AND json_extract(p.payload, '$.reason') <> 'unsubscribed'))`;
  const select = db.prepare<
    [number],
    EventColumns & { subject: string | null; to: string | null; provider: string | null; attempt: number | null }
  >(
    `SELECT ${EVENT_COLUMNS}, m."to",
       coalesce(iif(${isRendered}, r.rendered_subject, NULL), m.subject) AS subject,
       ${newest('provider')} AS provider, ${newest('attempt')} AS attempt
     FROM ${from} LEFT JOIN renditions r ON r.message_seq = m.seq WHERE ${condition}`,
  );
  return (parameter) => {
    const row = select.get(parameter);
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
