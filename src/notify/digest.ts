/** When a digest goes: by the clock on the wall of whoever gets it. */

import type { Digest } from '../core/notification.ts';
import { instantOf } from './quiet-hours.ts';

const DEFAULT_AT = '09:00';
const MONDAY = 1;
const MINUTE_MS = 60_000;

/** The end of the window that what comes now waits in; always later than now. */
export function digestEnd(
  { every, at = DEFAULT_AT }: Pick<Digest, 'every' | 'at'>,
  { now, zone }: { readonly now: number; readonly zone: string },
): number {
  if (typeof every === 'object') return now + every.minutes * MINUTE_MS;
  const local = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone);
  if (every === 'hourly') {
    // By what is left of it: where the clocks go back by less than an hour, its beginning may name another hour.
    const minute = local.round({ smallestUnit: 'minute', roundingMode: 'floor' });
    return minute.add({ minutes: 60 - local.minute }).epochMilliseconds;
  }
  const today = local.toPlainDate();
  const time = Temporal.PlainTime.from(at);
  const first = every === 'daily' ? today : today.add({ days: (MONDAY - today.dayOfWeek + 7) % 7 });
  const next = instantOf(first, time, zone);
  return next > now ? next : instantOf(first.add({ days: every === 'daily' ? 1 : 7 }), time, zone);
}
