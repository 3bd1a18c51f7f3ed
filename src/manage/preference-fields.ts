/** Preferences as calls say them. */

import * as z from 'zod';
import { channelTypes } from '../core/notification.ts';
import { type Preferences, weekdays } from '../core/preferences.ts';
import { timeOfDay } from './definitions/fields.ts';
import { timezoneField } from './subscriber-fields.ts';

const MAX_NAMES = 500;

/** Of quiet hours that are off and say no other. */
const usualTimes = { start: '22:00', end: '07:00' };

const switches = z.partialRecord(z.enum(channelTypes), z.boolean());

const preference = z.strictObject({
  enabled: z.boolean().optional(),
  channels: switches.optional(),
  frequency: z.enum(['immediate', 'hourly', 'daily', 'weekly']).optional(),
});

const byName = z
  .record(z.string().min(1).max(128), preference)
  .refine((all) => Object.keys(all).length <= MAX_NAMES, `must have at most ${MAX_NAMES} items`)
  .default({});

export const preferencesSchema = z
  .strictObject({
    global: z
      .strictObject({ enabled: z.boolean().default(true), channels: switches.default({}) })
      .default({ enabled: true, channels: {} }),
    categories: byName,
    types: byName.describe('By the name of the notification type'),
    quietHours: z
      .strictObject({
        enabled: z.boolean().default(true),
        start: timeOfDay.optional().describe('May be left out where they are off'),
        end: timeOfDay.optional().describe('Where it is earlier than `start`, it is on the next day'),
        timezone: timezoneField.optional().describe('Left out: that of the subscriber'),
        days: z
          .array(z.enum(weekdays))
          .max(weekdays.length)
          .transform((days) => weekdays.filter((day) => days.includes(day)))
          .optional()
          .describe('On which they begin; left out: on all'),
      })
      .superRefine(({ enabled, ...times }, context) => {
        for (const name of ['start', 'end'] as const) {
          const message = 'must be a time of day such as 09:00, unless quiet hours are off';
          if (enabled && times[name] === undefined) context.addIssue({ code: 'custom', path: [name], message });
        }
      })
      .transform(({ start = usualTimes.start, end = usualTimes.end, ...rest }) => ({ ...rest, start, end }))
      .optional(),
  })
  .describe('The narrowest that says something holds: type, category, global') as z.ZodType<Preferences>;
