/** Why a message is as it is. */

import * as z from 'zod';
import { eventTypes } from '../../core/message.ts';
import { outcomeKinds } from '../../core/outcome.ts';
import { status, textOrNull, time, timeOrNull } from './common.ts';

export const explanationShape = z.strictObject({
  messageId: z.string(),
  status,
  summary: z.string().describe('One sentence: what became of it, or why it has not gone yet and when it is tried next'),
  next: z
    .strictObject({ at: timeOrNull, reason: z.string() })
    .nullable()
    .describe('What happens next, where anything does without help'),
  template: textOrNull.describe('Name of the stored template that it was made with'),
  templateVersion: z.int().nullable(),
  notifications: z
    .array(z.strictObject({ notificationId: z.string(), type: z.string() }))
    .describe('What it tells of: one, or the newest of those that a digest gathered'),
  recipients: z.array(z.strictObject({ email: z.string(), status, reply: textOrNull, suppressed: z.boolean() })),
  route: z
    .array(z.strictObject({ provider: z.string(), standing: z.string() }))
    .describe('While it is open: the providers it is tried with, in order, and how each is doing'),
  attempts: z.array(
    z.strictObject({
      number: z.int(),
      provider: textOrNull.describe('Null where it ended before a provider was asked'),
      startedAt: time,
      endedAt: time,
      outcome: z.enum(outcomeKinds),
      reply: textOrNull,
      counted: z.boolean(),
      transcript: textOrNull.describe('What was said on the wire; of attempts that did not succeed'),
    }),
  ),
  timeline: z.array(z.strictObject({ at: time, event: z.enum(eventTypes), text: z.string() })),
});
