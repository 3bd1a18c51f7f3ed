/**
 * The verb `claim`: leases what is due, lane first, then tenants in turn. It walks the index `outbox_free` by seeks, so
 * it costs the same with ten entries waiting or ten million: one seek a tenant, then the entries it takes.
 */

import { type Job, lanes, type Recipient, type Status } from '../../../core/message.ts';
import {
  type AttachmentColumns,
  CONTENT_COLUMNS,
  type ContentColumns,
  MESSAGE_COLUMNS,
  type MessageColumns,
  messageOf,
  optional,
} from '../../rows/message-rows.ts';
import { dead } from '../../rules/dead.ts';
import { isTriedAlone, type SuspectsUnderWay, suspectsToTry } from '../../rules/suspects.ts';
import { beginningAfter, shareOut } from '../../rules/turns.ts';
import type { ClaimRequest, ClaimResult } from '../../verbs/outbox.ts';
import type { SetAside } from '../../verbs/set-aside.ts';
import type { Connection } from '../connection.ts';
import { leaseSql, newFence } from '../lease.ts';
import { prepareSetAside, UnreadableEntry, unreadableFor } from '../set-aside.ts';
import type { Verb } from '../verb.ts';
import { notToMail } from './not-to-mail.ts';
import { allPaused } from './pause.ts';
import { unansweredBy } from './unanswered.ts';

export const claim: Verb<'outbox.claim'> = {
  kind: 'write',
  prepare(db) {
    const isPaused = allPaused(db);
    const restingTenants = db.prepare<[], number>('SELECT no FROM tenants WHERE paused = 1 OR active = 0').pluck();
    const tenantNo = db.prepare<[string], number>('SELECT no FROM tenants WHERE id = +?').pluck();
    const findSuspects = prepareSuspects(db);
    const walk = prepareWalk(db);
    const lease = db.prepare(`UPDATE outbox SET ${leaseSql.taken}, deaths = ? WHERE message_seq = +?`);
    const load = prepareLoad(db);
    const putAside = prepareSetAside(db);

    return (request): ClaimResult => {
      if (isPaused()) return { jobs: [] };
      const skip = new Set(restingTenants.all());
      for (const id of request.skipTenants) skip.add(tenantNo.get(id) ?? -1);
      const suspects = findSuspects(request, skip);
      const { due, nextDueAt } = walk({ ...request, limit: request.limit - suspects.length }, skip);
      const leaseUntil = request.now + request.leaseMs;
      const jobs: Job[] = [];
      const setAside: SetAside[] = [];
      for (const { seq, deaths } of [...suspects, ...due]) {
        const fence = newFence();
        try {
          const job = load(seq, { fence, leaseUntil, now: request.now });
          jobs.push(deaths === 0 ? job : { ...job, deaths });
        } catch (error) {
          setAside.push(putAside(seq, { reason: unreadableFor(error), now: request.now }));
          continue;
        }
        lease.run(request.owner, leaseUntil, fence, deaths, seq);
      }
      return {
        jobs,
        ...(setAside.length > 0 && { setAside }),
        // What was set aside made no use of the room, so there may be more.
        ...(setAside.length > 0 ? { nextDueAt: request.now } : optional('nextDueAt', nextDueAt)),
      };
    };
  },
};

interface Due {
  readonly seq: number;
  /** With that of another node, where it let its lease end. */
  readonly deaths: number;
}

interface Suspect extends Due {
  readonly tenantNo: number;
}

/** Messages that were under way when the process died. */
function prepareSuspects(db: Connection): (request: ClaimRequest, skip: ReadonlySet<number>) => readonly Suspect[] {
  const underWay = db.prepare<[number], SuspectsUnderWay>(
    `SELECT count(*) AS count, max(deaths) AS worst FROM outbox
     WHERE deaths > 0 AND lease_until > +?`,
  );
  const due = db.prepare<[number, string], Suspect>(
    `SELECT message_seq AS seq, tenant_no AS tenantNo, deaths + (lease_owner IS NOT NULL) AS deaths FROM outbox
     WHERE deaths > 0 AND free_at <= +? AND (lease_owner IS NULL OR lease_owner <> +?)
     ORDER BY deaths, free_at, message_seq`,
  );
  return ({ owner, now, limit }, skip) => {
    const inWork = underWay.get(now) ?? { count: 0, worst: null };
    if (isTriedAlone(inWork)) return [];
    const waiting = due.all(now, owner).filter(({ tenantNo }) => !skip.has(tenantNo));
    return suspectsToTry(waiting, inWork, limit);
  };
}

/** Finds what to lease. Where each lane's turn stopped is remembered from one claim to the next. */
function prepareWalk(db: Connection) {
  const turns = lanes.map(() => 0);
  const nextTenant = db
    .prepare<[number, number], number>(
      'SELECT tenant_no FROM outbox WHERE lane = +? AND tenant_no > +? ORDER BY tenant_no LIMIT 1',
    )
    .pluck();
  // What this owner has leased is never due to it, however late it is.
  const dueOf = db.prepare<[number, number, number, string, number], Due>(
    `SELECT message_seq AS seq, lease_owner IS NOT NULL AS deaths FROM outbox
     WHERE lane = +? AND tenant_no = +? AND free_at <= +? AND (lease_owner IS NULL OR lease_owner <> +?) AND deaths = 0
     ORDER BY free_at, message_seq LIMIT +?`,
  );
  const earliestOf = db
    .prepare<[number, number, number, string], number>(
      `SELECT free_at FROM outbox
       WHERE lane = +? AND tenant_no = +? AND free_at > +? AND (lease_owner IS NULL OR lease_owner <> +?)
       ORDER BY free_at LIMIT 1`,
    )
    .pluck();

  return ({ owner, now, limit }: ClaimRequest, skip: ReadonlySet<number>) => {
    const due: Due[] = [];
    let nextDueAt: number | undefined;
    for (const lane of lanes.keys()) {
      const tenants = inTurn(lane, skip);
      const { entries, last } = shareOut(tenants, limit - due.length, (tenant, upTo) =>
        dueOf.all(lane, tenant, now, owner, upTo),
      );
      due.push(...entries);
      if (last !== undefined) turns[lane] = last;
      if (due.length >= limit) return { due, nextDueAt: now };

      for (const tenant of tenants) {
        const earliest = earliestOf.get(lane, tenant, now, owner);
        if (earliest !== undefined) nextDueAt = Math.min(nextDueAt ?? earliest, earliest);
      }
    }
    return { due, nextDueAt };
  };

  /** Tenants with entries in this lane, beginning after the one that was served last. */
  function inTurn(lane: number, skip: ReadonlySet<number>): readonly number[] {
    const all: number[] = [];
    for (let tenant = nextTenant.get(lane, -1); tenant !== undefined; tenant = nextTenant.get(lane, tenant)) {
      if (!skip.has(tenant)) all.push(tenant);
    }
    return beginningAfter(all, (tenant) => tenant > (turns[lane] ?? 0));
  }
}

const LOST = 'its content was lost with a damaged page of the database, so it cannot be sent';

/** Reads all that an attempt needs. */
function prepareLoad(db: Connection) {
  const selectMessage = db.prepare<[number], MessageColumns & ContentColumns & { tenant_no: number }>(
    `SELECT ${MESSAGE_COLUMNS}, m.tenant_no, ${CONTENT_COLUMNS}
     FROM messages m JOIN tenants t ON t.no = m.tenant_no JOIN contents c ON c.message_seq = m.seq WHERE m.seq = +?`,
  );
  const selectOpen = db.prepare<[number], Recipient>(
    `SELECT position, address, kind FROM recipients
     WHERE message_seq = +? AND status IN ('scheduled', 'queued', 'processing') ORDER BY position`,
  );
  const selectAttachments = db.prepare<[number], AttachmentColumns>(
    `SELECT filename, content_type, content_id, size_bytes, content, storage_key, removed_at
     FROM attachments WHERE message_seq = +? ORDER BY position`,
  );
  const selectSettled = db
    .prepare<[number], Status>(
      `SELECT status FROM recipients
       WHERE message_seq = +? AND status NOT IN ('scheduled', 'queued', 'processing') ORDER BY position`,
    )
    .pluck();
  const barred = notToMail(db);
  const unanswered = unansweredBy(db);
  const selectHandovers = db
    .prepare<[number], [string, number]>(
      'SELECT provider, count(*) FROM attempts WHERE message_seq = +? GROUP BY provider',
    )
    .raw();

  return (seq: number, { now, ...lease }: { fence: number; leaseUntil: number; now: number }): Job => {
    const row = selectMessage.get(seq);
    if (row === undefined) throw new UnreadableEntry(LOST);
    const attachments = row.raw_size === null ? selectAttachments.all(seq) : [];
    const recipients = selectOpen.all(seq);
    const settled = selectSettled.all(seq);
    return {
      message: messageOf(row, row, attachments),
      recipients,
      ...barred({ tenantNo: row.tenant_no, recipients, category: row.unsubscribe ?? undefined, now }),
      ...(settled.length > 0 && { settled }),
      ...(row.dead === dead.later && { gaveUp: true }),
      attempts: row.attempts,
      ...(recipients.length > 1 && { handovers: new Map(selectHandovers.all(seq)) }),
      ...optional('unanswered', unanswered(seq, row.attempts)),
      ...lease,
    };
  };
}
