/** Attachments by URL: the fetch that is guarded against asking our own networks, with the limits of each tenant. */

import { createGuardedFetch } from '../../base/net/guarded-fetch.ts';
import type { TenantSettings } from '../../core/tenant-settings.ts';
import { createGather, type Gather } from '../../message/attachments/gather.ts';
import { attachmentLimits } from '../../message/attachments/limits.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import { platformLimits } from './intake.ts';
import type { Ground } from './stations.ts';

export function createGathering(
  deps: Pick<Ground, 'store' | 'blobs' | 'clock'> & {
    readonly tenantSettings: (tenantId: string) => Promise<TenantSettings>;
  },
  config: LiveConfig,
): Gather {
  const { store, blobs, clock, tenantSettings } = deps;
  const platform = config.options(platformLimits);
  const net = config.options(({ attachments }) => ({
    fetch: createGuardedFetch({}, { allowNetworks: attachments.allowNetworks }),
  }));
  return createGather(
    {
      ...{ store, blobs, clock },
      fetch: (url, request) => net.fetch(url, request),
      limitsOf: async (tenantId) => attachmentLimits(platform, await tenantSettings(tenantId)),
    },
    config.options(({ attachments }) => ({ timeoutMs: attachments.fetchTimeoutSeconds * 1_000 })),
  );
}
