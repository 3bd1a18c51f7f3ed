/** What calls answer about mail as people look at it. */

import * as z from 'zod';
import { listOf, textOrNull, time } from './common.ts';

const linkShape = z.strictObject({ url: z.string(), text: z.string() });

export const viewShape = z.strictObject({
  subject: z.string(),
  from: z.string(),
  to: z.string(),
  cc: z.string(),
  replyTo: z.string(),
  headers: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  text: textOrNull,
  hasHtml: z.boolean(),
  remotePictures: z.int().describe('Pictures from outside, which are shown only with `remote`'),
  attachments: z.array(
    z.strictObject({
      filename: z.string(),
      contentType: z.string(),
      size: z.int(),
      contentId: z.string().optional(),
      isInline: z.boolean(),
    }),
  ),
  links: z.array(linkShape),
  checks: z.array(z.strictObject({ about: z.string(), state: z.enum(['good', 'warn', 'bad']), text: z.string() })),
  warnings: z.array(
    z.strictObject({
      feature: z.string(),
      missingIn: z.array(z.string()).describe('Mail clients that do not show it'),
      source: z.string(),
      testedOn: z.iso.date(),
    }),
  ),
  frame: z.string().describe('Path of its HTML, for a frame'),
  frameUntil: time,
});

export const checkedLinksShape = listOf(
  linkShape.extend({
    status: z.int().optional(),
    state: z.enum(['good', 'warn', 'bad', 'skipped']),
    detail: z.string(),
  }),
);
