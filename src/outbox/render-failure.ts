/** A message whose template is at fault: permanent, for every recipient, and no provider hears of it. */

import type { Job } from '../core/message.ts';
import type { Settlement } from '../db/store.ts';
import { messageStatus } from './message-status.ts';

export function renderFailure({ job, reason, now }: { job: Job; reason: string; now: number }): Settlement {
  const text = `the content could not be rendered: ${reason}`;
  const recipients = job.recipients.map(({ position }) =>
    job.suppressed.includes(position)
      ? { position, status: 'suppressed' as const }
      : { position, status: 'failed' as const, reply: text },
  );
  return {
    tenantId: job.message.tenantId,
    messageId: job.message.id,
    fence: job.fence,
    at: now,
    status: messageStatus([...(job.settled ?? []), ...recipients.map(({ status }) => status)]),
    recipients,
    events: job.recipients.map(({ position, address }) =>
      job.suppressed.includes(position)
        ? { type: 'suppressed', at: now, recipient: address }
        : { type: 'failed', at: now, recipient: address, data: { reason: text } },
    ),
    lastError: text,
  };
}
