/** The policy of a tenant's attempts, from its settings and from what holds for the whole platform. */

import type { TenantSettings, UnknownPolicy } from '../../core/tenant-settings.ts';

export interface TenantPolicy {
  readonly unknown: UnknownPolicy;
  /** Instead of the platform's. */
  readonly scheduleSeconds?: readonly number[];
  /** Why nothing is to be delivered; absent where it is. */
  readonly withheld?: string;
}

export function tenantPolicyOf(
  settings: TenantSettings,
  platform: { readonly sending: NonNullable<TenantSettings['sending']> },
): TenantPolicy {
  const { unknownOutcome = 'retry', retryScheduleSeconds: scheduleSeconds, sending } = settings;
  const whose = platform.sending === 'off' ? 'on this platform' : sending === 'off' ? 'for this tenant' : undefined;
  return {
    unknown: unknownOutcome,
    ...(scheduleSeconds && { scheduleSeconds }),
    ...(whose !== undefined && { withheld: `sending is off ${whose}` }),
  };
}
