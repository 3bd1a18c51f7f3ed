/** The suppression list: addresses are compared without regard to case. */

import type { Suppression, SuppressionReason } from '../../store.ts';
import type { Connection } from '../connection.ts';
import { optional, tenantNumbers } from '../rows.ts';
import type { Verb } from '../verb.ts';

/** Whether an address is suppressed at a time, for the verbs that ask inside their transaction. */
export function suppressedIn(db: Connection): (tenantNo: number, address: string, now: number) => boolean {
  const select = db
    .prepare<[number, string, number], number>(
      'SELECT 1 FROM suppression_list WHERE tenant_no = +? AND email = +? AND (expires_at IS NULL OR expires_at > +?)',
    )
    .pluck();
  return (tenantNo, address, now) => select.get(tenantNo, address.toLowerCase(), now) !== undefined;
}

export const addSuppressions: Verb<'addSuppressions'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const upsert = db.prepare(
      `INSERT INTO suppression_list (tenant_no, email, reason, note, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (tenant_no, email) DO UPDATE SET
         reason = excluded.reason, note = excluded.note, expires_at = excluded.expires_at`,
    );
    return ({ tenantId, entries }) => {
      const tenant = tenantNo(tenantId);
      for (const { email, reason, note, expiresAt, createdAt } of entries) {
        upsert.run(tenant, email.toLowerCase(), reason, note ?? null, expiresAt ?? null, createdAt);
      }
      return entries.length;
    };
  },
};

export const removeSuppression: Verb<'removeSuppression'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const remove = db.prepare('DELETE FROM suppression_list WHERE tenant_no = +? AND email = +?');
    return ({ tenantId, email }) => remove.run(tenantNo(tenantId), email.toLowerCase()).changes > 0;
  },
};

interface SuppressionColumns {
  email: string;
  reason: SuppressionReason;
  note: string | null;
  expires_at: number | null;
  created_at: number;
}

/** By address; the cursor is the last address given. */
export const suppressions: Verb<'suppressions'> = {
  kind: 'scan',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const select = db.prepare<[number, string, number, string, number], SuppressionColumns>(
      `SELECT email, reason, note, expires_at, created_at FROM suppression_list
       WHERE tenant_no = +? AND email > +? AND (expires_at IS NULL OR expires_at > +?) AND instr(email, ?) > 0
       ORDER BY email LIMIT +?`,
    );
    return ({ tenantId, q, limit, cursor, now }) => {
      const rows = select.all(tenantNo(tenantId), cursor ?? '', now, (q ?? '').toLowerCase(), limit + 1);
      const items = rows.slice(0, limit).map(suppressionOf);
      const last = items.at(-1);
      return { items, ...(rows.length > limit && last ? { cursor: last.email } : {}) };
    };
  },
};

function suppressionOf(row: SuppressionColumns): Suppression {
  return {
    email: row.email,
    reason: row.reason,
    ...optional('note', row.note),
    ...optional('expiresAt', row.expires_at),
    createdAt: row.created_at,
  };
}
