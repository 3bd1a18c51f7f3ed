/** Events that came, by their ids: the same one is kept once. */

import { IepError } from '../../../core/errors.ts';
import type { Json } from '../../../core/message.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

export const keepEvent: Verb<'triggers.keepEvent'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const insert = db.prepare(
      'INSERT INTO caller_events (tenant_no, id, type, at, outcome) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    );
    return ({ tenantId, id, type, at, outcome }) => {
      const { changes } = insert.run(tenantNo(tenantId), id, type, at, JSON.stringify(outcome));
      if (changes === 0) throw new IepError('conflict', 'An event of this id came before.');
    };
  },
};

export const event: Verb<'triggers.event'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const select = db.prepare<[number, string], { type: string; at: number; outcome: string }>(
      'SELECT type, at, outcome FROM caller_events WHERE tenant_no = +? AND id = +?',
    );
    return ({ tenantId, id }) => {
      const row = select.get(tenantNo(tenantId), id);
      return row && { tenantId, id, type: row.type, at: row.at, outcome: JSON.parse(row.outcome) as Json };
    };
  },
};

export const sweepEvents: Verb<'triggers.sweepEvents'> = {
  kind: 'write',
  patient: true,
  prepare(db) {
    const remove = db.prepare(
      `DELETE FROM caller_events WHERE (tenant_no, id) IN
         (SELECT tenant_no, id FROM caller_events WHERE at < +? ORDER BY at LIMIT +?)`,
    );
    return ({ before, limit }) => remove.run(before, limit).changes;
  },
};
