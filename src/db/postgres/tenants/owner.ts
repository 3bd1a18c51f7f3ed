/** Whose a thing is that was named by its id alone. */

import type { Verb } from '../verb.ts';

export const ownerOf: Verb<'tenants.ownerOf'> = {
  kind: 'read',
  prepare(db) {
    const owner = (table: 'messages' | 'notifications' | 'webhook_endpoints') =>
      db
        .prepare<[string], string>(`SELECT t.id FROM ${table} o JOIN tenants t ON t.no = o.tenant_no WHERE o.id = ?`)
        .pluck();
    const select = {
      message: owner('messages'),
      notification: owner('notifications'),
      webhook: owner('webhook_endpoints'),
    };
    return ({ kind, id }) => select[kind].get(id);
  },
};
