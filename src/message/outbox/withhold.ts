/**
 * A message that is not to be delivered, because sending is off: nobody is mailed, nothing failed, and nothing is owed any
 * more. Its history says why, and `iep retry` sends it once sending is on.
 */

import type { Job } from '../../core/message.ts';
import { messageStatus } from '../../core/message-status.ts';
import type { Settlement } from '../../db/verbs/outbox.ts';

export function withhold({ job, reason, now }: { job: Job; reason: string; now: number }): Settlement {
  const onList = new Set(job.suppressed);
  const recipients = job.recipients.map(({ position }) => ({
    position,
    status: 'suppressed' as const,
    ...(!onList.has(position) && { reply: reason }),
  }));
  return {
    tenantId: job.message.tenantId,
    messageId: job.message.id,
    fence: job.fence,
    at: now,
    status: messageStatus([...(job.settled ?? []), ...recipients.map(({ status }) => status)]),
    recipients,
    events: job.recipients.map(({ position, address }) => ({
      type: 'suppressed',
      at: now,
      recipient: address,
      ...(!onList.has(position) && { data: { reason } }),
    })),
    lastError: reason,
  };
}
