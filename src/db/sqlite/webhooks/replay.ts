/**
 * The verbs that send webhooks again. A delivery keeps its id, so that a receiver which got it can tell; an event that had
 * none for this endpoint gets one.
 */

import { IepError } from '../../../core/errors.ts';
import type { EventType } from '../../../core/message.ts';
import { DELIVERIES, DELIVERY_COLUMNS, type DeliveryColumns, deliveryOf } from '../../rows/webhook-rows.ts';
import { isMissed, isReplayed, requireOn } from '../../rules/subscription.ts';
import type { DeliveryStatus } from '../../verbs/webhooks.ts';
import type { Connection } from '../connection.ts';
import { prepareEventTimes } from '../events/event-times.ts';
import { notOurs } from '../messages/messages.ts';
import type { Pieces, Verb } from '../verb.ts';
import { prepareFind } from './endpoints.ts';
import { prepareDelivery } from './fan-out.ts';

/** Events looked at in one call. */
const SCAN = 2_000;

interface Candidate {
  position: number;
  message_seq: number | null;
  sequence: number;
  type: EventType;
  at: number;
  tenant_no: number;
}

const CANDIDATE_COLUMNS =
  'e.position, e.message_seq, e.sequence, e.type, e.at, coalesce(e.tenant_no, m.tenant_no) AS tenant_no';

export const replayDelivery: Verb<'webhooks.replayDelivery'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const select = db.prepare<[string, number], DeliveryColumns>(
      `SELECT ${DELIVERY_COLUMNS} FROM ${DELIVERIES} WHERE d.id = +? AND d.endpoint_no = +?`,
    );
    const sendAgain = prepareSendAgain(db);
    return ({ tenantId, webhookId, deliveryId, now }) => {
      const endpoint = find(tenantId, webhookId);
      const row = select.get(deliveryId, endpoint.no);
      if (row === undefined) throw new IepError('not_found', 'No delivery has this id.');
      requireOn(endpoint.active === 1);
      sendAgain(row.seq, now);
      const again = select.get(deliveryId, endpoint.no) ?? row;
      return deliveryOf(again);
    };
  },
};

/** One part of the event log: a message's, or what lies between two times. */
export const replayable: Verb<'webhooks.replayable'> = {
  kind: 'scan',
  prepare(db) {
    const find = prepareFind(db);
    const statusOf = prepareStatus(db);
    const times = prepareEventTimes(db);
    const ofMessage = db.prepare<[string, number], Candidate>(
      `SELECT ${CANDIDATE_COLUMNS} FROM messages m JOIN events e ON e.message_seq = m.seq
       WHERE m.id = +? AND m.tenant_no = +? ORDER BY e.sequence`,
    );
    const between = db.prepare<[number, number, number], Candidate>(
      `SELECT ${CANDIDATE_COLUMNS} FROM events e LEFT JOIN messages m ON m.seq = e.message_seq
       WHERE e.position > +? AND e.position <= +? ORDER BY e.position LIMIT +?`,
    );
    const last = db.prepare<[], number>('SELECT coalesce(max(position), 0) FROM events').pluck();

    return function* (input) {
      const { from, until, messageId, missed, cursor } = input;
      const endpoint = find(input.tenantId, input.webhookId);
      const isMeant = (event: Candidate) =>
        event.tenant_no === endpoint.tenant_no &&
        isReplayed(event, endpoint.events, input) &&
        (!missed || isMissed(statusOf(endpoint.no, event.position)?.status));
      const positionsOf = (events: readonly Candidate[]) =>
        events.filter(isMeant).map(({ position }) => String(position));
      if (messageId !== undefined) return { positions: positionsOf(ofMessage.all(messageId, endpoint.tenant_no)) };

      const range = cursor === undefined ? yield* span() : readCursor(cursor);
      const part = between.all(range.after, range.end, SCAN);
      const next = part.length === SCAN ? part.at(-1) : undefined;
      return { positions: positionsOf(part), ...(next && { cursor: `${next.position}.${range.end}` }) };

      function* span(): Pieces<{ after: number; end: number }> {
        const newest = last.get() ?? 0;
        const first = from === undefined ? undefined : yield* times.first(from);
        const after = from === undefined ? (endpoint.missed_from ?? endpoint.from_position) : (first ?? newest + 1) - 1;
        return { after, end: until === undefined ? newest : times.last(until) };
      }
    };
  },
};

export const replayEvents: Verb<'webhooks.replayEvents'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const statusOf = prepareStatus(db);
    const eventAt = db.prepare<[number], Candidate>(
      `SELECT ${CANDIDATE_COLUMNS} FROM events e LEFT JOIN messages m ON m.seq = e.message_seq WHERE e.position = +?`,
    );
    const make = prepareDelivery(db);
    const sendAgain = prepareSendAgain(db);
    const forget = db.prepare('UPDATE webhook_endpoints SET missed_from = NULL WHERE no = +?');

    return ({ tenantId, webhookId, positions, missed, isAllMissed, now }) => {
      const endpoint = find(tenantId, webhookId);
      requireOn(endpoint.active === 1);
      let replayed = 0;
      for (const position of positions.map(Number)) {
        const event = eventAt.get(position);
        const known = statusOf(endpoint.no, position);
        if (event?.tenant_no !== endpoint.tenant_no || (missed && !isMissed(known?.status))) continue;
        if (known === undefined) make(endpoint.no, event, now);
        else sendAgain(known.seq, now);
        replayed += 1;
      }
      if (isAllMissed) forget.run(endpoint.no);
      return replayed;
    };
  },
};

function readCursor(cursor: string): { after: number; end: number } {
  const [, after, end] = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor) ?? [];
  if (after === undefined || end === undefined) throw notOurs();
  return { after: Number(after), end: Number(end) };
}

interface DeliveryStatusColumns {
  seq: number;
  status: DeliveryStatus;
}

function prepareStatus(db: Connection): (endpointNo: number, position: number) => DeliveryStatusColumns | undefined {
  const select = db.prepare<[number, number], DeliveryStatusColumns>(
    'SELECT seq, status FROM webhook_deliveries WHERE endpoint_no = +? AND position = +?',
  );
  return (endpointNo, position) => select.get(endpointNo, position);
}

/** Due now, with all its tries before it. One that is under way is left alone. */
function prepareSendAgain(db: Connection): (deliverySeq: number, now: number) => void {
  const hurry = db.prepare('UPDATE webhook_queue SET due_at = min(due_at, ?) WHERE delivery_seq = +?');
  const reopen = db.prepare(
    `UPDATE webhook_deliveries SET status = 'pending', tries = 0, updated_at = ? WHERE seq = +?`,
  );
  const enter = db.prepare(
    `INSERT INTO webhook_queue (delivery_seq, endpoint_no, message_seq, due_at)
     SELECT seq, endpoint_no, message_seq, ? FROM webhook_deliveries WHERE seq = +?`,
  );
  return (seq, now) => {
    reopen.run(now, seq);
    if (hurry.run(now, seq).changes === 0) enter.run(now, seq);
  };
}
