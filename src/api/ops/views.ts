/** Seed 004's JSON: snake_case, as its tables spell it. */

import * as z from 'zod';
import { rfc3339, rfc3339OrNull } from '../../core/rfc3339.ts';
import type { ChannelTest } from '../../manage/channels.ts';
import { type OpsShown, opsStatuses } from '../../manage/ops-notifications.ts';
import { time, timeOrNull } from '../shapes.ts';

export const opsNotificationShape = z.strictObject({
  id: z.string(),
  recipient_email: z.string(),
  subject: z.string(),
  body: z.string(),
  notification_type: z.string(),
  status: z.enum(opsStatuses),
  job_run_id: z.union([z.string(), z.number()]).nullable(),
  error_message: z.string().nullable(),
  retry_count: z.int().describe('Tries after the first'),
  sent_at: timeOrNull,
  created_at: time,
});

export const opsListShape = z.strictObject({
  notifications: z.array(opsNotificationShape),
  total: z.int().describe('Up to 5,000'),
});

export const opsTestShape = z.strictObject({ success: z.boolean(), message: z.string() });

export function opsNotificationView(shown: OpsShown): z.output<typeof opsNotificationShape> {
  const { id, recipientEmail, subject, body, type, status, jobRunId, error, retries, sentAt, createdAt } = shown;
  return {
    ...{ id, recipient_email: recipientEmail, subject, body, notification_type: type, status },
    ...{ job_run_id: jobRunId ?? null, error_message: error ?? null, retry_count: retries },
    ...{ sent_at: rfc3339OrNull(sentAt), created_at: rfc3339(createdAt) },
  };
}

export function opsTestView({ outcome, reason, messageId }: ChannelTest): z.output<typeof opsTestShape> {
  const success = outcome === 'delivered' || outcome === 'queued';
  return { success, message: reason ?? (messageId === undefined ? outcome : `queued as ${messageId}`) };
}
