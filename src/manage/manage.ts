/** All that people change. Made once, and called by whatever door they come through. */

import { createQueueLevers, type QueueDeps, type QueueLevers } from './queue.ts';
import { createTenants, type Tenants, type TenantsDeps } from './tenants.ts';

export interface Manage {
  readonly queue: QueueLevers;
  readonly tenants: Tenants;
}

export type ManageDeps = QueueDeps & TenantsDeps;

export function createManage(deps: ManageDeps): Manage {
  return { queue: createQueueLevers(deps), tenants: createTenants(deps) };
}
