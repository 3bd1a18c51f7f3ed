/** A time in a body. The description promises RFC 3339; the reader takes a little more. */

import * as z from 'zod';
import { readTime } from './time-text.ts';

export const RFC_3339 = 'an RFC 3339 time such as "2026-11-22T09:30:00Z"';

/** Gives epoch milliseconds. */
export const timeField = z
  .string()
  .meta({ format: 'date-time' })
  .transform((text, context): number => {
    const at = readTime(text);
    if (at !== undefined) return at;
    context.addIssue({ code: 'custom', message: `must be ${RFC_3339}` });
    return z.NEVER;
  });
