/** Counts of messages over time, by the status they have now. */

import type { Connection } from '../connection.ts';
import { tenantNumbers } from '../rows.ts';
import type { Verb } from '../verb.ts';
import { NEWEST, prepareCandidates } from './candidates.ts';

const BUCKET_MS = { hour: 3_600_000, day: 86_400_000 } as const;

export const stats: Verb<'messages.stats'> = {
  kind: 'scan',
  prepare(db) {
    const counts = { hour: prepareCount(db, BUCKET_MS.hour), day: prepareCount(db, BUCKET_MS.day) };
    const candidates = prepareCandidates(db);
    const tenantNo = tenantNumbers(db);
    const allTenants = db.prepare<[], number>('SELECT no FROM tenants').pluck();
    return function* ({ tenantId, from, until, bucket }) {
      const buckets = new Map<number, Record<string, number>>();
      const byStatus: Record<string, number> = {};
      let total = 0;
      for (const tenant of tenantId === undefined ? allTenants.all() : [tenantNo(tenantId)]) {
        const source = candidates.history({ tenantNo: tenant, from, before: until });
        for (let after = NEWEST; ; ) {
          const { seqs, next } = source(after);
          for (const { at, status, count } of counts[bucket].all(JSON.stringify(seqs))) {
            const inBucket = buckets.get(at) ?? {};
            inBucket[status] = (inBucket[status] ?? 0) + count;
            buckets.set(at, inBucket);
            byStatus[status] = (byStatus[status] ?? 0) + count;
            total += count;
          }
          if (next === undefined) break;
          after = next;
          yield;
        }
      }
      const inOrder = [...buckets].sort(([one], [other]) => one - other);
      return { from, until, total, byStatus, buckets: inOrder.map(([at, inBucket]) => ({ at, byStatus: inBucket })) };
    };
  },
};

/** The bucket's size is written out: a bound number would be a real, and the division one of reals. */
function prepareCount(db: Connection, bucketMs: number) {
  return db.prepare<[string], { at: number; status: string; count: number }>(
    `SELECT m.created_at / ${bucketMs} * ${bucketMs} AS at, m.status, count(*) AS count
     FROM json_each(?) j CROSS JOIN messages m ON m.seq = j.value GROUP BY 1, 2`,
  );
}
