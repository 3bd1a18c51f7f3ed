/** Definitions as the API shows them: topics, notification types, rules, escalation policies. Of secrets, masks. */

import * as z from 'zod';
import { channelTypes, digestPeriods } from '../core/notification.ts';
import { rfc3339 } from '../core/rfc3339.ts';
import type { Definition } from '../db/verbs/definitions.ts';
import { slug, textOrNull, time } from './shapes.ts';

const channel = z.enum(channelTypes);
const minutes = z.int();

/** What all of them have around their own fields. */
function shapeOf<T extends z.ZodRawShape>(fields: T) {
  return z.strictObject({ name: z.string(), tenant: slug, ...fields, createdAt: time, updatedAt: time });
}

export const channelShape = shapeOf({
  type: channel,
  description: textOrNull,
  webhookUrl: textOrNull.describe('Masked, as url, token and secret'),
  token: textOrNull,
  channel: textOrNull,
  apiUrl: textOrNull,
  to: z.array(z.string()).nullable(),
  url: textOrNull,
  secret: textOrNull.describe('In the answer that adds it, the secret that was made'),
});

/** What came of a test. */
export const channelTestShape = z.strictObject({
  ok: z.boolean(),
  outcome: z
    .enum(['delivered', 'queued', 'deferred', 'rejected'])
    .describe('Mail is queued; deferred is worth another try'),
  reason: textOrNull,
  status: z.int().nullable().describe('Of the answer'),
  durationMs: z.int(),
  messageId: z.string().nullable().describe('Of mail'),
});

export const topicShape = shapeOf({ description: textOrNull });

export const notificationTypeShape = shapeOf({
  category: z.string(),
  critical: z.boolean(),
  channels: z.array(channel),
  templates: z.strictObject({
    email: z.string().optional(),
    slack: z.string().optional(),
    teams: z.string().optional(),
    webhook: z.string().optional(),
  }),
  digest: z
    .strictObject({
      every: z.union([z.enum(digestPeriods), z.strictObject({ minutes })]),
      at: z.string().optional(),
      template: z.string().optional(),
    })
    .nullable(),
  group: z.strictObject({ by: z.string(), windowMinutes: minutes }).nullable(),
  rateLimit: z.strictObject({ count: z.int(), windowMinutes: minutes }).nullable(),
  unsubscribable: z.boolean(),
});

/** One of the four. */
const target = z.strictObject({
  subscriber: z.string().optional(),
  email: z.string().optional(),
  topic: z.string().optional(),
  channel: z.string().optional(),
});

export const ruleShape = shapeOf({
  on: z.string(),
  when: z.record(z.string(), z.unknown()).nullable(),
  type: z.string(),
  to: z.array(target).nullable(),
  severity: textOrNull,
  escalation: textOrNull,
  active: z.boolean(),
});

export const escalationPolicyShape = shapeOf({
  steps: z.array(z.strictObject({ afterMinutes: minutes, to: z.array(target), channels: z.array(channel).optional() })),
  repeat: z.int(),
  resolveOn: textOrNull,
});

/** Null stands for what a definition does not say. */
export function definitionView(
  shape: z.ZodObject,
  { name, fields, createdAt, updatedAt }: Definition,
  tenant: { readonly slug: string },
): Record<string, unknown> {
  return {
    ...Object.fromEntries(Object.keys(shape.shape).map((field) => [field, null])),
    ...{ name, tenant: tenant.slug, ...fields },
    ...{ createdAt: rfc3339(createdAt), updatedAt: rfc3339(updatedAt) },
  };
}
