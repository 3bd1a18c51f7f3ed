/** Preferences: a document for each subscriber that has said something. */

import { IepError } from '../../../core/errors.ts';
import type { Preferences } from '../../../core/preferences.ts';
import type { KeptPreferences } from '../../verbs/preferences.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

interface Columns {
  document: string;
  updated_at: number;
}

export const of: Verb<'preferences.of'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const select = db.prepare<[number, string], Columns>(
      'SELECT document, updated_at FROM preferences WHERE tenant_no = +? AND subscriber = +?',
    );
    return ({ tenantId, ids }) => {
      const tenant = tenantNo(tenantId);
      const found = ids.flatMap((id) => select.all(tenant, id).map((row) => [id, keptOf(row)] as const));
      return Object.fromEntries(found);
    };
  },
};

export const set: Verb<'preferences.set'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const upsert = db.prepare<[string, number, number, string], Columns>(
      `INSERT INTO preferences (tenant_no, subscriber, document, updated_at)
         SELECT tenant_no, id, ?, ? FROM subscribers WHERE tenant_no = +? AND id = +?
       ON CONFLICT (tenant_no, subscriber) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at
       RETURNING document, updated_at`,
    );
    return ({ tenantId, id, preferences, now }) => {
      const row = upsert.get(JSON.stringify(preferences), now, tenantNo(tenantId), id);
      if (row === undefined) throw new IepError('not_found', 'No subscriber has this id.');
      return keptOf(row);
    };
  },
};

function keptOf({ document, updated_at }: Columns): KeptPreferences {
  return { preferences: JSON.parse(document) as Preferences, updatedAt: updated_at };
}
