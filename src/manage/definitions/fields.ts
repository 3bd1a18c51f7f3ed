/** Fields that several kinds of definitions have. */

import * as z from 'zod';
import { readCondition } from '../../core/condition.ts';
import { type ChannelType, channelTypes, type NotificationTarget } from '../../core/notification.ts';
import { TEMPLATE_NAME } from '../../core/template.ts';

export const definitionName = z
  .string()
  .regex(TEMPLATE_NAME, 'must begin with a small letter or a digit, and hold small letters, digits, `.`, `_` and `-`');

export const eventPattern = z
  .string()
  .max(255)
  .regex(/^(?:[\w.:/-]+\*?|\*)$/, 'must be a type of event such as user.invited, or the beginning of some: user.*');

export const condition = z
  .unknown()
  .transform((input, context) => {
    const read = readCondition(input);
    if ('condition' in read) return read.condition;
    for (const { path, message } of read.faults) {
      context.addIssue({ code: 'custom', message, path: path === '' ? [] : path.split('.') });
    }
    return z.NEVER;
  })
  .meta({ type: 'object' });

export const timeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 09:00');

/** A year. */
const MAX_MINUTES = 366 * 24 * 60;
const windowFault = 'must be whole minutes from 1';
export const windowMinutes = z.int(windowFault).min(1, windowFault).max(MAX_MINUTES);
export const afterMinutes = z.int().min(0).max(MAX_MINUTES);

export const channelList = z
  .array(z.enum(channelTypes))
  .min(1)
  .max(channelTypes.length)
  .transform((all): readonly ChannelType[] => [...new Set(all)]);

const text = z.string().min(1).max(500);

/** One who is told: one of the four. */
export const notificationTarget = z
  .strictObject({
    subscriber: text.optional().describe('Id of a subscriber'),
    email: text.optional().describe('An address'),
    topic: text.optional().describe('Name of a topic: all who are in it'),
    channel: text.optional().describe('Name of a channel'),
  })
  .refine((one) => Object.values(one).filter((value) => value !== undefined).length === 1, {
    error: 'must be one of {"subscriber": "id"}, {"email": "address"}, {"topic": "name"} and {"channel": "name"}',
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .transform((one) => one as NotificationTarget);

export const notificationTargets = z.array(notificationTarget).min(1).max(50);
