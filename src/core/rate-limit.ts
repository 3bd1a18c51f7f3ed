/** How many messages a tenant may submit in any minute, hour and day, and how a caller is told where it stands. */

import type { TenantSettings } from './tenant-settings.ts';

export type RateWindowName = 'minute' | 'hour' | 'day';

export interface RateLimit {
  readonly name: RateWindowName;
  /** Messages in any window of that length. */
  readonly count: number;
}

/** Where a tenant stands after a call. */
export interface RateState extends RateLimit {
  /** Messages it may submit now. */
  readonly remaining: number;
  /** Until there is more room; absent where nothing is counted. */
  readonly moreInMs?: number;
}

export const rateWindowMs: Readonly<Record<RateWindowName, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** The tenant's limits; undefined where it has none. */
export function rateLimitsOf(settings: TenantSettings): readonly RateLimit[] | undefined {
  const { ratePerMinute, ratePerHour, ratePerDay } = settings;
  if (ratePerMinute === undefined && ratePerHour === undefined && ratePerDay === undefined) return undefined;
  const counts = { minute: ratePerMinute, hour: ratePerHour, day: ratePerDay };
  return Object.entries(counts).flatMap(([name, count]) =>
    count === undefined ? [] : [{ name: name as RateWindowName, count }],
  );
}
