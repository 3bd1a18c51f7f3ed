/** The verbs that look at the outbox as a whole, and those that put it right after a crash or a jump of the clock. */

import type { QueueRow } from '../../store.ts';
import { laneOf } from '../rows.ts';
import type { Verb } from '../verb.ts';
import { allPaused } from './pause.ts';

interface QueueColumns {
  tenant_id: string;
  slug: string;
  paused: number;
  active: number;
  lane: number;
  waiting: number;
  due: number;
  leased: number;
  scheduled: number;
  oldest_at: number;
  next_due_at: number;
}

export const queue: Verb<'queue'> = {
  kind: 'scan',
  prepare(db) {
    const isPaused = allPaused(db);
    // CROSS JOIN keeps SQLite to this order: it knows the length of the history but not of the outbox, and would go
    // through all of the history to find what waits.
    const select = db.prepare<[number, number, string | null, string | null], QueueColumns>(
      `SELECT t.id AS tenant_id, t.slug, t.paused, t.active, o.lane, count(*) AS waiting,
         sum(o.due_at <= ? AND o.lease_owner IS NULL) AS due, sum(o.lease_owner IS NOT NULL) AS leased,
         sum(o.scheduled AND o.due_at > ?) AS scheduled, min(m.created_at) AS oldest_at, min(o.due_at) AS next_due_at
       FROM outbox o CROSS JOIN tenants t ON t.no = o.tenant_no CROSS JOIN messages m ON m.seq = o.message_seq
       WHERE ? IS NULL OR t.id = ?
       GROUP BY o.lane, o.tenant_no ORDER BY t.slug, o.lane`,
    );
    return ({ now, tenantId }) => ({
      paused: isPaused(),
      rows: select.all(now, now, tenantId ?? null, tenantId ?? null).map(queueRowOf),
    });
  },
};

export const recover: Verb<'recover'> = {
  kind: 'write',
  prepare(db) {
    const free = db.prepare(
      'UPDATE outbox SET due_at = ?, lease_owner = NULL, fence = NULL WHERE lease_owner IS NOT NULL AND lease_owner <> ?',
    );
    return ({ owner, now }) => free.run(now, owner).changes;
  },
};

export const shift: Verb<'shift'> = {
  kind: 'write',
  prepare(db) {
    const move = db.prepare('UPDATE outbox SET due_at = max(?, due_at - ?) WHERE scheduled = 0 AND due_at > ?');
    return ({ now, byMs }) => move.run(now, byMs, now).changes;
  },
};

/** Less than this is two processes that look at the clock at different moments. */
const SLACK_MS = 1_000;

export const followClock: Verb<'followClock'> = {
  kind: 'write',
  prepare(db) {
    // What was written down last says when the clock was ahead; a wait that says nothing of it is cut to the longest there is.
    const move = db.prepare(
      `UPDATE outbox SET due_at = @now + min(@longestMs,
         CASE WHEN m.updated_at > @now + ${SLACK_MS} AND due_at >= m.updated_at THEN due_at - m.updated_at ELSE due_at - @now END)
       FROM messages m WHERE m.seq = outbox.message_seq AND scheduled = 0 AND due_at > @now
         AND (m.updated_at > @now + ${SLACK_MS} AND due_at >= m.updated_at OR due_at > @now + @longestMs)`,
    );
    return (input) => move.run(input).changes;
  },
};

function queueRowOf(row: QueueColumns): QueueRow {
  return {
    tenantId: row.tenant_id,
    tenantSlug: row.slug,
    lane: laneOf(row.lane),
    waiting: row.waiting,
    due: row.due,
    leased: row.leased,
    scheduled: row.scheduled,
    oldestAt: row.oldest_at,
    nextDueAt: row.next_due_at,
    paused: row.paused === 1,
    active: row.active === 1,
  };
}
