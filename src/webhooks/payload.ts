/**
 * The body of a post (seed 001 §14), made anew for each try from what the event log has. Nothing of it changes once the
 * event is written, so every try of one version of IEP sends the same bytes; what waits stays small.
 */

import type { Json, LoggedEvent } from '../core/message.ts';
import type { WebhookContent, WebhookMail } from '../db/verbs/webhooks.ts';
import { webhookName } from './event-name.ts';

export function payloadOf({ event, mail }: WebhookContent): string {
  const { messageId = null, tenantId, subject, sequence, type, at, data } = event;
  return JSON.stringify({
    event: webhookName(type),
    messageId,
    tenantId,
    ...(subject !== undefined && { subject }),
    timestamp: new Date(at).toISOString(),
    sequence,
    data: mail === undefined ? data : toldOf(event, mail),
  });
}

function toldOf({ data, marks = {}, recipient }: LoggedEvent, mail: WebhookMail): Record<string, Json> {
  const { to, subject, provider, attempts } = mail;
  const { attempt: _, ...rest } = data;
  return {
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
}
