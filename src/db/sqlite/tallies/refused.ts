/** The counters of messages that the limits of tenants refused. */

import { hourOf, type RefusingLimit, wholeHours } from '../../../core/tally.ts';
import type { RefusedByLimit } from '../../verbs/tallies.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

export const refuse: Verb<'tallies.refuse'> = {
  kind: 'write',
  prepare(db) {
    const add = db.prepare<[number, RefusingLimit, number, string]>(
      `INSERT INTO refusals (tenant_no, hour, "limit", count) SELECT no, ?, ?, ? FROM tenants WHERE id = +?
       ON CONFLICT (tenant_no, hour, "limit") DO UPDATE SET count = count + excluded.count`,
    );
    return ({ refused: counts, now }) => {
      for (const { tenantId, limit, count } of counts) add.run(hourOf(now), limit, count, tenantId);
    };
  },
};

export const refused: Verb<'tallies.refused'> = {
  kind: 'scan',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const all = db.prepare<[], { no: number; id: string }>(
      'SELECT no, id FROM tenants WHERE removing_at IS NULL ORDER BY no',
    );
    const select = db.prepare<[number, number, number], { limit: RefusingLimit; count: number }>(
      `SELECT "limit", sum(count) AS count FROM refusals WHERE tenant_no = +? AND hour >= +? AND hour < +?
       GROUP BY "limit" ORDER BY "limit"`,
    );
    return function* ({ tenantId, from, until }) {
      const span = wholeHours({ from, until });
      const tenants = tenantId === undefined ? all.all() : [{ no: tenantNo(tenantId), id: tenantId }];
      const found: RefusedByLimit[] = [];
      for (const { no, id } of tenants) {
        for (const row of select.all(no, hourOf(span.from), hourOf(span.until))) found.push({ tenantId: id, ...row });
        yield;
      }
      return found;
    };
  },
};
