/** What calls and webhooks tell of events. */

import * as z from 'zod';
import { eventTypes, subjectKinds } from '../../core/message.ts';
import { webhookNames } from '../../webhooks/event-name.ts';
import { textOrNull, time } from './common.ts';

/** An event inside the message it belongs to. */
export const historyShape = z.strictObject({
  type: z.enum(eventTypes),
  timestamp: time,
  sequence: z.int(),
  recipient: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
});

/** An event on its own, as the stream gives it. */
const marksFields = {
  tags: z.array(z.string()),
  category: textOrNull,
  groupId: textOrNull,
  idempotencyKey: textOrNull,
  metadata: z.record(z.string(), z.unknown()).nullable().describe('Null too where it is larger than 4,096 characters'),
};
const messageIdOrNull = textOrNull.describe('Null where it is about `subject`');
const subject = z
  .strictObject({ kind: z.enum(subjectKinds), id: z.string() })
  .optional()
  .describe('What it is about instead of a message');
export const eventShape = historyShape.extend({
  id: z.string(),
  messageId: messageIdOrNull,
  tenantId: z.string(),
  subject,
  ...marksFields,
});

/** The body of a post to a webhook, as webhooks/payload.ts makes it. */
export const webhookPayloadShape = z.strictObject({
  event: z.enum(webhookNames as [string, ...string[]]),
  messageId: messageIdOrNull,
  tenantId: z.string(),
  subject,
  timestamp: time,
  sequence: z.int().describe('Grows within a message or subject'),
  data: z
    .looseObject({
      to: z.array(z.string()),
      subject: z.string(),
      provider: textOrNull,
      attempts: z.int(),
      ...marksFields,
      recipient: z.string().optional().describe('Absent where it is about the whole message'),
      outcome: z.string().optional(),
      reply: z.string().optional(),
    })
    .partial()
    .describe('All of it is there where the event is about a message'),
});
