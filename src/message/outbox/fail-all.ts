/** A message that is given up as it is, without an attempt: final for every recipient that was open. */

import type { Job } from '../../core/message.ts';
import { messageStatus } from '../../core/message-status.ts';
import type { NewEvent } from '../../db/verbs/events.ts';
import type { Settlement } from '../../db/verbs/outbox.ts';
import { burial } from './dead-letter.ts';

/** `dead`: somebody has to do something before it can be sent, so it is a dead letter. */
export function failAll({ job, reason, now, dead = false }: Failure): Settlement {
  const { message, attempts } = job;
  const recipients = job.recipients.map(({ position }) =>
    job.suppressed.includes(position)
      ? { position, status: 'suppressed' as const }
      : { position, status: 'failed' as const, reply: reason },
  );
  const ends = job.recipients.map(
    ({ position, address }): NewEvent =>
      job.suppressed.includes(position)
        ? { type: 'suppressed', at: now, recipient: address }
        : { type: 'failed', at: now, recipient: address, data: { reason } },
  );
  const buried = burial({ job, isGivenUp: dead, isOpen: false, now }, { attempts, reason });
  return {
    tenantId: message.tenantId,
    messageId: message.id,
    fence: job.fence,
    at: now,
    status: messageStatus([...(job.settled ?? []), ...recipients.map(({ status }) => status)]),
    recipients,
    events: [...ends, ...buried.events],
    ...buried.marks,
    lastError: reason,
  };
}

interface Failure {
  readonly job: Job;
  readonly reason: string;
  readonly now: number;
  readonly dead?: boolean;
}
