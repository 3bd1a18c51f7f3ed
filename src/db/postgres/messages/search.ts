/** The walk through what a source holds, a piece at a time, to the rows that meet all conditions. */

import type { Status } from '../../../core/message.ts';
import type { Connection } from '../connection.ts';
import type { CandidateSource, ListPosition, TenantOrAll } from './candidates.ts';
import type { Condition } from './filter.ts';

export interface FoundRow {
  readonly seq: number;
  readonly id: string;
  readonly createdAt: number;
  readonly status: Status;
  readonly dead: number;
}

export interface Search {
  readonly source: CandidateSource;
  readonly conditions: readonly Condition[];
  readonly after: ListPosition;
  readonly limit: number;
  /** How many that match are passed over first. */
  readonly skip?: number;
}

export interface FoundPage {
  readonly rows: readonly FoundRow[];
  /** Where to go on; absent at the end. */
  readonly next?: ListPosition;
  /** How many are still to be passed over. */
  readonly skip: number;
}

/** Rows that one call looks at: a tenth of a second's work or two. Then it answers what it has, and where to go on. */
const LOOK = 100_000;

export async function search(
  db: Connection,
  tenantNo: TenantOrAll,
  { source, conditions, after, limit, skip: toSkip = 0 }: Search,
): Promise<FoundPage> {
  const matching = prepareMatching(db, [ofTenant(tenantNo), ...conditions]);
  const rows: FoundRow[] = [];
  let skip = toSkip;
  let looked = 0;
  let position = after;
  for (;;) {
    const piece = await source(position);
    for (const row of piece.seqs.length === 0 ? [] : await matching(piece.seqs)) {
      if (skip > 0) {
        skip -= 1;
        continue;
      }
      const last = rows.at(-1);
      if (last !== undefined && rows.length === limit) return { rows, next: last, skip };
      rows.push(row);
    }
    if (piece.next === undefined) return { rows, skip };
    looked += piece.looked;
    if (looked >= LOOK + toSkip) return { rows, next: piece.next, skip };
    position = piece.next;
  }
}

function ofTenant(tenantNo: TenantOrAll): Condition {
  return tenantNo === undefined
    ? { sql: 'm.tenant_no NOT IN (SELECT no FROM tenants WHERE removing_at IS NOT NULL)', values: [] }
    : { sql: 'm.tenant_no = ?', values: [tenantNo] };
}

/** In the order of the candidates. */
function prepareMatching(db: Connection, conditions: readonly Condition[]) {
  const select = db.prepare<unknown[], FoundRow>(
    `SELECT m.seq, m.id, m.created_at AS "createdAt", m.status, m.dead
     FROM unnest(?::bigint[]) WITH ORDINALITY AS j (seq, place) JOIN messages m ON m.seq = j.seq
     WHERE ${conditions.map(({ sql }) => `(${sql})`).join(' AND ')} ORDER BY j.place`,
  );
  const values = conditions.flatMap((condition) => condition.values);
  return (seqs: readonly number[]) => select.all(seqs, ...values);
}
