/** Seed 004's JSON: snake_case, as its tables spell it. */

import * as z from 'zod';
import type { Status } from '../../core/message.ts';
import { rfc3339, rfc3339OrNull } from '../../core/rfc3339.ts';
import type { MessageDetail } from '../../db/verbs/messages.ts';
import type { ChannelTest } from '../../manage/channels.ts';
import { time, timeOrNull } from '../shapes.ts';

export const opsStatuses = ['pending', 'sent', 'delivered', 'failed', 'cancelled'] as const;
export type OpsStatus = (typeof opsStatuses)[number];

/** What each stands for of the statuses of a message. */
export const messageStatuses: Readonly<Record<OpsStatus, readonly Status[]>> = {
  pending: ['scheduled', 'queued', 'processing'],
  sent: ['sent'],
  delivered: ['delivered', 'complained'],
  failed: ['failed', 'bounced', 'suppressed'],
  cancelled: ['cancelled'],
};

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

export function opsNotificationView({
  message,
  body,
}: {
  message: MessageDetail;
  body: string;
}): z.output<typeof opsNotificationShape> {
  const { id, to, category = '', metadata = {}, attempts, lastError, sentAt, createdAt } = message;
  const status = statusOf(message.status);
  // That of a template is the template's own.
  const { job_run_id: run, subject = message.subject } = metadata;
  const error = message.status === 'suppressed' ? 'the address is on the suppression list' : lastError;
  return {
    ...{ id, recipient_email: to[0] ?? '', subject: String(subject), body, notification_type: category, status },
    job_run_id: typeof run === 'string' || typeof run === 'number' ? run : null,
    error_message: status === 'failed' || status === 'pending' ? (error ?? null) : null,
    ...{ retry_count: Math.max(0, attempts - 1), sent_at: rfc3339OrNull(sentAt), created_at: rfc3339(createdAt) },
  };
}

function statusOf(status: Status): OpsStatus {
  return opsStatuses.find((one) => messageStatuses[one].includes(status)) ?? 'pending';
}

export function opsTestView({ outcome, reason, messageId }: ChannelTest): z.output<typeof opsTestShape> {
  const success = outcome === 'delivered' || outcome === 'queued';
  return { success, message: reason ?? (messageId === undefined ? outcome : `queued as ${messageId}`) };
}
