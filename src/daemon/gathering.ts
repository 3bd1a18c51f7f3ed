/** Attachments by URL: the fetch that is guarded against asking our own networks, with the limits of each tenant. */

import { createGather, type Gather } from '../attachments/gather.ts';
import { attachmentLimits } from '../attachments/limits.ts';
import type { Config } from '../config/schema.ts';
import type { TenantSettings } from '../core/tenant-settings.ts';
import { createGuardedFetch } from '../net/guarded-fetch.ts';
import { platformLimits } from './intake.ts';
import type { Ground } from './stations.ts';

export function createGathering(
  deps: Pick<Ground, 'store' | 'blobs' | 'clock'> & {
    readonly tenantSettings: (tenantId: string) => Promise<TenantSettings>;
  },
  config: Config,
): Gather {
  const { store, blobs, clock, tenantSettings } = deps;
  const { allowNetworks, fetchTimeoutSeconds } = config.attachments;
  const platform = platformLimits(config);
  return createGather(
    {
      ...{ store, blobs, clock },
      fetch: createGuardedFetch({}, { allowNetworks }),
      limitsOf: async (tenantId) => attachmentLimits(platform, await tenantSettings(tenantId)),
    },
    { timeoutMs: fetchTimeoutSeconds * 1000 },
  );
}
