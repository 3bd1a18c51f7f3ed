/**
 * Where to look for what a filter wants: the index that holds the fewest, read a piece at a time and newest first. What a
 * piece holds is only a candidate; the conditions decide. Sources that go by `seq` are as new as their messages came in.
 */

import { foldAddress } from '../../../core/fold.ts';
import type { MessageFilter } from '../../verbs/messages.ts';
import type { Connection } from '../connection.ts';
import { BAD_ENDS } from '../rows.ts';
import { OPEN_STATUSES } from './filter.ts';

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

export interface Candidates {
  ofTenant(range: { tenantNo: number; from?: number | undefined; before?: number | undefined }): CandidateSource;
  toAddress(address: string): CandidateSource;
  ofGroup(tenantNo: number, groupId: string): CandidateSource;
  open(tenantNo: number): CandidateSource;
  ended(tenantNo: number, statuses: readonly string[]): CandidateSource;
  dead(tenantNo: number): CandidateSource;
}

/** Of several sources the narrowest that holds all that the filter wants. */
export function sourceFor(candidates: Candidates, tenantNo: number, filter: MessageFilter): CandidateSource {
  return (
    narrowSource(candidates, tenantNo, filter) ??
    candidates.ofTenant({ tenantNo, from: filter.createdFrom, before: filter.createdBefore })
  );
}

/** Undefined: only the tenant's whole history holds it all. */
export function narrowSource(
  candidates: Candidates,
  tenantNo: number,
  filter: MessageFilter,
): CandidateSource | undefined {
  const { recipient, groupId, status = [], dead } = filter;
  if (recipient !== undefined && !recipient.startsWith('@')) return candidates.toAddress(recipient);
  if (groupId !== undefined) return candidates.ofGroup(tenantNo, groupId);
  if (dead === true) return candidates.dead(tenantNo);
  if (status.length === 0) return undefined;
  if (status.every((one) => OPEN_STATUSES.includes(one))) return candidates.open(tenantNo);
  return status.every(isBadEnd) ? candidates.ended(tenantNo, status) : undefined;
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

  // Of one time first, then of earlier ones: with `(created_at, seq) < (?, ?)` SQLite walks all that have the same time.
  const ofThatTime = db.prepare<[number, number, number, number], Found>(
    `SELECT seq, created_at FROM messages WHERE tenant_no = +? AND created_at = +? AND seq < +?
     ORDER BY seq DESC LIMIT +?`,
  );
  const earlier = db.prepare<[number, number, number, number], Found>(
    `SELECT seq, created_at FROM messages WHERE tenant_no = +? AND created_at < +? AND created_at >= +?
     ORDER BY created_at DESC, seq DESC LIMIT +?`,
  );
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
  const waiting = db.prepare<[number, number], { message_seq: number; tenant_no: number }>(
    'SELECT message_seq, tenant_no FROM outbox WHERE message_seq < +? ORDER BY message_seq DESC LIMIT +?',
  );
  const dead = db
    .prepare<[number, number, number], number>(
      'SELECT seq FROM messages WHERE tenant_no = +? AND dead = 1 AND seq < +? ORDER BY seq DESC LIMIT +?',
    )
    .pluck();

  return {
    ofTenant: ({ tenantNo, from = 0, before = NEWEST.createdAt }) => {
      return (after) => {
        const isBegun = after.createdAt < before;
        const same =
          isBegun && after.createdAt >= from ? ofThatTime.all(tenantNo, after.createdAt, after.seq, PIECE) : [];
        const older = earlier.all(tenantNo, isBegun ? after.createdAt : before, from, PIECE - same.length);
        return byTime([...same, ...older]);
      };
    },
    toAddress: (wanted) => {
      const address = foldAddress(wanted);
      return ({ seq }) => bySeq(toAddress.all(address, seq, address, seq, PIECE), PIECE);
    },
    ofGroup:
      (tenantNo, groupId) =>
      ({ seq }) =>
        bySeq(ofGroup.all(tenantNo, groupId, seq, PIECE), PIECE),
    open:
      (tenantNo) =>
      ({ seq }) => {
        const rows = waiting.all(seq, OUTBOX_PIECE);
        const piece = bySeq(
          rows.map((row) => row.message_seq),
          OUTBOX_PIECE,
        );
        return { ...piece, seqs: rows.filter((row) => row.tenant_no === tenantNo).map((row) => row.message_seq) };
      },
    ended: (tenantNo, statuses) => {
      const ends = prepareEnded(db, statuses);
      return ({ createdAt: at, seq }) =>
        byTime(ends.all(...statuses.flatMap(() => [tenantNo, at, seq, tenantNo, at]), PIECE));
    },
    dead:
      (tenantNo) =>
      ({ seq }) =>
        bySeq(dead.all(tenantNo, seq, PIECE), PIECE),
  };
}

interface Found {
  seq: number;
  created_at: number;
}

function byTime(rows: readonly Found[]): Piece {
  const last = rows.at(-1);
  const seqs = rows.map(({ seq }) => seq);
  const isEnd = last === undefined || rows.length < PIECE;
  return { seqs, looked: seqs.length, ...(!isEnd && { next: { createdAt: last.created_at, seq: last.seq } }) };
}

/** One walk a status, merged. The statuses are ours, so they may stand in the text, as they must for the index to be used. */
function prepareEnded(db: Connection, statuses: readonly string[]) {
  const walk = (status: string) =>
    ['created_at = +? AND seq < +?', 'created_at < +?'].map(
      (behind) =>
        `SELECT seq, created_at FROM messages
         WHERE tenant_no = +? AND status = '${status}' AND status IN (${BAD_ENDS}) AND ${behind}`,
    );
  return db.prepare<unknown[], Found>(
    `${statuses.flatMap(walk).join(' UNION ALL ')} ORDER BY created_at DESC, seq DESC LIMIT +?`,
  );
}
