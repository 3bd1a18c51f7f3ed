/**
 * The body of a post (seed 001 §14), made anew for each try from what the event log has. Nothing of it changes once the
 * event is written, so every try of one version of IEP sends the same bytes; what waits stays small.
 */

import type { Json } from '../core/message.ts';
import type { WebhookContent } from '../db/verbs/webhooks.ts';
import { webhookName } from './event-name.ts';

export function payloadOf({ event, to, subject, provider, attempts }: WebhookContent): string {
  const { messageId, tenantId, sequence, type, at, recipient, data, marks = {} } = event;
  const { attempt: _, ...rest } = data;
  const told: Record<string, Json> = {
    ...rest,
    to: [...to],
    subject,
    provider: provider ?? null,
    attempts,
    tags: [...(marks.tags ?? [])],
    category: marks.category ?? null,
    groupId: marks.groupId ?? null,
    idempotencyKey: marks.idempotencyKey ?? null,
    metadata: marks.metadata ?? null,
    ...(recipient !== undefined && { recipient }),
  };
  return JSON.stringify({
    event: webhookName(type),
    messageId,
    tenantId,
    timestamp: new Date(at).toISOString(),
    sequence,
    data: told,
  });
}
