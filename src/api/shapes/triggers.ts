/** What calls answer about triggers, and about events of callers. */

import * as z from 'zod';
import { lanes } from '../../core/message.ts';
import { problemShape, time } from './common.ts';

export const triggerShape = z.strictObject({
  name: z.string(),
  tenant: z.string().describe('Slug'),
  on: z.string(),
  when: z.record(z.string(), z.unknown()).nullable(),
  template: z.string(),
  to: z.array(z.string()).nullable(),
  subscribers: z.array(z.string()).nullable(),
  variables: z.record(z.string(), z.unknown()).nullable(),
  priority: z.enum(lanes).nullable(),
  active: z.boolean(),
  createdAt: time,
  updatedAt: time,
});

export const triggerTestShape = z.strictObject({
  trigger: z.string(),
  fits: z.boolean().describe('The event is one that the trigger is for'),
  reasons: z.array(z.string()).describe('Why it would send nothing, or not to all'),
  messages: z.array(
    z.strictObject({ to: z.array(z.string()), template: z.string(), variables: z.record(z.string(), z.unknown()) }),
  ),
});

export const eventTakenShape = z.strictObject({
  eventId: z.string(),
  duplicate: z.boolean().describe('It came before: this is what came of it then'),
  triggered: z.array(z.strictObject({ trigger: z.string(), messageId: z.string() })),
  notified: z
    .array(z.strictObject({ rule: z.string(), notificationId: z.string() }))
    .optional()
    .describe('Notifications that rules made of it; left out where none did'),
  acknowledged: z
    .array(z.string())
    .optional()
    .describe('Ids of notifications whose escalation it ended; left out where it ended none'),
  skipped: z
    .array(z.strictObject({ trigger: z.string().optional(), rule: z.string().optional(), reason: z.string() }))
    .describe('Triggers and rules that fit, and why they sent nothing, or not to everybody'),
});

export const eventsTakenShape = z.strictObject({
  items: z.array(z.union([eventTakenShape, z.strictObject({ error: problemShape })])),
});
