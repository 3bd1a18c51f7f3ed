/** The limits that a tenant's settings make. */

import type { RateLimit, RateWindowName } from './rate-limit.ts';
import type { TenantSettings } from './tenant-settings.ts';

/** The tenant's limits; undefined where it has none. */
export function rateLimitsOf(settings: TenantSettings): readonly RateLimit[] | undefined {
  const { ratePerMinute, ratePerHour, ratePerDay } = settings;
  if (ratePerMinute === undefined && ratePerHour === undefined && ratePerDay === undefined) return undefined;
  const counts = { minute: ratePerMinute, hour: ratePerHour, day: ratePerDay };
  return Object.entries(counts).flatMap(([name, count]) =>
    count === undefined ? [] : [{ name: name as RateWindowName, count }],
  );
}
