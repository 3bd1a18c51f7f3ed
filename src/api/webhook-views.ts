/** Webhooks as the API shows them: the shapes that are documented, and what fills them. Never a secret. */

import * as z from 'zod';
import { rfc3339, rfc3339OrNull } from '../core/rfc3339.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import {
  deliveryStatuses,
  type WebhookAttempt,
  type WebhookDelivery,
  type WebhookDeliveryDetail,
  type WebhookEndpoint,
} from '../db/verbs/webhooks.ts';
import { webhookName } from '../webhooks/event-name.ts';
import { payloadOf } from '../webhooks/payload.ts';
import type { Posted } from '../webhooks/post.ts';
import { slug, textOrNull, time, timeOrNull } from './shapes.ts';

export const webhookShape = z.strictObject({
  id: z.string(),
  tenant: slug,
  url: z.string(),
  events: z.array(z.string()).describe('`message.<event>`; `*` is all of them'),
  description: textOrNull,
  active: z.boolean(),
  disabledReason: textOrNull,
  disabledAt: timeOrNull,
  failingSince: timeOrNull.describe('Since when nothing but failures came back'),
  previousSecretUntil: timeOrNull.describe('How long the secret before still signs too'),
  createdAt: time,
  updatedAt: time,
});

export const newWebhookShape = webhookShape.extend({ secret: z.string().describe('Shown this once') });

const attemptShape = z.strictObject({
  startedAt: time,
  durationMs: z.number(),
  request: z.strictObject({ headers: z.record(z.string(), z.string()), body: z.string() }),
  status: z.int().nullable().describe('Of the answer; null when there was none'),
  answer: textOrNull.describe('The beginning of its body'),
  error: textOrNull.describe('Why there was no answer'),
});

export const deliveryShape = z.strictObject({
  id: z.string().describe('The `webhook-id` of every try'),
  webhookId: z.string(),
  messageId: textOrNull.describe('Null where its event is about no message'),
  event: z.string(),
  sequence: z.int(),
  status: z.enum(deliveryStatuses),
  attempts: z.int(),
  lastAnswer: textOrNull,
  nextAttemptAt: timeOrNull,
  createdAt: time,
  updatedAt: time,
});

export const deliveryDetailShape = deliveryShape.extend({
  body: z.string(),
  attemptLog: z.array(attemptShape.extend({ number: z.int() })),
});

export const testedShape = attemptShape.extend({ ok: z.boolean().describe('Whether the answer was 2xx') });

export const replayedShape = z.strictObject({
  matched: z.int(),
  dryRun: z.boolean(),
  cursor: textOrNull.describe('Ask again with it for what follows; null at the end'),
});

export function webhookView(endpoint: WebhookEndpoint, { slug }: Pick<Tenant, 'slug'>): z.output<typeof webhookShape> {
  return {
    id: endpoint.id,
    tenant: slug,
    url: endpoint.url,
    events: endpoint.events.map((type) => (type === '*' ? type : webhookName(type))),
    description: endpoint.description ?? null,
    active: endpoint.active,
    disabledReason: endpoint.off?.reason ?? null,
    disabledAt: rfc3339OrNull(endpoint.off?.at),
    failingSince: rfc3339OrNull(endpoint.failingSince),
    previousSecretUntil: rfc3339OrNull(endpoint.previous?.until),
    createdAt: rfc3339(endpoint.createdAt),
    updatedAt: rfc3339(endpoint.updatedAt),
  };
}

export function deliveryView(delivery: WebhookDelivery): z.output<typeof deliveryShape> {
  return {
    id: delivery.id,
    webhookId: delivery.webhookId,
    messageId: delivery.messageId ?? null,
    event: webhookName(delivery.event),
    sequence: delivery.sequence,
    status: delivery.status,
    attempts: delivery.attempts,
    lastAnswer: delivery.lastAnswer ?? null,
    nextAttemptAt: rfc3339OrNull(delivery.nextAttemptAt),
    createdAt: rfc3339(delivery.createdAt),
    updatedAt: rfc3339(delivery.updatedAt),
  };
}

export function deliveryDetailView(delivery: WebhookDeliveryDetail): z.output<typeof deliveryDetailShape> {
  const body = payloadOf(delivery.content);
  return {
    ...deliveryView(delivery),
    body,
    attemptLog: delivery.attemptLog.map((attempt) => ({ number: attempt.number, ...attemptView(attempt, body) })),
  };
}

export function testedView({ attempt }: Posted, body: string): z.output<typeof testedShape> {
  const { status } = attempt;
  return { ok: status !== undefined && status >= 200 && status < 300, ...attemptView(attempt, body) };
}

function attemptView(attempt: WebhookAttempt, body: string): z.output<typeof attemptShape> {
  return {
    startedAt: rfc3339(attempt.startedAt),
    durationMs: attempt.durationMs,
    request: { headers: { ...attempt.request }, body },
    status: attempt.status ?? null,
    answer: attempt.answer ?? null,
    error: attempt.error ?? null,
  };
}
