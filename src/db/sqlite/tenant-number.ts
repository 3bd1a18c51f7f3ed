/** Tenants by their ids, for verbs. */

import { IepError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';

/** Tenant ids to row numbers; refuses with `not_found`, also where the tenant is being removed. */
export function tenantNumbers(db: Connection): (tenantId: string) => number {
  const select = db.prepare<[string], { no: number }>('SELECT no FROM tenants WHERE id = +? AND removing_at IS NULL');
  return (tenantId) => {
    const row = select.get(tenantId);
    if (row === undefined) throw new IepError('not_found', 'The tenant does not exist.');
    return row.no;
  };
}
