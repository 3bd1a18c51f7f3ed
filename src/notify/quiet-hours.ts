/** Quiet hours, by the clock on the wall of whoever has them: across midnight, and over a change of the clocks. */

import { type QuietHours, weekdays } from '../core/preferences.ts';

/** When they end, where it is one of them; they begin and end on whole minutes. */
export function quietUntil(
  { enabled, start, end, timezone, days }: QuietHours,
  { now, zone }: { readonly now: number; readonly zone: string },
): number | undefined {
  if (!enabled || start === end) return undefined;
  const [from, to] = [Temporal.PlainTime.from(start), Temporal.PlainTime.from(end)];
  const tz = timezone ?? zone;
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(tz).toPlainDate();
  const isOvernight = Temporal.PlainTime.compare(from, to) > 0;
  for (const day of [today.subtract({ days: 1 }), today]) {
    const weekday = weekdays[day.dayOfWeek - 1];
    if (days !== undefined && (weekday === undefined || !days.includes(weekday))) continue;
    const begins = instantOf(day, from, tz);
    const ends = instantOf(isOvernight ? day.add({ days: 1 }) : day, to, tz);
    if (begins <= now && now < ends) return ends;
  }
  return undefined;
}

/** A time that the clocks leave out is as much later as they go forward; of one that comes twice it is the first. */
export function instantOf(day: Temporal.PlainDate, plainTime: Temporal.PlainTime, timeZone: string): number {
  return day.toZonedDateTime({ timeZone, plainTime }).epochMilliseconds;
}
