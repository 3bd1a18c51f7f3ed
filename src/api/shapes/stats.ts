/** What calls answer about numbers: of groups, over time, of the platform. */

import * as z from 'zod';
import { status, textOrNull, time, timeOrNull } from './common.ts';
import { hitFields } from './messages.ts';

const countsShape = z.record(z.string(), z.int());
const rate = z.number().nullable().describe('Part of `recipients`; null where there were none');
const tallyFields = {
  recipients: z.int().describe('Whose mail a provider took, or turned away for good because of the address'),
  delivered: z.int(),
  bounced: z.int().describe('Hard bounces'),
  complained: z.int(),
  opened: z.int().describe('By people, as far as the provider tells'),
  clicked: z.int(),
  openedByMachine: z.int().describe('By scanners and proxies'),
  clickedByMachine: z.int(),
  rates: z.strictObject({
    ...{ delivered: rate, bounced: rate, complained: rate, opened: rate, clicked: rate },
    ...{ openedByMachine: rate, clickedByMachine: rate },
  }),
};

const refusedShape = z
  .strictObject({
    rateLimited: z.int().describe('By the rate limits of the tenant'),
    tooManyRecipients: z.int(),
    tooLarge: z.int(),
  })
  .describe('Messages that a limit refused, in the same hours');

/** One recipient of one message of a group. */
export const groupRecordShape = z.strictObject({
  messageId: z.string(),
  recipient: z.string(),
  subject: z.string(),
  status,
  createdAt: time,
  sentAt: timeOrNull,
  delivered: z.boolean(),
  deliveredAt: timeOrNull,
  opened: z.boolean().describe('By a person, as far as known'),
  clicked: z.boolean(),
  ...hitFields,
  firstOpenedAt: timeOrNull,
  lastOpenedAt: timeOrNull,
  lastClickedAt: timeOrNull,
  failed: z.boolean(),
});

export const groupShape = z.strictObject({
  groupId: z.string(),
  items: z.array(groupRecordShape),
  cursor: textOrNull,
});

export const groupAnalyticsShape = z.strictObject({
  groupId: z.string(),
  totalSent: z.int().describe('Recipients whose mail a provider took, or turned away for good because of the address'),
  delivered: z.int(),
  opened: z.int().describe('Times that people opened it, as far as known'),
  uniqueOpened: z.int().describe('Recipients who did'),
  clicked: z.int(),
  uniqueClicked: z.int(),
  machineOpened: z.int().describe('Times that scanners and proxies did'),
  machineClicked: z.int(),
  bounced: z.int(),
  complained: z.int(),
  failed: z.int(),
});

export const statsShape = z.strictObject({
  from: time,
  to: time,
  bucket: z.enum(['hour', 'day']),
  total: z.int(),
  byStatus: countsShape,
  buckets: z.array(z.strictObject({ at: time, byStatus: countsShape })),
  counted: z
    .strictObject({ from: time, to: time })
    .describe(
      'The whole hours that are counted: messages by when they were accepted, and what IEP heard in them of recipients, each once',
    ),
  ...tallyFields,
  refused: refusedShape,
  byProvider: z
    .array(z.strictObject({ provider: z.string().describe('Empty where none is known'), ...tallyFields }))
    .optional()
    .describe('With `by=provider`'),
  byTenant: z
    .array(z.strictObject({ tenant: z.string(), ...tallyFields, refused: refusedShape }))
    .optional()
    .describe('With `by=tenant`; the slug of each'),
  byTemplate: z
    .array(
      z.strictObject({
        template: z
          .string()
          .describe('Empty where messages were made with none; `(others)` for those past the first of an hour'),
        ...tallyFields,
      }),
    )
    .optional()
    .describe('With `by=template`'),
});

export const analyticsShape = z.strictObject({
  from: time,
  to: time,
  bucket: z.enum(['hour', 'day']),
  counted: z.strictObject({ from: time, to: time }).describe('The whole hours that are counted'),
  items: z.array(
    z.strictObject({
      name: z.string().describe('Of the tenant (its slug), provider or category; empty where there is none'),
      isRest: z.boolean().describe('The others together: those behind `top`, and categories beyond the 50 of an hour'),
      ...tallyFields,
      buckets: z.array(z.strictObject({ at: time, ...tallyFields })).describe('Those without anything are left out'),
    }),
  ),
});
