/** Applied resources: a row for each thing that a manifest made or changed. */

import type { Json } from '../../../core/message.ts';
import { optional } from '../../rows/message-rows.ts';
import type { AppliedResource } from '../../verbs/resources.ts';
import type { Connection } from '../connection.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

interface Columns {
  tenant_id: string | null;
  kind: string;
  name: string;
  ref: string;
  labels: string;
  said: string;
  created_at: number;
  updated_at: number;
}

const ROWS = `SELECT t.id AS tenant_id, r.kind, r.name, r.ref, r.labels, r.said, r.created_at, r.updated_at
  FROM resources r LEFT JOIN tenants t ON t.no = r.tenant_no`;
const SELECT = `${ROWS} WHERE coalesce(r.tenant_no, 0) = +?`;

export const list: Verb<'resources.list'> = {
  kind: 'read',
  prepare(db) {
    const owner = ownerNumbers(db);
    const select = db.prepare<[number], Columns>(`${SELECT} AND r.message_seq IS NULL ORDER BY r.kind, r.name`);
    return ({ tenantId }) => select.all(owner(tenantId)).map(resourceOf);
  },
};

export const of: Verb<'resources.of'> = {
  kind: 'read',
  prepare(db) {
    const owner = ownerNumbers(db);
    const select = db.prepare<[number, string, string], Columns>(`${SELECT} AND r.kind = +? AND r.name = +?`);
    return ({ tenantId, kind, names }) => {
      const number = owner(tenantId);
      return names.flatMap((name) => select.all(number, kind, name)).map(resourceOf);
    };
  },
};

export const ofMessages: Verb<'resources.ofMessages'> = {
  kind: 'read',
  prepare(db) {
    const owner = ownerNumbers(db);
    const select = db.prepare<[string, string, number], Columns>(
      `${ROWS} JOIN messages m ON m.seq = r.message_seq WHERE m.id = +? AND r.kind = +? AND r.tenant_no = +?`,
    );
    return ({ tenantId, kind, messageIds }) => {
      const number = owner(tenantId);
      return messageIds.flatMap((id) => select.all(id, kind, number)).map(resourceOf);
    };
  },
};

export const put: Verb<'resources.put'> = {
  kind: 'write',
  prepare(db) {
    const owner = ownerNumbers(db);
    const upsert = db.prepare(
      `INSERT INTO resources (tenant_no, kind, name, ref, labels, said, message_seq, created_at, updated_at)
       VALUES (nullif(?, 0), ?, ?, ?, ?, ?, (SELECT seq FROM messages WHERE id = ?), ?, ?)
       ON CONFLICT (coalesce(tenant_no, 0), kind, name) DO UPDATE SET ref = excluded.ref, labels = excluded.labels,
         said = excluded.said, message_seq = excluded.message_seq, updated_at = excluded.updated_at`,
    );
    return ({ tenantId, kind, name, ref, labels, said, messageId = null, now }) => {
      const texts = [JSON.stringify(labels), JSON.stringify(said)];
      upsert.run(owner(tenantId), kind, name, ref, ...texts, messageId, now, now);
    };
  },
};

export const forget: Verb<'resources.forget'> = {
  kind: 'write',
  prepare(db) {
    const owner = ownerNumbers(db);
    const remove = db.prepare('DELETE FROM resources WHERE coalesce(tenant_no, 0) = +? AND kind = +? AND name = +?');
    return ({ tenantId, kind, name }) => remove.run(owner(tenantId), kind, name).changes > 0;
  },
};

/** 0 for the platform. */
function ownerNumbers(db: Connection): (tenantId: string | undefined) => number {
  const tenantNo = tenantNumbers(db);
  return (tenantId) => (tenantId === undefined ? 0 : tenantNo(tenantId));
}

function resourceOf(row: Columns): AppliedResource {
  return {
    ...optional('tenantId', row.tenant_id),
    ...{ kind: row.kind, name: row.name, ref: row.ref },
    labels: JSON.parse(row.labels) as AppliedResource['labels'],
    said: JSON.parse(row.said) as Json,
    ...{ createdAt: row.created_at, updatedAt: row.updated_at },
  };
}
