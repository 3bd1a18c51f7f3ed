/**
 * The verbs that send webhooks again. A delivery keeps its id, so that a receiver which got it can tell; an event that had
 * none for this endpoint gets one.
 */

import { IepError } from '../../../core/errors.ts';
import type { EventType } from '../../../core/message.ts';
import type { WebhookReplay } from '../../webhook-store.ts';
import type { Connection } from '../connection.ts';
import type { Verb } from '../verb.ts';
import {
  DELIVERIES,
  DELIVERY_COLUMNS,
  type DeliveryColumns,
  deliveryOf,
  type EndpointColumns,
  wants,
} from '../webhook-rows.ts';
import { prepareFind } from './webhook-endpoints.ts';
import { prepareDelivery } from './webhook-fan-out.ts';

/** Events looked at in one call. */
const SCAN = 2_000;
/** An event may be written this long after its time: it is told when its attempt is over. */
const LATE_MS = 15 * 60_000;

interface Candidate {
  position: number;
  message_seq: number;
  sequence: number;
  type: EventType;
  at: number;
  tenant_no: number;
}

export const replayDelivery: Verb<'replayDelivery'> = {
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
      if (row === undefined) throw new IepError('not_found', 'There is no such delivery.');
      refuseWhileOff(endpoint);
      sendAgain(row.seq, now);
      const again = select.get(deliveryId, endpoint.no) ?? row;
      return deliveryOf(again);
    };
  },
};

export const replayWebhooks: Verb<'replayWebhooks'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const read = prepareScan(db);
    const delivery = db.prepare<[number, number], { seq: number; status: string }>(
      'SELECT seq, status FROM webhook_deliveries WHERE endpoint_no = +? AND position = +?',
    );
    const make = prepareDelivery(db);
    const sendAgain = prepareSendAgain(db);
    const forget = db.prepare('UPDATE webhook_endpoints SET missed_from = NULL WHERE no = +?');

    return (input) => {
      const { missed, dryRun, now } = input;
      const endpoint = find(input.tenantId, input.webhookId);
      if (!dryRun) refuseWhileOff(endpoint);
      const { candidates, next } = read(input, endpoint);
      let matched = 0;
      for (const event of candidates) {
        if (!wants(endpoint.events, event.type)) continue;
        const known = delivery.get(endpoint.no, event.position);
        if (missed && (known?.status === 'delivered' || known?.status === 'pending')) continue;
        matched += 1;
        if (dryRun) continue;
        if (known === undefined) make(endpoint.no, event, now);
        else sendAgain(known.seq, now);
      }
      if (next !== undefined) return { matched, cursor: String(next) };
      const isWhole = input.from === undefined && input.until === undefined && input.messageId === undefined;
      if (missed && isWhole && !dryRun) forget.run(endpoint.no);
      return { matched };
    };
  },
};

/** One part of the event log: a message's, or what lies between two times. `next`: where the following part begins. */
function prepareScan(db: Connection) {
  const columns = 'e.position, e.message_seq, e.sequence, e.type, e.at, m.tenant_no';
  const ofMessage = db.prepare<[string, number], Candidate>(
    `SELECT ${columns} FROM messages m JOIN events e ON e.message_seq = m.seq
     WHERE m.id = +? AND m.tenant_no = +? ORDER BY e.sequence`,
  );
  const after = db.prepare<[number, number], Candidate>(
    `SELECT ${columns} FROM events e JOIN messages m ON m.seq = e.message_seq
     WHERE e.position > +? ORDER BY e.position LIMIT +?`,
  );
  const positionBefore = preparePositionBefore(db);

  return (input: WebhookReplay, endpoint: EndpointColumns): { candidates: readonly Candidate[]; next?: number } => {
    const { from = 0, until = Number.MAX_SAFE_INTEGER, messageId, cursor } = input;
    const isMeant = ({ at, tenant_no: tenant }: Candidate) => tenant === endpoint.tenant_no && at >= from && at < until;
    if (messageId !== undefined) {
      return { candidates: ofMessage.all(messageId, endpoint.tenant_no).filter(isMeant) };
    }
    const start = input.from === undefined ? (endpoint.missed_from ?? endpoint.from_position) : positionBefore(from);
    const part = after.all(cursor === undefined ? start : Number(cursor), SCAN);
    const last = part.at(-1);
    const isEnd = last === undefined || part.length < SCAN || last.at > until + LATE_MS;
    return { candidates: part.filter(isMeant), ...(isEnd ? {} : { next: last.position }) };
  };
}

/** Positions grow with time, but for the delay with which events are written: found by halving. */
function preparePositionBefore(db: Connection): (at: number) => number {
  const last = db.prepare<[], number>('SELECT coalesce(max(position), 0) FROM events').pluck();
  const timeAfter = db
    .prepare<[number], number>('SELECT at FROM events WHERE position > +? ORDER BY position LIMIT 1')
    .pluck();
  return (at) => {
    let low = 0;
    let high = last.get() ?? 0;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((timeAfter.get(middle) ?? Number.MAX_SAFE_INTEGER) < at - LATE_MS) low = middle + 1;
      else high = middle;
    }
    return low;
  };
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

function refuseWhileOff({ active }: EndpointColumns): void {
  if (active === 1) return;
  throw new IepError('conflict', 'The endpoint is off; turn it on first: `iep webhook set ID --active`.');
}
