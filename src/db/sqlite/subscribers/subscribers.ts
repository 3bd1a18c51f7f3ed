/** Subscribers: by tenant and the id that the tenant gave them. */

import { IepError } from '../../../core/errors.ts';
import type { Json } from '../../../core/message.ts';
import type { Subscriber } from '../../verbs/subscribers.ts';
import { optional, tenantNumbers } from '../rows.ts';
import type { Verb } from '../verb.ts';

interface Columns {
  id: string;
  email: string | null;
  name: string | null;
  locale: string | null;
  timezone: string | null;
  data: string | null;
  created_at: number;
  updated_at: number;
}

export const put: Verb<'subscribers.put'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const count = db
      .prepare<[number, number], number>(
        'SELECT count(*) FROM (SELECT 1 FROM subscribers WHERE tenant_no = +? LIMIT +?)',
      )
      .pluck();
    const isThere = db.prepare('SELECT 1 FROM subscribers WHERE tenant_no = +? AND id = +?');
    const upsert = db.prepare<(string | number | null)[], Columns>(
      `INSERT INTO subscribers (tenant_no, id, email, name, locale, timezone, data, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (tenant_no, id) DO UPDATE SET email = excluded.email, name = excluded.name, locale = excluded.locale,
         timezone = excluded.timezone, data = excluded.data, updated_at = excluded.updated_at
       RETURNING *`,
    );
    return ({ tenantId, id, email = null, name = null, locale = null, timezone = null, data, max, now }) => {
      const tenant = tenantNo(tenantId);
      if (isThere.get(tenant, id) === undefined && (count.get(tenant, max) ?? 0) >= max) {
        throw new IepError('conflict', `A tenant has at most ${max} subscribers.`);
      }
      const text = data === undefined ? null : JSON.stringify(data);
      const row = upsert.get(tenant, id, email, name, locale, timezone, text, now, now);
      if (row === undefined) throw new Error('a subscriber was not written');
      return subscriberOf(tenantId)(row);
    };
  },
};

export const of: Verb<'subscribers.of'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const select = db.prepare<[number, string], Columns>('SELECT * FROM subscribers WHERE tenant_no = +? AND id = +?');
    return ({ tenantId, ids }) => {
      const tenant = tenantNo(tenantId);
      return ids.flatMap((id) => select.all(tenant, id)).map(subscriberOf(tenantId));
    };
  },
};

export const list: Verb<'subscribers.list'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const select = db.prepare<[number, string, number], Columns>(
      'SELECT * FROM subscribers WHERE tenant_no = +? AND id > +? ORDER BY id LIMIT +?',
    );
    return ({ tenantId, limit, cursor = '' }) => {
      const items = select.all(tenantNo(tenantId), cursor, limit).map(subscriberOf(tenantId));
      const last = items.length < limit ? undefined : items.at(-1);
      return { items, ...(last !== undefined && { cursor: last.id }) };
    };
  },
};

export const remove: Verb<'subscribers.remove'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const remove = db.prepare('DELETE FROM subscribers WHERE tenant_no = +? AND id = +?');
    return ({ tenantId, id }) => remove.run(tenantNo(tenantId), id).changes > 0;
  },
};

function subscriberOf(tenantId: string): (row: Columns) => Subscriber {
  return (row) => ({
    ...{ tenantId, id: row.id },
    ...optional('email', row.email),
    ...optional('name', row.name),
    ...optional('locale', row.locale),
    ...optional('timezone', row.timezone),
    ...(row.data !== null && { data: JSON.parse(row.data) as Record<string, Json> }),
    ...{ createdAt: row.created_at, updatedAt: row.updated_at },
  });
}
