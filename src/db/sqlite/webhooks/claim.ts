/**
 * The verb `claimWebhooks`: leases what is due, tenants in turn. What is under lease counts against the limits, so that an
 * endpoint which does not answer fills only its own slots. Two deliveries of one message to one endpoint are never under
 * lease together: that is what keeps them in order.
 */

import { optional } from '../../rows/message-rows.ts';
import { ENDPOINTS, type EndpointColumns, webhookEndpointOf } from '../../rows/webhook-rows.ts';
import { createSlots, type SlotUser } from '../../rules/slots.ts';
import { serveInTurn, tenantsInTurn } from '../../rules/turns.ts';
import type { SetAside } from '../../verbs/set-aside.ts';
import type { WebhookClaim, WebhookClaimed, WebhookJob } from '../../verbs/webhooks.ts';
import type { Connection } from '../connection.ts';
import { asking, leaseSql, newFence } from '../lease.ts';
import { UnreadableEntry, unreadableFor } from '../set-aside.ts';
import type { Verb } from '../verb.ts';
import { contentReader } from '../webhook-rows.ts';

interface Subscriber extends SlotUser {
  readonly endpoint: EndpointColumns;
}

export const claim: Verb<'webhooks.claim'> = {
  kind: 'write',
  prepare(db) {
    const free = db.prepare(`UPDATE webhook_queue SET ${leaseSql.ended} WHERE ${leaseSql.isOver}`);
    const subscribersWithWork = prepareSubscribers(db);
    // A message of which something is under lease at this endpoint waits, whatever else of it is due; so does what is about none.
    const nextDue = db
      .prepare<[number, number], number>(
        `SELECT q.delivery_seq FROM webhook_queue q
         WHERE q.endpoint_no = +? AND q.due_at <= +? AND q.lease_owner IS NULL AND NOT EXISTS (
           SELECT 1 FROM webhook_queue l
           WHERE l.endpoint_no = q.endpoint_no AND l.message_seq IS q.message_seq AND l.lease_owner IS NOT NULL)
         ORDER BY q.due_at, q.delivery_seq LIMIT 1`,
      )
      .pluck();
    const isDue = db
      .prepare<[number, number], number>(
        'SELECT 1 FROM webhook_queue WHERE endpoint_no = +? AND due_at <= +? AND lease_owner IS NULL LIMIT 1',
      )
      .pluck();
    const earliest = db
      .prepare<[number, number], number>(
        `SELECT due_at FROM webhook_queue WHERE endpoint_no = +? AND due_at > +? AND lease_owner IS NULL
         ORDER BY due_at LIMIT 1`,
      )
      .pluck();
    const lease = prepareLease(db);
    const putAside = prepareSetAside(db);
    let lastTenant = 0;

    return (request): WebhookClaimed => {
      const { owner, now, limit } = request;
      free.run(asking({ owner, now }));
      const subscribers = subscribersWithWork();
      const open = subscribers.filter(({ endpoint }) => endpoint.active === 1 && (endpoint.wait_until ?? 0) <= now);
      const setAside: SetAside[] = [];
      const served = serveInTurn(tenantsInTurn(open, lastTenant), {
        limit,
        slots: createSlots(subscribers, request),
        claim({ endpoint }) {
          const seq = nextDue.get(endpoint.no, now);
          if (seq === undefined) return 'nothing';
          try {
            return { job: lease(seq, endpoint, request) };
          } catch (error) {
            setAside.push(putAside(seq, { reason: unreadableFor(error), now }));
            return 'unreadable';
          }
        },
      });
      lastTenant = served.lastTenant ?? lastTenant;

      let held = false;
      let nextDueAt: number | undefined;
      for (const { endpoint } of subscribers) {
        if (endpoint.active === 0) continue;
        const wait = (endpoint.wait_until ?? 0) > now ? endpoint.wait_until : earliest.get(endpoint.no, now);
        if (wait !== undefined && wait !== null) nextDueAt = Math.min(nextDueAt ?? wait, wait);
      }
      for (const { endpoint } of open) held ||= isDue.get(endpoint.no, now) !== undefined;
      return {
        jobs: served.jobs,
        held,
        ...(setAside.length > 0 && { setAside }),
        // What was set aside took no slot, so there may be more.
        ...(setAside.length > 0 ? { nextDueAt: now } : optional('nextDueAt', nextDueAt)),
      };
    };
  },
};

/** Endpoints that something waits for, with what is under lease. */
function prepareSubscribers(db: Connection): () => readonly Subscriber[] {
  const next = db
    .prepare<[number], number>(
      'SELECT endpoint_no FROM webhook_queue WHERE endpoint_no > +? ORDER BY endpoint_no LIMIT 1',
    )
    .pluck();
  const select = db.prepare<[number], EndpointColumns>(`${ENDPOINTS} AND w.no = +?`);
  const leases = db.prepare<[], { endpoint_no: number; leased: number }>(
    'SELECT endpoint_no, count(*) AS leased FROM webhook_queue WHERE lease_owner IS NOT NULL GROUP BY endpoint_no',
  );
  return () => {
    const leased = new Map(leases.all().map((row) => [row.endpoint_no, row.leased]));
    const subscribers: Subscriber[] = [];
    for (let no = next.get(-1); no !== undefined; no = next.get(no)) {
      const endpoint = select.get(no);
      if (endpoint === undefined) continue;
      const { tenant_no: tenantNo, quick, failing_since: failingSince } = endpoint;
      const taken = leased.get(no) ?? 0;
      subscribers.push({ endpoint, tenantNo, isQuick: quick === 1, isFailing: failingSince !== null, taken });
    }
    return subscribers;
  };
}

function prepareLease(db: Connection) {
  const update = db.prepare(`UPDATE webhook_queue SET ${leaseSql.taken} WHERE delivery_seq = +?`);
  const select = db.prepare<[number], { id: string; tries: number }>(
    'SELECT id, tries FROM webhook_deliveries WHERE seq = +?',
  );
  const read = contentReader(db);
  return (seq: number, endpoint: EndpointColumns, { owner, now, leaseMs }: WebhookClaim): WebhookJob => {
    const leaseUntil = now + leaseMs;
    const fence = newFence();
    const delivery = select.get(seq);
    if (delivery === undefined) throw new UnreadableEntry('its delivery was lost with a damaged page of the database');
    const { id, tries } = delivery;
    const job = { deliveryId: id, endpoint: webhookEndpointOf(endpoint), content: read(seq), tries, fence, leaseUntil };
    update.run(owner, leaseUntil, fence, seq);
    return job;
  };
}

/** A delivery that cannot be read failed, and leaves the queue. */
function prepareSetAside(db: Connection): (seq: number, why: { reason: string; now: number }) => SetAside {
  const leave = db.prepare('DELETE FROM webhook_queue WHERE delivery_seq = +?');
  const fail = db.prepare(
    "UPDATE webhook_deliveries SET status = 'failed', last_answer = ?, updated_at = ? WHERE seq = +?",
  );
  return (seq, { reason, now }) => {
    leave.run(seq);
    fail.run(reason, now, seq);
    return { entry: seq, reason };
  };
}
