/** Counts of messages over time, by the status they have now. */

import type { Connection } from '../connection.ts';
import type { Verb } from '../verb.ts';

const BUCKET_MS = { hour: 3_600_000, day: 86_400_000 } as const;

export const stats: Verb<'stats'> = {
  kind: 'scan',
  prepare(db) {
    const counts = { hour: prepareCount(db, BUCKET_MS.hour), day: prepareCount(db, BUCKET_MS.day) };
    return ({ tenantId, from, until, bucket }) => {
      const buckets = new Map<number, Record<string, number>>();
      const byStatus: Record<string, number> = {};
      let total = 0;
      for (const { at, status, count } of counts[bucket].all(from, until, tenantId ?? null, tenantId ?? null)) {
        const inBucket = buckets.get(at) ?? {};
        inBucket[status] = count;
        buckets.set(at, inBucket);
        byStatus[status] = (byStatus[status] ?? 0) + count;
        total += count;
      }
      return {
        from,
        until,
        total,
        byStatus,
        buckets: [...buckets].map(([at, inBucket]) => ({ at, byStatus: inBucket })),
      };
    };
  },
};

/** The bucket's size is written out: a bound number would be a real, and the division one of reals. */
function prepareCount(db: Connection, bucketMs: number) {
  return db.prepare<[number, number, string | null, string | null], { at: number; status: string; count: number }>(
    `SELECT m.created_at / ${bucketMs} * ${bucketMs} AS at, m.status, count(*) AS count
     FROM tenants t JOIN messages m ON m.tenant_no = t.no
     WHERE m.created_at >= ? AND m.created_at < ? AND (? IS NULL OR t.id = ?)
     GROUP BY 1, 2 ORDER BY 1`,
  );
}
