/** What messages are rendered from. */

import type { Connection } from '../connection.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb, VerbInput } from '../verb.ts';

export const keep: Verb<'templates.keep'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const keepOf = prepareKeep(db);
    return ({ tenantId, ...kept }) => keepOf(tenantNo(tenantId), kept);
  },
};

/** Returns the number by which messages name it. */
export function prepareKeep(db: Connection) {
  const put = db
    .prepare<[number, string, string, number], number>(
      `INSERT INTO template_snapshots (tenant_no, hash, content, used_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (tenant_no, hash) DO UPDATE SET used_at = max(used_at, excluded.used_at) RETURNING no`,
    )
    .pluck();
  return (tenantNo: number, { hash, content, now }: Omit<VerbInput<'templates.keep'>, 'tenantId'>): number => {
    const no = put.get(tenantNo, hash, content, now);
    if (no === undefined) throw new Error('a snapshot was not kept');
    return no;
  };
}

export const kept: Verb<'templates.kept'> = {
  kind: 'read',
  prepare(db) {
    const select = db
      .prepare<[number, string], string>(
        `SELECT s.content FROM template_snapshots s JOIN tenants t ON t.no = s.tenant_no WHERE s.no = +? AND t.id = +?`,
      )
      .pluck();
    return ({ tenantId, snapshot }) => select.get(snapshot, tenantId);
  },
};

export const sweep: Verb<'templates.sweep'> = {
  kind: 'write',
  patient: true,
  prepare(db) {
    const drop = db.prepare(
      `DELETE FROM template_snapshots WHERE no IN (SELECT s.no FROM template_snapshots s
         WHERE s.used_at < +? AND NOT EXISTS (SELECT 1 FROM contents c WHERE c.snapshot_no = s.no) LIMIT +?)`,
    );
    return ({ before, limit }) => drop.run(before, limit).changes;
  },
};
