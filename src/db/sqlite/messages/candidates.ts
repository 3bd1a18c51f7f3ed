/**
 * Where to look for what a filter wants: the index that holds the fewest, read a piece at a time and newest first. What a
 * piece holds is only a candidate; the conditions decide. Sources that go by `seq` are as new as their messages came in.
 */

import { foldAddress } from '../../../core/fold.ts';
import { BAD_ENDS } from '../../rows/message-rows.ts';
import type { MessageFilter } from '../../verbs/messages.ts';
import type { Connection } from '../connection.ts';
import { OPEN_STATUSES } from './filter.ts';
import { prepareHolding } from './searchable.ts';

/** A message; what follows it is older. */
export interface ListPosition {
  readonly createdAt: number;
  readonly seq: number;
}

export interface Piece {
  readonly seqs: readonly number[];
  /** How many were looked at, of other tenants too. */
  readonly looked: number;
  /** The last that was looked at; absent at the end. */
  readonly next?: ListPosition;
}

export type CandidateSource = (after: ListPosition) => Piece;

export const NEWEST: ListPosition = { createdAt: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };

/** Rows in one piece: about a millisecond of work where each must be looked at closely. */
const PIECE = 500;
/** Entries of the outbox are looked at in passing. */
const OUTBOX_PIECE = 2_000;

/** Number of a tenant; undefined means all of them. */
export type TenantOrAll = number | undefined;

export interface Candidates {
  history(range: { tenantNo: TenantOrAll; from?: number | undefined; before?: number | undefined }): CandidateSource;
  toAddress(address: string): CandidateSource;
  ofGroup(tenantNo: TenantOrAll, groupId: string): CandidateSource;
  ofTemplate(tenantNo: TenantOrAll, template: string): CandidateSource;
  open(tenantNo: TenantOrAll): CandidateSource;
  ended(tenantNo: TenantOrAll, statuses: readonly string[]): CandidateSource;
  dead(tenantNo: TenantOrAll): CandidateSource;
  /** Undefined where the index of texts knows nothing of what the filter wants. */
  holding(filter: MessageFilter): CandidateSource | undefined;
}

/** Of several sources the narrowest that holds all that the filter wants. */
export function sourceFor(candidates: Candidates, tenantNo: TenantOrAll, filter: MessageFilter): CandidateSource {
  return (
    narrowSource(candidates, tenantNo, filter) ??
    candidates.holding(filter) ??
    candidates.history({ tenantNo, from: filter.createdFrom, before: filter.createdBefore })
  );
}

/** Undefined: only the whole history holds it all. */
export function narrowSource(
  candidates: Candidates,
  tenantNo: TenantOrAll,
  filter: MessageFilter,
): CandidateSource | undefined {
  const { recipient, groupId, template, status = [], dead } = filter;
  if (recipient !== undefined && !recipient.startsWith('@')) return candidates.toAddress(recipient);
  if (groupId !== undefined) return candidates.ofGroup(tenantNo, groupId);
  if (dead === true) return candidates.dead(tenantNo);
  if (status.length > 0 && status.every((one) => OPEN_STATUSES.includes(one))) return candidates.open(tenantNo);
  if (status.length > 0 && status.every(isBadEnd)) return candidates.ended(tenantNo, status);
  return template === undefined ? undefined : candidates.ofTemplate(tenantNo, template);
}

export function isBadEnd(status: string): boolean {
  return BAD_ENDS.includes(`'${status}'`);
}

export function prepareCandidates(db: Connection): Candidates {
  const createdAt = db.prepare<[number], number>('SELECT created_at FROM messages WHERE seq = +?').pluck();
  const bySeq = (seqs: readonly number[], limit: number): Piece => {
    const last = seqs.at(-1);
    const isEnd = last === undefined || seqs.length < limit;
    return { seqs, looked: seqs.length, ...(!isEnd && { next: { createdAt: createdAt.get(last) ?? 0, seq: last } }) };
  };

  /** Of one tenant, or of all of them merged. */
  const ofEach = (tenantNo: TenantOrAll, seqsOf: (tenant: number, before: number) => readonly number[]) => {
    const whose = tenantNo === undefined ? tenants.all() : [tenantNo];
    return ({ seq }: ListPosition): Piece => {
      const seqs = whose.flatMap((tenant) => seqsOf(tenant, seq));
      return bySeq(seqs.toSorted((one, other) => other - one).slice(0, PIECE), PIECE);
    };
  };

  const newest = prepareHistory(db, 'tenant_no = +? AND');
  const newestOfAll = prepareHistory(db, '');
  // An address whose letters beyond ASCII have another case is found by its second spelling.
  const toAddress = db
    .prepare<[string, number, string, number, number], number>(
      `SELECT message_seq FROM recipients WHERE address = +? COLLATE NOCASE AND message_seq < +?
       UNION SELECT message_seq FROM recipients WHERE folded = +? AND message_seq < +? ORDER BY 1 DESC LIMIT +?`,
    )
    .pluck();
  const ofGroup = db
    .prepare<[number, string, number, number], number>(
      'SELECT seq FROM messages WHERE tenant_no = +? AND group_id = +? AND seq < +? ORDER BY seq DESC LIMIT +?',
    )
    .pluck();
  const ofTemplate = db
    .prepare<[number, string, number, number], number>(
      `SELECT seq FROM messages WHERE tenant_no = +? AND template = +? AND template IS NOT NULL AND seq < +?
       ORDER BY seq DESC LIMIT +?`,
    )
    .pluck();
  const holding = prepareHolding(db);
  const tenants = db.prepare<[], number>('SELECT no FROM tenants').pluck();
  const waiting = db.prepare<[number, number], { message_seq: number; tenant_no: number }>(
    'SELECT message_seq, tenant_no FROM outbox WHERE message_seq < +? ORDER BY message_seq DESC LIMIT +?',
  );
  const dead = db
    .prepare<[number, number, number], number>(
      'SELECT seq FROM messages WHERE tenant_no = +? AND dead = 1 AND seq < +? ORDER BY seq DESC LIMIT +?',
    )
    .pluck();
  const deadOfAll = db
    .prepare<[number, number], number>(
      'SELECT seq FROM messages INDEXED BY messages_dead_by_seq WHERE dead = 1 AND seq < +? ORDER BY seq DESC LIMIT +?',
    )
    .pluck();

  return {
    history: ({ tenantNo, from = 0, before = NEWEST.createdAt }) => {
      const { ofThatTime, earlier } = tenantNo === undefined ? newestOfAll : newest;
      const whose = tenantNo === undefined ? [] : [tenantNo];
      return (after) => {
        const isBegun = after.createdAt < before;
        const same =
          isBegun && after.createdAt >= from ? ofThatTime.all(...whose, after.createdAt, after.seq, PIECE) : [];
        const older = earlier.all(...whose, isBegun ? after.createdAt : before, from, PIECE - same.length);
        return byTime([...same, ...older]);
      };
    },
    toAddress: (wanted) => {
      const address = foldAddress(wanted);
      return ({ seq }) => bySeq(toAddress.all(address, seq, address, seq, PIECE), PIECE);
    },
    ofGroup: (tenantNo, groupId) => ofEach(tenantNo, (tenant, seq) => ofGroup.all(tenant, groupId, seq, PIECE)),
    ofTemplate: (tenantNo, name) => ofEach(tenantNo, (tenant, seq) => ofTemplate.all(tenant, name, seq, PIECE)),
    open:
      (tenantNo) =>
      ({ seq }) => {
        const rows = waiting.all(seq, OUTBOX_PIECE);
        const piece = bySeq(
          rows.map((row) => row.message_seq),
          OUTBOX_PIECE,
        );
        if (tenantNo === undefined) return piece;
        return { ...piece, seqs: rows.filter((row) => row.tenant_no === tenantNo).map((row) => row.message_seq) };
      },
    ended: (tenantNo, statuses) => {
      const whose = tenantNo === undefined ? [] : [tenantNo];
      const ends = prepareEnded(db, statuses, tenantNo === undefined ? '' : 'tenant_no = +? AND');
      return ({ createdAt: at, seq }) =>
        byTime(ends.all(...statuses.flatMap(() => [...whose, at, seq, ...whose, at]), PIECE));
    },
    holding: (filter) => {
      const before = holding(filter);
      return before && (({ seq }) => bySeq(before(seq, PIECE), PIECE));
    },
    dead:
      (tenantNo) =>
      ({ seq }) =>
        bySeq(tenantNo === undefined ? deadOfAll.all(seq, PIECE) : dead.all(tenantNo, seq, PIECE), PIECE),
  };
}

interface Found {
  seq: number;
  created_at: number;
}

/** Of one time first, then of earlier ones: with `(created_at, seq) < (?, ?)` SQLite walks all that have the same time. */
function prepareHistory(db: Connection, whose: 'tenant_no = +? AND' | '') {
  return {
    ofThatTime: db.prepare<number[], Found>(
      `SELECT seq, created_at FROM messages WHERE ${whose} created_at = +? AND seq < +? ORDER BY seq DESC LIMIT +?`,
    ),
    earlier: db.prepare<number[], Found>(
      `SELECT seq, created_at FROM messages WHERE ${whose} created_at < +? AND created_at >= +?
       ORDER BY created_at DESC, seq DESC LIMIT +?`,
    ),
  };
}

function byTime(rows: readonly Found[]): Piece {
  const last = rows.at(-1);
  const seqs = rows.map(({ seq }) => seq);
  const isEnd = last === undefined || rows.length < PIECE;
  return { seqs, looked: seqs.length, ...(!isEnd && { next: { createdAt: last.created_at, seq: last.seq } }) };
}

/** One walk a status, merged. The statuses are ours, so they may stand in the text, as they must for the index to be used. */
function prepareEnded(db: Connection, statuses: readonly string[], whose: 'tenant_no = +? AND' | '') {
  const walk = (status: string) =>
    ['created_at = +? AND seq < +?', 'created_at < +?'].map(
      (behind) =>
        `SELECT seq, created_at FROM messages
         WHERE ${whose} status = '${status}' AND status IN (${BAD_ENDS}) AND ${behind}`,
    );
  return db.prepare<unknown[], Found>(
    `${statuses.flatMap(walk).join(' UNION ALL ')} ORDER BY created_at DESC, seq DESC LIMIT +?`,
  );
}
