/** Triggers: few a tenant, each read whole. */

import { IepError } from '../../../core/errors.ts';
import type { StoredTrigger, Trigger } from '../../verbs/triggers.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

interface Columns {
  definition: string;
  created_at: number;
  updated_at: number;
}

export const list: Verb<'triggers.list'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const select = db.prepare<[number], Columns>('SELECT * FROM triggers WHERE tenant_no = +? ORDER BY name');
    return ({ tenantId }) => select.all(tenantNo(tenantId)).map(triggerOf);
  },
};

export const add: Verb<'triggers.add'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const count = db.prepare<[number], number>('SELECT count(*) FROM triggers WHERE tenant_no = +?').pluck();
    const insert = db.prepare<[number, string, string, number, number], Columns>(
      `INSERT INTO triggers (tenant_no, name, definition, created_at, updated_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING RETURNING *`,
    );
    return ({ tenantId, trigger, max, now }) => {
      const tenant = tenantNo(tenantId);
      if ((count.get(tenant) ?? 0) >= max) throw new IepError('conflict', `A tenant has at most ${max} triggers.`);
      const row = insert.get(tenant, trigger.name, JSON.stringify(trigger), now, now);
      if (row === undefined) throw new IepError('conflict', `There is a trigger ${trigger.name} already.`);
      return triggerOf(row);
    };
  },
};

export const set: Verb<'triggers.set'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const update = db.prepare<[string, number, number, string], Columns>(
      'UPDATE triggers SET definition = ?, updated_at = ? WHERE tenant_no = +? AND name = +? RETURNING *',
    );
    return ({ tenantId, trigger, now }) => {
      const row = update.get(JSON.stringify(trigger), now, tenantNo(tenantId), trigger.name);
      if (row === undefined) throw new IepError('not_found', 'No trigger has this name.');
      return triggerOf(row);
    };
  },
};

export const remove: Verb<'triggers.remove'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const remove = db.prepare('DELETE FROM triggers WHERE tenant_no = +? AND name = +?');
    return ({ tenantId, name }) => remove.run(tenantNo(tenantId), name).changes > 0;
  },
};

function triggerOf(row: Columns): StoredTrigger {
  const trigger = JSON.parse(row.definition) as Trigger;
  return { ...trigger, createdAt: row.created_at, updatedAt: row.updated_at };
}
