/**
 * A message that is not to be delivered, because sending is off: nobody is mailed, nothing failed, and nothing is owed any
 * more. Its history says why, and `iep retry` sends it once sending is on.
 */

import type { Job } from '../../core/message.ts';
import { messageStatus } from '../../core/message-status.ts';
import type { NewEvent } from '../../db/verbs/events.ts';
import type { Settlement } from '../../db/verbs/outbox.ts';
import { burial } from './dead-letter.ts';

export function withhold({ job, reason, now }: { job: Job; reason: string; now: number }): Settlement {
  const onList = new Set(job.suppressed);
  const recipients = job.recipients.map(({ position }) => ({
    position,
    status: 'suppressed' as const,
    ...(!onList.has(position) && { reply: reason }),
  }));
  const ends = job.recipients.map(
    ({ position, address }): NewEvent => ({
      type: 'suppressed',
      at: now,
      recipient: address,
      ...(!onList.has(position) && { data: { reason } }),
    }),
  );
  const buried = burial({ job, isGivenUp: false, isOpen: false, now }, { attempts: job.attempts });
  return {
    tenantId: job.message.tenantId,
    messageId: job.message.id,
    fence: job.fence,
    at: now,
    status: messageStatus([...(job.settled ?? []), ...recipients.map(({ status }) => status)]),
    recipients,
    events: [...ends, ...buried.events],
    ...buried.marks,
    lastError: reason,
  };
}
