/** The verbs that read the counters of how mail fared, and that forget old ones. */

import { addTallies, emptyTally, hourOf, type Tally, wholeHours } from '../../../core/tally.ts';
import type { TallyRow } from '../../verbs/tallies.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';
import { TALLY_SUMS } from './columns.ts';

/** Hours that are added up at once. */
const PIECE = 500;
/** The tables of counters, and what names a row of each besides the tenant. */
const COUNTERS = {
  ...{ tallies: 'hour, provider, category, template', refusals: 'hour, "limit"', status_counts: 'hour, status' },
  group_counts: 'group_id',
} as const;

export const list: Verb<'tallies.list'> = {
  kind: 'scan',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const all = db.prepare<[], { no: number; id: string }>(
      'SELECT no, id FROM tenants WHERE removing_at IS NULL ORDER BY no',
    );
    const select = db.prepare<[number, number, number], Tally & { provider: string }>(
      `SELECT provider, ${TALLY_SUMS} FROM tallies WHERE tenant_no = +? AND hour >= +? AND hour < +? GROUP BY provider`,
    );
    return function* ({ tenantId, from, until }) {
      const span = wholeHours({ from, until });
      const [first, end] = [hourOf(span.from), hourOf(span.until)];
      const tenants = tenantId === undefined ? all.all() : [{ no: tenantNo(tenantId), id: tenantId }];
      const found: TallyRow[] = [];
      for (const { no, id } of tenants) {
        const sums = new Map<string, Tally>();
        for (let start = first; start < end; start += PIECE) {
          for (const { provider, ...tally } of select.all(no, start, Math.min(start + PIECE, end)))
            sums.set(provider, addTallies(sums.get(provider) ?? emptyTally, tally));
          yield;
        }
        for (const [provider, tally] of [...sums].sort(([one], [other]) => (one < other ? -1 : 1)))
          found.push({ tenantId: id, provider, tally });
      }
      return found;
    };
  },
};

const HOUR_MS = 3_600_000;
const HOURS = { hour: 1, day: 24 } as const;

interface SeriesQuery {
  readonly tenant: number;
  readonly first: number;
  readonly end: number;
  readonly provider: string | null;
  readonly category: string | null;
  readonly template: string | null;
}

export const series: Verb<'tallies.series'> = {
  kind: 'scan',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const all = db.prepare<[], { no: number; id: string }>(
      'SELECT no, id FROM tenants WHERE removing_at IS NULL ORDER BY no',
    );
    return function* ({ tenantId, from, until, bucket, by, provider = null, category = null, template = null }) {
      const select = db.prepare<[SeriesQuery], Tally & { bucket: number; name: string }>(
        `SELECT hour / ${HOURS[bucket]} AS bucket, ${by === undefined || by === 'tenant' ? "''" : by} AS name, ${TALLY_SUMS}
         FROM tallies WHERE tenant_no = +@tenant AND hour >= +@first AND hour < +@end
           AND (@provider IS NULL OR provider = @provider) AND (@category IS NULL OR category = @category)
           AND (@template IS NULL OR template = @template) GROUP BY 1, 2`,
      );
      const span = wholeHours({ from, until });
      const end = hourOf(span.until);
      const found = new Map<string, Map<number, Tally>>();
      for (const { no, id } of tenantId === undefined ? all.all() : [{ no: tenantNo(tenantId), id: tenantId }]) {
        for (let first = hourOf(span.from); first < end; first += PIECE) {
          const piece = { tenant: no, first, end: Math.min(first + PIECE, end), provider, category, template };
          for (const { bucket: number, name, ...tally } of select.all(piece)) {
            const key = by === 'tenant' ? id : name;
            const spans = found.get(key) ?? new Map<number, Tally>();
            found.set(key, spans.set(number, addTallies(spans.get(number) ?? emptyTally, tally)));
          }
          yield;
        }
      }
      return [...found]
        .sort(([one], [other]) => (by === 'tenant' || one === other ? 0 : one < other ? -1 : 1))
        .flatMap(([name, spans]) =>
          [...spans]
            .sort(([one], [other]) => one - other)
            .map(([number, tally]) => ({
              ...{ name, at: number * HOURS[bucket] * HOUR_MS, tally },
            })),
        );
    };
  },
};

export const sweep: Verb<'tallies.sweep'> = {
  kind: 'write',
  patient: true,
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const sweeps = Object.entries(COUNTERS).map(([table, key]) =>
      db.prepare(
        `DELETE FROM ${table} WHERE (tenant_no, ${key}) IN
           (SELECT tenant_no, ${key} FROM ${table} WHERE tenant_no = +? AND hour < +? LIMIT +?)`,
      ),
    );
    return ({ tenantId, before, limit }) => {
      const old = [tenantNo(tenantId), hourOf(before), limit];
      return sweeps.reduce((sum, sweep) => sum + sweep.run(old).changes, 0);
    };
  },
};
