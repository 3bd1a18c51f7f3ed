/**
 * The verb `claim`: leases what is due, lane first, then tenants in turn. It walks the index `outbox_free` by seeks, so
 * it costs the same with ten entries waiting or ten million: one seek a tenant, then the entries it takes.
 */

import { type Job, lanes, openStatuses, type Recipient, type Status } from '../../../core/message.ts';
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
import { beginningAfter } from '../../rules/turns.ts';
import { type AttemptEnd, unansweredProvider } from '../../rules/unanswered.ts';
import type { ClaimRequest, ClaimResult } from '../../verbs/outbox.ts';
import type { SetAside } from '../../verbs/set-aside.ts';
import type { Connection } from '../connection.ts';
import { newFence } from '../lease.ts';
import { prepareSetAside, UnreadableEntry, unreadableFor } from '../set-aside.ts';
import { shareOutByAsking } from '../turns.ts';
import type { Verb } from '../verb.ts';
import { notToMail } from './not-to-mail.ts';
import { allPaused } from './pause.ts';

export const claim: Verb<'outbox.claim'> = {
  kind: 'shared',
  prepare(db) {
    const isPaused = allPaused(db);
    const restingTenants = db.prepare<[], number>('SELECT no FROM tenants WHERE paused = 1 OR active = 0').pluck();
    const tenantNo = db.prepare<[string], number>('SELECT no FROM tenants WHERE id = ?').pluck();
    const findSuspects = prepareSuspects(db);
    const walk = prepareWalk(db);
    const lease = db.prepare(
      `UPDATE outbox SET lease_owner = ?, lease_until = ?, fence = given.fence, deaths = given.deaths
       FROM unnest(?::bigint[], ?::bigint[], ?::bigint[]) given (seq, fence, deaths) WHERE message_seq = given.seq`,
    );
    const load = prepareLoad(db);
    const putAside = prepareSetAside(db);

    return async (request): Promise<ClaimResult> => {
      if (await isPaused()) return { jobs: [] };
      const skip = new Set(await restingTenants.all());
      for (const id of request.skipTenants) skip.add((await tenantNo.get(id)) ?? -1);
      const suspects = await findSuspects(request, skip);
      const { due, nextDueAt } = await walk({ ...request, limit: request.limit - suspects.length }, skip);
      const leaseUntil = request.now + request.leaseMs;
      const jobs: Job[] = [];
      const setAside: SetAside[] = [];
      const all = [...suspects, ...due];
      const jobOf = await load(
        all.map(({ seq }) => seq),
        request.now,
      );
      const leased: [seq: number, fence: number, deaths: number][] = [];
      for (const { seq, deaths } of all) {
        const fence = newFence();
        try {
          const job = { ...jobOf(seq), fence, leaseUntil };
          jobs.push(deaths === 0 ? job : { ...job, deaths });
          leased.push([seq, fence, deaths]);
        } catch (error) {
          setAside.push(await putAside(seq, { reason: unreadableFor(error), now: request.now }));
        }
      }
      if (leased.length > 0) await lease.run(request.owner, leaseUntil, ...columnsOf(leased));
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
function prepareSuspects(
  db: Connection,
): (request: ClaimRequest, skip: ReadonlySet<number>) => Promise<readonly Suspect[]> {
  const underWay = db.prepare<[number], SuspectsUnderWay>(
    `SELECT count(*) AS count, max(deaths) AS worst FROM outbox
     WHERE deaths > 0 AND lease_until > ?`,
  );
  const due = db.prepare<[number, string], Suspect>(
    `SELECT message_seq AS seq, tenant_no AS "tenantNo", deaths + (lease_owner IS NOT NULL)::int AS deaths FROM outbox
     WHERE deaths > 0 AND free_at <= ? AND (lease_owner IS NULL OR lease_owner <> ?)
     ORDER BY deaths, free_at, message_seq FOR UPDATE SKIP LOCKED`,
  );
  return async ({ owner, now, limit }, skip) => {
    const inWork = (await underWay.get(now)) ?? { count: 0, worst: null };
    if (isTriedAlone(inWork)) return [];
    const waiting = (await due.all(now, owner)).filter(({ tenantNo }) => !skip.has(tenantNo));
    return suspectsToTry(waiting, inWork, limit);
  };
}

const turnOf = (lane: number) => `outbox.${lane}`;

/** Finds what to lease. Where each lane's turn stopped is remembered from one claim to the next. */
function prepareWalk(db: Connection) {
  const nextTenant = db
    .prepare<[number, number], number>(
      'SELECT tenant_no FROM outbox WHERE lane = ? AND tenant_no > ? ORDER BY tenant_no LIMIT 1',
    )
    .pluck();
  // What this owner has leased is never due to it, however late it is.
  const dueOf = db.prepare<[number, number, number, string, number], Due>(
    `SELECT message_seq AS seq, (lease_owner IS NOT NULL)::int AS deaths FROM outbox
     WHERE lane = ? AND tenant_no = ? AND free_at <= ? AND (lease_owner IS NULL OR lease_owner <> ?) AND deaths = 0
     ORDER BY free_at, message_seq LIMIT ? FOR UPDATE SKIP LOCKED`,
  );
  const earliestOf = db
    .prepare<[number, number, number, string], number>(
      `SELECT free_at FROM outbox
       WHERE lane = ? AND tenant_no = ? AND free_at > ? AND (lease_owner IS NULL OR lease_owner <> ?)
       ORDER BY free_at LIMIT 1`,
    )
    .pluck();

  return async ({ owner, now, limit }: ClaimRequest, skip: ReadonlySet<number>) => {
    const due: Due[] = [];
    let nextDueAt: number | undefined;
    for (const lane of lanes.keys()) {
      const tenants = await inTurn(lane, skip);
      const { entries, last } = await shareOutByAsking(tenants, limit - due.length, (tenant, upTo) =>
        dueOf.all(lane, tenant, now, owner, upTo),
      );
      due.push(...entries);
      if (last !== undefined) db.memory.set(turnOf(lane), last);
      if (due.length >= limit) return { due, nextDueAt: now };

      for (const tenant of tenants) {
        const earliest = await earliestOf.get(lane, tenant, now, owner);
        if (earliest !== undefined) nextDueAt = Math.min(nextDueAt ?? earliest, earliest);
      }
    }
    return { due, nextDueAt };
  };

  /** Tenants with entries in this lane, beginning after the one that was served last. */
  async function inTurn(lane: number, skip: ReadonlySet<number>): Promise<readonly number[]> {
    const all: number[] = [];
    for (
      let tenant = await nextTenant.get(lane, -1);
      tenant !== undefined;
      tenant = await nextTenant.get(lane, tenant)
    ) {
      if (!skip.has(tenant)) all.push(tenant);
    }
    return beginningAfter(all, (tenant) => tenant > (db.memory.get(turnOf(lane)) ?? 0));
  }
}

const LOST = 'its content was lost with a damaged page of the database, so it cannot be sent';

/** Reads all that attempts need, of many messages at once. What is returned puts a job together, or throws where it cannot. */
function prepareLoad(db: Connection) {
  type Of<Row> = Row & { readonly message_seq: number };
  const selectMessages = db.prepare<[readonly number[]], MessageColumns & ContentColumns & { tenant_no: number }>(
    `SELECT ${MESSAGE_COLUMNS}, m.tenant_no, ${CONTENT_COLUMNS}
     FROM messages m JOIN tenants t ON t.no = m.tenant_no JOIN contents c ON c.message_seq = m.seq
     WHERE m.seq = ANY (?::bigint[])`,
  );
  const selectRecipients = db.prepare<[readonly number[]], Of<Recipient> & { readonly status: Status }>(
    `SELECT message_seq, position, address, kind, status FROM recipients WHERE message_seq = ANY (?::bigint[])
     ORDER BY message_seq, position`,
  );
  const selectAttachments = db.prepare<[readonly number[]], Of<AttachmentColumns>>(
    `SELECT message_seq, filename, content_type, content_id, size_bytes, content, storage_key, removed_at
     FROM attachments WHERE message_seq = ANY (?::bigint[]) ORDER BY message_seq, position`,
  );
  const selectAttempts = db.prepare<[readonly number[]], Of<AttemptEnd>>(
    `SELECT message_seq, provider, outcome, counted FROM attempts WHERE message_seq = ANY (?::bigint[])
     ORDER BY message_seq, number DESC`,
  );
  const barred = notToMail(db);

  return async (seqs: readonly number[], now: number): Promise<(seq: number) => Omit<Job, 'fence' | 'leaseUntil'>> => {
    if (seqs.length === 0) return unreadable;
    const bySeq = <Row>(rows: readonly Of<Row>[]) => Map.groupBy(rows, ({ message_seq }) => message_seq);
    const messages = new Map((await selectMessages.all(seqs)).map((row) => [row.seq, row]));
    const recipients = bySeq(await selectRecipients.all(seqs));
    const attachments = bySeq(await selectAttachments.all(seqs));
    const attempts = bySeq(await selectAttempts.all(seqs));
    const isOpen = ({ status }: { status: Status }) => openStatuses.includes(status);
    const standings = await barred(
      [...messages.values()].map((row) => ({
        tenantNo: row.tenant_no,
        recipients: (recipients.get(row.seq) ?? []).filter(isOpen),
        category: row.unsubscribe ?? undefined,
        now,
      })),
    );
    const left = new Map([...messages.keys()].map((seq, index) => [seq, standings[index] ?? { suppressed: [] }]));

    return (seq) => {
      const row = messages.get(seq);
      if (row === undefined) return unreadable();
      const all = recipients.get(seq) ?? [];
      const open = all.filter(isOpen).map(({ position, address, kind }) => ({ position, address, kind }));
      const settled = all.filter((one) => !isOpen(one)).map(({ status }) => status);
      const ends = attempts.get(seq) ?? [];
      return {
        message: messageOf(row, row, row.raw_size === null ? (attachments.get(seq) ?? []) : []),
        recipients: open,
        ...(left.get(seq) ?? { suppressed: [] }),
        ...(settled.length > 0 && { settled }),
        ...(row.dead === dead.later && { gaveUp: true }),
        attempts: row.attempts,
        ...(open.length > 1 && { handovers: handoversOf(ends) }),
        ...optional('unanswered', row.attempts === 0 ? undefined : unansweredProvider(ends, row.attempts)),
      };
    };
  };
}

function unreadable(): never {
  throw new UnreadableEntry(LOST);
}

function handoversOf(ends: readonly AttemptEnd[]): ReadonlyMap<string, number> {
  return new Map([...Map.groupBy(ends, ({ provider }) => provider)].map(([provider, list]) => [provider, list.length]));
}

/** Rows as columns, which `unnest` makes rows of again. */
function columnsOf(rows: readonly (readonly number[])[]): readonly number[][] {
  return [0, 1, 2].map((column) => rows.map((row) => row[column] ?? 0));
}
