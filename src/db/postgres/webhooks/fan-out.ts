/**
 * The verb `fanOutWebhooks`: from the event log to deliveries. The cursor moves in the commit that makes them, so a crash
 * loses none and makes none twice; a delivery is one for each event and endpoint in any case.
 */

import { createIds } from '../../../core/ids.ts';
import type { EventType } from '../../../core/message.ts';
import { wants } from '../../rules/subscription.ts';
import type { Connection } from '../connection.ts';
import type { Verb } from '../verb.ts';

const CURSOR = 'webhooks.cursor';
/** Rows taken away in one call. */
const SWEEP = 500;

interface Subscriber {
  no: number;
  tenant_no: number;
  events: string;
  from_position: number;
}

interface Happened {
  position: number;
  message_seq: number | null;
  sequence: number;
  type: EventType;
  tenant_no: number;
}

export const fanOut: Verb<'webhooks.fanOut'> = {
  kind: 'write',
  prepare(db) {
    const subscribers = db.prepare<[], Subscriber>(
      'SELECT no, tenant_no, events, from_position FROM webhook_endpoints WHERE active = 1',
    );
    const readCursor = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck();
    const moveCursor = db.prepare(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
    const following = db.prepare<[number, number], Happened>(
      `SELECT e.position, e.message_seq, e.sequence, e.type, coalesce(e.tenant_no, m.tenant_no) AS tenant_no
       FROM events e LEFT JOIN messages m ON m.seq = e.message_seq WHERE e.position > ? AND e.position < event_horizon() ORDER BY e.position LIMIT ?`,
    );
    const make = prepareDelivery(db);
    const sweep = prepareSweep(db);

    return async ({ limit, now }) => {
      const swept = await sweep(now);
      const endpoints = await subscribers.all();
      if (endpoints.length === 0) return { endpoints: 0, made: 0, more: swept >= SWEEP };
      // Events that are older than every endpoint are not looked at.
      const start = endpoints.reduce(
        (least, { from_position: from }) => Math.min(least, from),
        Number.MAX_SAFE_INTEGER,
      );
      const cursor = Number((await readCursor.get(CURSOR)) ?? 0);
      const happened = await following.all(Math.max(cursor, start), limit);
      const byTenant = Map.groupBy(endpoints, (endpoint) => endpoint.tenant_no);
      let made = 0;
      for (const event of happened) {
        for (const endpoint of byTenant.get(event.tenant_no) ?? []) {
          if (event.position <= endpoint.from_position || !wants(endpoint.events, event.type)) continue;
          if (await make(endpoint.no, event, now)) made += 1;
        }
      }
      const last = happened.at(-1);
      if (last) await moveCursor.run(CURSOR, String(last.position));
      return { endpoints: endpoints.length, made, more: happened.length === limit || swept >= SWEEP };
    };
  },
};

/** Makes the delivery of an event to an endpoint, due now. False: there is one already. */
export function prepareDelivery(
  db: Connection,
): (endpointNo: number, event: Omit<Happened, 'tenant_no'>, now: number) => Promise<boolean> {
  let at = 0;
  const newId = createIds({ now: () => at });
  const insert = db
    .prepare<unknown[], number>(
      `INSERT INTO webhook_deliveries (id, endpoint_no, message_seq, position, sequence, type, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (endpoint_no, position) DO NOTHING RETURNING seq`,
    )
    .pluck();
  const enter = db.prepare(
    'INSERT INTO webhook_queue (delivery_seq, endpoint_no, message_seq, due_at) VALUES (?, ?, ?, ?)',
  );
  return async (endpointNo, { position, message_seq: messageSeq, sequence, type }, now) => {
    at = now;
    const seq = await insert.get(newId(), endpointNo, messageSeq, position, sequence, type, now, now);
    if (seq === undefined) return false;
    await enter.run(seq, endpointNo, messageSeq, now);
    return true;
  };
}

/** Cancels what waits at endpoints that are off, and takes away what removed ones had. Returns how many rows. */
function prepareSweep(db: Connection): (now: number) => Promise<number> {
  const offs = db.prepare<[], { no: number; removed: number }>(
    'SELECT no, removed FROM webhook_endpoints WHERE active = 0',
  );
  const waiting = db
    .prepare<[number, number], number>(
      'SELECT delivery_seq FROM webhook_queue WHERE endpoint_no = ? AND lease_owner IS NULL LIMIT ?',
    )
    .pluck();
  const leave = db.prepare('DELETE FROM webhook_queue WHERE delivery_seq = ?');
  const cancel = db.prepare(`UPDATE webhook_deliveries SET status = 'cancelled', updated_at = ? WHERE seq = ?`);
  const clear = db.prepare(
    `DELETE FROM webhook_deliveries WHERE seq IN (SELECT seq FROM webhook_deliveries WHERE endpoint_no = ? LIMIT ?)`,
  );
  const drop = db.prepare('DELETE FROM webhook_endpoints WHERE no = ?');

  return async (now) => {
    let swept = 0;
    for (const { no, removed } of await offs.all()) {
      if (swept >= SWEEP) break;
      if (removed === 1) {
        const cleared = (await clear.run(no, SWEEP - swept)).changes;
        swept += cleared;
        if (swept < SWEEP) await drop.run(no);
      } else {
        for (const seq of await waiting.all(no, SWEEP - swept)) {
          await leave.run(seq);
          await cancel.run(now, seq);
          swept += 1;
        }
      }
    }
    return swept;
  };
}
