/** Whose a resource is that belongs to a tenant. */

import type { Tenant } from '../../db/verbs/tenants.ts';
import type { Owner } from './kind.ts';

export function ownTenant({ tenant }: Owner): Tenant {
  if (tenant === undefined) throw new Error('a resource of a tenant came without one');
  return tenant;
}
