/** The verbs that read the counters of how mail fared, and that forget old ones. */

import { addTallies, emptyTally, hourOf, type Tally, wholeHours } from '../../../core/tally.ts';
import type { TallyRow } from '../../verbs/tallies.ts';
import { tenantNumbers } from '../rows.ts';
import type { Verb } from '../verb.ts';

/** Hours that are added up at once. */
const PIECE = 500;

export const list: Verb<'tallies.list'> = {
  kind: 'scan',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const all = db.prepare<[], { no: number; id: string }>(
      'SELECT no, id FROM tenants WHERE removing_at IS NULL ORDER BY no',
    );
    const select = db.prepare<[number, number, number], Tally & { provider: string }>(
      `SELECT provider, sum(recipients) AS recipients, sum(delivered) AS delivered, sum(bounced) AS bounced,
         sum(complained) AS complained, sum(opened) AS opened, sum(clicked) AS clicked
       FROM tallies WHERE tenant_no = +? AND hour >= +? AND hour < +? GROUP BY provider`,
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

export const sweep: Verb<'tallies.sweep'> = {
  kind: 'write',
  patient: true,
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const sweep = db.prepare(
      `DELETE FROM tallies WHERE (tenant_no, hour, provider) IN
         (SELECT tenant_no, hour, provider FROM tallies WHERE tenant_no = +? AND hour < +? LIMIT +?)`,
    );
    const sweepRefusals = db.prepare(
      `DELETE FROM refusals WHERE (tenant_no, hour, "limit") IN
         (SELECT tenant_no, hour, "limit" FROM refusals WHERE tenant_no = +? AND hour < +? LIMIT +?)`,
    );
    return ({ tenantId, before, limit }) => {
      const old = [tenantNo(tenantId), hourOf(before), limit];
      return sweep.run(old).changes + sweepRefusals.run(old).changes;
    };
  },
};
