/** What calls answer about who is not mailed. */

import * as z from 'zod';
import { suppressionChanges, suppressionReasons } from '../../db/verbs/suppressions.ts';
import { unsubscribeWays } from '../../db/verbs/unsubscribes.ts';
import { slug, textOrNull, time, timeOrNull } from './common.ts';

export const unsubscribePutShape = z.strictObject({
  email: z.string(),
  category: textOrNull.describe('Null: all mail that can be turned off'),
  change: z.enum(['added', 'unchanged']).describe('`unchanged` where it was off already'),
});

export const unsubscribeRowShape = unsubscribePutShape.omit({ change: true }).extend({
  way: z.enum(unsubscribeWays).describe('By the button of a mail client, the page of its link, a mail, or a call'),
  createdAt: time,
  tenant: slug,
});

export const suppressionShape = z.strictObject({
  email: z.string(),
  reason: z.enum(suppressionReasons),
  note: textOrNull,
  expiresAt: timeOrNull,
  createdAt: time,
});

export const suppressionRowShape = suppressionShape.extend({ tenant: slug });

export const suppressionDetailShape = suppressionShape.extend({
  evidence: z
    .array(z.strictObject({ at: time, messageId: textOrNull, reply: textOrNull }))
    .describe('What led to it, oldest first, where the platform suppressed the address itself'),
});

export const suppressionPutShape = suppressionShape.extend({
  change: z
    .enum(suppressionChanges)
    .describe('What came of the call: `unchanged` where the entry said all of it already'),
});

export const importedShape = z.strictObject({
  imported: z.int().describe('Lines that were understood: added, changed and unchanged'),
  added: z.int(),
  changed: z.int().describe('Of addresses that were on the list, and are suppressed more strongly or for longer now'),
  unchanged: z.int().describe('Of addresses that were on the list; nothing is altered'),
  refused: z.int(),
  errors: z
    .array(z.strictObject({ path: z.string(), message: z.string() }))
    .describe('The lines that were refused, as `line 3`; the first 1000'),
  ignoredColumns: z.array(z.string()).describe('Columns that mean nothing to a suppression list'),
  dryRun: z.boolean().describe('Nothing was added'),
});
