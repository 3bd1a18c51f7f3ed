/** Definitions: few of a kind a tenant, each read whole. */

import { IepError } from '../../../core/errors.ts';
import { optional } from '../../rows/message-rows.ts';
import type { Definition, DefinitionFields, DefinitionKindName } from '../../verbs/definitions.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

interface Columns {
  id: string;
  kind: DefinitionKindName;
  name: string;
  fields: string;
  sealed: string | null;
  created_at: number;
  updated_at: number;
}

export const list: Verb<'definitions.list'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const select = db.prepare<[number, string], Columns>(
      'SELECT * FROM definitions WHERE tenant_no = ? AND kind = ? ORDER BY name',
    );
    return async ({ tenantId, kind }) => (await select.all(await tenantNo(tenantId), kind)).map(definitionOf(tenantId));
  },
};

export const get: Verb<'definitions.get'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const select = db.prepare<[number, string, string], Columns>(
      'SELECT * FROM definitions WHERE tenant_no = ? AND kind = ? AND name = ?',
    );
    return async ({ tenantId, kind, name }) => {
      const row = await select.get(await tenantNo(tenantId), kind, name);
      return row && definitionOf(tenantId)(row);
    };
  },
};

export const add: Verb<'definitions.add'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const count = db
      .prepare<[number, string], number>('SELECT count(*) FROM definitions WHERE tenant_no = ? AND kind = ?')
      .pluck();
    const insert = db.prepare<(string | number | null)[], Columns>(
      `INSERT INTO definitions (id, tenant_no, kind, name, fields, sealed, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant_no, kind, name) DO NOTHING RETURNING *`,
    );
    return async ({ id, tenantId, kind, name, fields, sealed = null, max, now }) => {
      const tenant = await tenantNo(tenantId);
      const noun = kind.replaceAll('_', ' ');
      if (((await count.get(tenant, kind)) ?? 0) >= max) {
        throw new IepError('conflict', `A tenant has at most ${max} of the kind ${noun}.`);
      }
      const row = await insert.get(id, tenant, kind, name, JSON.stringify(fields), sealed, now, now);
      if (row === undefined) throw new IepError('conflict', `There is a ${noun} ${name} already.`);
      return definitionOf(tenantId)(row);
    };
  },
};

export const set: Verb<'definitions.set'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const update = db.prepare<(string | number | null)[], Columns>(
      `UPDATE definitions SET fields = ?, sealed = ?, updated_at = ?
       WHERE tenant_no = ? AND kind = ? AND name = ? RETURNING *`,
    );
    return async ({ tenantId, kind, name, fields, sealed = null, now }) => {
      const row = await update.get(JSON.stringify(fields), sealed, now, await tenantNo(tenantId), kind, name);
      if (row === undefined) throw new IepError('not_found', `No ${kind.replaceAll('_', ' ')} has this name.`);
      return definitionOf(tenantId)(row);
    };
  },
};

export const remove: Verb<'definitions.remove'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const remove = db.prepare('DELETE FROM definitions WHERE tenant_no = ? AND kind = ? AND name = ?');
    return async ({ tenantId, kind, name }) => (await remove.run(await tenantNo(tenantId), kind, name)).changes > 0;
  },
};

function definitionOf(tenantId: string): (row: Columns) => Definition {
  return ({ id, kind, name, fields, sealed, created_at, updated_at }) => ({
    ...{ tenantId, id, kind, name, fields: JSON.parse(fields) as DefinitionFields },
    ...optional('sealed', sealed),
    ...{ createdAt: created_at, updatedAt: updated_at },
  });
}
