/** Times as the API has them: RFC 3339, in UTC in answers. */

import * as z from 'zod';
import { RFC_3339 } from '../core/time-field.ts';
import { isDate, readTime } from '../core/time-text.ts';

/** In a query that is not encoded, the plus of an offset is a space. */
const LOST_PLUS = /^(\d{4}-\d\d-\d\dT[\d:.]+) (\d\d(?::?\d\d)?)$/i;
const DAY_MS = 24 * 3_600_000;

export interface TimeSpan {
  readonly startsAt: number;
  /** Where a date was given, the end of that day in UTC; otherwise the same instant. */
  readonly endsAt: number;
}

/** A time with an offset, or a date, which is that day in UTC. Undefined when it is neither. */
export function parseTime(given: string): TimeSpan | undefined {
  const text = given.replace(LOST_PLUS, '$1+$2');
  const isDay = isDate(text);
  const startsAt = readTime(text, isDay ? 'UTC' : undefined);
  return startsAt === undefined ? undefined : { startsAt, endsAt: isDay ? startsAt + DAY_MS : startsAt };
}

/** A time in a query. */
export const spanField = z
  .string()
  .transform((text, context): TimeSpan => {
    const span = parseTime(text);
    if (span !== undefined) return span;
    context.addIssue({ code: 'custom', message: `must be a date or ${RFC_3339}` });
    return z.NEVER;
  })
  .describe('A date or an RFC 3339 time');
