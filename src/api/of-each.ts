/** What a list of all tenants holds: that of each, one after the other. */

import type { Tenant } from '../db/verbs/tenants.ts';

export async function ofEach<T>(
  tenants: readonly Tenant[],
  of: (tenant: Tenant) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const items: T[] = [];
  for (const tenant of tenants) items.push(...(await of(tenant)));
  return items;
}
