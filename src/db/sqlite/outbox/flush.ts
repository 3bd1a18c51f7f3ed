/** The verb `flush`: what waits is due now. One call looks at a bounded number of entries and says where to go on. */

import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

const FLUSHES = 'queue.flushes';

export const flush: Verb<'outbox.flush'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const walk = db.prepare<[number, number], Entry>(
      `SELECT message_seq, tenant_no, due_at, scheduled, lease_owner IS NOT NULL AS is_leased FROM outbox
       WHERE message_seq > +? ORDER BY message_seq LIMIT +?`,
    );
    const hurry = db.prepare('UPDATE outbox SET due_at = ? WHERE message_seq = +?');
    const count = db.prepare(
      `INSERT INTO meta (key, value) VALUES (?, '1') ON CONFLICT (key) DO UPDATE SET value = value + 1`,
    );
    return ({ tenantId, now, after, limit }) => {
      if (after === undefined) count.run(FLUSHES);
      const tenant = tenantId === undefined ? undefined : tenantNo(tenantId);
      const entries = walk.all(after ?? -1, limit);
      let flushed = 0;
      for (const entry of entries) {
        if (entry.is_leased === 1 || entry.scheduled === 1) continue;
        if (tenant !== undefined && entry.tenant_no !== tenant) continue;
        flushed += 1;
        if (entry.due_at > now) hurry.run(now, entry.message_seq);
      }
      const last = entries.at(-1);
      return { flushed, ...(last !== undefined && entries.length === limit && { next: last.message_seq }) };
    };
  },
};

interface Entry {
  message_seq: number;
  tenant_no: number;
  due_at: number;
  scheduled: number;
  is_leased: number;
}

export const flushes: Verb<'outbox.flushes'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[string], string>('SELECT value FROM meta WHERE key = +?').pluck();
    return () => Number(select.get(FLUSHES) ?? 0);
  },
};
