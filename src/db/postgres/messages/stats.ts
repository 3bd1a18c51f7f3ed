/** Counts of messages over time, by the status they have now: read from counters, which cost the same with any amount of history. */

import { hourOf, wholeHours } from '../../../core/tally.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

const HOUR_MS = 3_600_000;
const HOURS = { hour: 1, day: 24 } as const;
/** Hours that are added up at once. */
const PIECE = 2_000;

export const stats: Verb<'messages.stats'> = {
  kind: 'scan',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const allTenants = db.prepare<[], number>('SELECT no FROM tenants WHERE removing_at IS NULL').pluck();
    const select = db.prepare<[number, number, number], { hour: number; status: string; count: number }>(
      `SELECT hour, status, sum(count) AS count FROM status_counts WHERE tenant_no = ? AND hour >= ? AND hour < ?
       GROUP BY hour, status HAVING sum(count) > 0`,
    );
    return async ({ tenantId, from, until, bucket }) => {
      const span = wholeHours({ from, until });
      const [first, end] = [hourOf(span.from), hourOf(span.until)];
      const buckets = new Map<number, Record<string, number>>();
      const byStatus: Record<string, number> = {};
      let total = 0;
      for (const tenant of tenantId === undefined ? await allTenants.all() : [await tenantNo(tenantId)]) {
        for (let start = first; start < end; start += PIECE) {
          for (const { hour, status, count } of await select.all(tenant, start, Math.min(start + PIECE, end))) {
            const at = (hour - (hour % HOURS[bucket])) * HOUR_MS;
            const inBucket = buckets.get(at) ?? {};
            inBucket[status] = (inBucket[status] ?? 0) + count;
            buckets.set(at, inBucket);
            byStatus[status] = (byStatus[status] ?? 0) + count;
            total += count;
          }
        }
      }
      const inOrder = [...buckets].sort(([one], [other]) => one - other);
      return { from, until, total, byStatus, buckets: inOrder.map(([at, inBucket]) => ({ at, byStatus: inBucket })) };
    };
  },
};
