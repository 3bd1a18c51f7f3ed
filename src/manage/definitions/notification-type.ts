/** Notification types: what is told, by which channels, and how much of it at once. */

import * as z from 'zod';
import { isUnsafeText } from '../../core/address.ts';
import { digestPeriods, type NotificationTypeSpec } from '../../core/notification.ts';
import { channelList, definitionName, timeOfDay, windowMinutes } from './fields.ts';
import type { DefinitionKind } from './kind.ts';

const template = definitionName.optional();

const fields = {
  category: z
    .string()
    .min(1)
    .max(100)
    .refine((text) => !isUnsafeText(text), 'must be without control characters')
    .default('general')
    .describe('What somebody unsubscribes from'),
  critical: z
    .boolean()
    .default(false)
    .describe('Passes preferences, rate limit, digest and quiet hours; never a suppression'),
  channels: channelList.default(['email']),
  templates: z
    .strictObject({ email: template, slack: template, teams: template, webhook: template })
    .default({})
    .describe('Names of stored templates, by channel; a chat channel without one gets a plain card'),
  digest: z
    .strictObject({
      every: z.union([
        z.strictObject({ minutes: windowMinutes }),
        z.enum(digestPeriods, {
          error: ({ input }) =>
            typeof input === 'string' ? 'must be "hourly", "daily", "weekly" or such as {"minutes": 60}' : undefined,
        }),
      ]),
      at: timeOfDay.optional().describe('In the time zone of the subscriber'),
      template,
    })
    .optional()
    .describe('What comes until the window ends becomes one message'),
  group: z
    .strictObject({
      by: z
        .string()
        .max(255)
        .regex(/^[\w$-]+(?:\.[\w$-]+)*$/, 'must be a path such as data.jobId'),
      windowMinutes,
    })
    .optional()
    .describe('Of those with the same value there, one goes at once, and one more when the window ends'),
  rateLimit: z
    .strictObject({ count: z.int().min(1).max(1_000_000), windowMinutes })
    .optional()
    .describe('What is over waits, and goes as one digest'),
  unsubscribable: z.boolean().default(true),
};

export const notificationTypeKind: DefinitionKind<NotificationTypeSpec> = {
  ...{ kind: 'notification_type', noun: 'notification type', action: 'notification-type' },
  path: '/v1/notification-types',
  summaries: {
    list: 'List the notification types',
    add: 'Add a notification type',
    get: 'One notification type',
    set: 'Change what is given of a notification type; null takes a field away',
    remove: 'Remove a notification type',
  },
  resource: { kind: 'NotificationType', plural: 'notificationtypes', summary: 'What is told, and by which channels' },
  max: 500,
  fields,
  spec: z.strictObject(fields) as unknown as z.ZodType<NotificationTypeSpec>,
  secrets: [],
};
