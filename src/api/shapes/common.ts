/** What many shapes are made of: times, pages, problems. */

import * as z from 'zod';
import { type RefusalCode, refusals } from '../../core/errors.ts';
import { statuses } from '../../core/message.ts';

export const time = z.iso.datetime();
export const timeOrNull = time.nullable();
export const textOrNull = z.string().nullable();
export const status = z.enum(statuses);

/** A page of a list; give the cursor back to get what follows. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item), cursor: textOrNull });
}

/** A list that is never long. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item) });
}

export const problemShape = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(Object.keys(refusals) as [RefusalCode, ...RefusalCode[]]),
  hint: z.string(),
  requestId: z.string().optional(),
  retryAfterSeconds: z.int().optional().describe('The same as the field Retry-After'),
  errors: z
    .array(
      z.strictObject({
        path: z.string(),
        message: z.string(),
        line: z.int().optional().describe('Where in the text of the field it is, from 1'),
        column: z.int().optional(),
      }),
    )
    .optional(),
});

/** Slug of the tenant that has it. */
export const slug = z.string().describe('Slug of its tenant');
