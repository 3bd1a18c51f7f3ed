/** The verbs that look at the outbox as a whole, and those that put it right after a crash or a jump of the clock. */

import { lanes } from '../../../core/message.ts';
import { laneOf } from '../../rows/message-rows.ts';
import type { QueueRow } from '../../verbs/outbox.ts';
import { asking, capLeases, leaseSql, moveLeases } from '../lease.ts';
import type { Verb } from '../verb.ts';
import { allPaused } from './pause.ts';

interface PieceColumns {
  tenant_no: number;
  lane: number;
  waiting: number;
  due: number;
  leased: number;
  scheduled: number;
  oldest_seq: number;
  next_due_at: number;
}

/** Entries counted at once: about two milliseconds. */
const PIECE = 10_000;

export const queue: Verb<'outbox.queue'> = {
  kind: 'scan',
  prepare(db) {
    const isPaused = allPaused(db);
    const lastOfPiece = db
      .prepare<[number, number], number>(
        'SELECT message_seq FROM outbox WHERE message_seq > +? ORDER BY message_seq LIMIT 1 OFFSET +?',
      )
      .pluck();
    const count = db.prepare<[number, number, number, number], PieceColumns>(
      `SELECT tenant_no, lane, count(*) AS waiting,
         sum(due_at <= ? AND lease_owner IS NULL) AS due, sum(lease_owner IS NOT NULL) AS leased,
         sum(scheduled AND due_at > ?) AS scheduled, min(message_seq) AS oldest_seq, min(free_at) AS next_due_at
       FROM outbox WHERE message_seq > +? AND message_seq <= +? GROUP BY tenant_no, lane`,
    );
    const createdAt = db.prepare<[number], number>('SELECT created_at FROM messages WHERE seq = +?').pluck();
    const tenants = db.prepare<[], TenantColumns>(
      'SELECT no, id, slug, paused, active FROM tenants WHERE removing_at IS NULL',
    );

    return function* ({ now, tenantId }) {
      const sums = new Map<string, PieceColumns>();
      for (let after: number | undefined = -1; after !== undefined; ) {
        const end: number | undefined = lastOfPiece.get(after, PIECE - 1);
        for (const piece of count.all(now, now, after, end ?? Number.MAX_SAFE_INTEGER)) {
          const key = `${piece.tenant_no}.${piece.lane}`;
          sums.set(key, sum(sums.get(key), piece));
        }
        after = end;
        yield;
      }
      const known = new Map(tenants.all().map((tenant) => [tenant.no, tenant]));
      const rows = [...sums.values()].flatMap((row): QueueRow[] => {
        const tenant = known.get(row.tenant_no);
        if (tenant === undefined || (tenantId !== undefined && tenant.id !== tenantId)) return [];
        return [queueRowOf(row, tenant, createdAt.get(row.oldest_seq) ?? now)];
      });
      return { paused: isPaused(), rows: rows.sort(bySlugAndLane) };
    };
  },
};

interface TenantColumns {
  no: number;
  id: string;
  slug: string;
  paused: number;
  active: number;
}

function sum(one: PieceColumns | undefined, other: PieceColumns): PieceColumns {
  if (one === undefined) return other;
  return {
    tenant_no: one.tenant_no,
    lane: one.lane,
    waiting: one.waiting + other.waiting,
    due: one.due + other.due,
    leased: one.leased + other.leased,
    scheduled: one.scheduled + other.scheduled,
    oldest_seq: Math.min(one.oldest_seq, other.oldest_seq),
    next_due_at: Math.min(one.next_due_at, other.next_due_at),
  };
}

function bySlugAndLane(one: QueueRow, other: QueueRow): number {
  if (one.tenantSlug !== other.tenantSlug) return one.tenantSlug < other.tenantSlug ? -1 : 1;
  return lanes.indexOf(one.lane) - lanes.indexOf(other.lane);
}

export const recover: Verb<'outbox.recover'> = {
  kind: 'write',
  prepare(db) {
    const free = db.prepare(`UPDATE outbox SET ${leaseSql.ended}, deaths = deaths + 1 WHERE ${leaseSql.isLost}`);
    return (request) => free.run(asking(request)).changes;
  },
};

export const shift: Verb<'outbox.shift'> = {
  kind: 'write',
  prepare(db) {
    const leases = db.prepare(moveLeases('outbox'));
    const move = db.prepare(
      'UPDATE outbox SET due_at = max(@now, due_at - @byMs) WHERE scheduled = 0 AND due_at > @now',
    );
    return (input) => {
      leases.run(input);
      return move.run(input).changes;
    };
  },
};

/** Less than this is two processes that look at the clock at different moments. */
const SLACK_MS = 1_000;

export const followClock: Verb<'outbox.followClock'> = {
  kind: 'write',
  prepare(db) {
    // What was written down last says when the clock was ahead; a wait that says nothing of it is cut to the longest there is.
    const move = db.prepare(
      `UPDATE outbox SET due_at = @now + min(@longestMs,
         CASE WHEN m.updated_at > @now + ${SLACK_MS} AND due_at >= m.updated_at THEN due_at - m.updated_at ELSE due_at - @now END)
       FROM messages m WHERE m.seq = outbox.message_seq AND scheduled = 0 AND due_at > @now
         AND (m.updated_at > @now + ${SLACK_MS} AND due_at >= m.updated_at OR due_at > @now + @longestMs)`,
    );
    const leases = db.prepare(capLeases('outbox'));
    return (input) => {
      leases.run(input);
      return move.run(input).changes;
    };
  },
};

function queueRowOf(row: PieceColumns, tenant: TenantColumns, oldestAt: number): QueueRow {
  return {
    tenantId: tenant.id,
    tenantSlug: tenant.slug,
    lane: laneOf(row.lane),
    waiting: row.waiting,
    due: row.due,
    leased: row.leased,
    scheduled: row.scheduled,
    oldestAt,
    nextDueAt: row.next_due_at,
    paused: tenant.paused === 1,
    active: tenant.active === 1,
  };
}
