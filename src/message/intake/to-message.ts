/** What is fixed when a submission is accepted, once and for all attempts. */

import { domainOf } from '../../core/address.ts';
import type { Content, Message, Submission } from '../../core/message.ts';

export interface Fixed {
  readonly id: string;
  readonly tenantId: string;
  /** Epoch ms. */
  readonly now: number;
  readonly maxAttempts: number;
  readonly tracking?: Message['tracking'] | undefined;
}

/** The message that is stored. A time that has passed is not a schedule. */
export function toMessage(submission: Submission, fixed: Fixed): Message {
  const {
    from,
    replyTo,
    category,
    metadata,
    scheduledAt,
    groupId,
    provider,
    traceparent,
    unsubscribe,
    subscriber,
    acknowledgeUrl,
  } = submission;
  const { id, tenantId, now, maxAttempts, tracking } = fixed;
  const { attachments = [], attachmentUrls = [] } = submission;
  return {
    id,
    tenantId,
    createdAt: now,
    door: submission.door,
    from,
    envelopeFrom: submission.envelopeFrom ?? from.email,
    to: submission.to,
    cc: submission.cc ?? [],
    ...(replyTo !== undefined && { replyTo }),
    subject: submission.subject,
    messageIdHeader: submission.messageIdHeader ?? `<${id}@${domainOf(from.email)}>`,
    content: contentOf(submission),
    attachments,
    ...(attachmentUrls.length > 0 && {
      attachmentUrls: attachmentUrls.map((one, index) => ({ ...one, position: attachments.length + index })),
    }),
    ...(category !== undefined && { category }),
    tags: submission.tags ?? [],
    ...(metadata && { metadata }),
    lane: submission.lane ?? 'normal',
    ...(scheduledAt !== undefined && scheduledAt > now && { scheduledAt }),
    ...(groupId !== undefined && { groupId }),
    ...(provider !== undefined && { provider }),
    maxAttempts,
    ...(traceparent !== undefined && { traceparent }),
    ...(unsubscribe && { unsubscribe }),
    ...(subscriber !== undefined && { subscriber }),
    ...(acknowledgeUrl !== undefined && { acknowledgeUrl }),
    ...(tracking !== undefined && { tracking }),
  };
}

function contentOf({ content, addedHeaders = [] }: Submission): Content {
  if (content.kind === 'raw' || addedHeaders.length === 0) return content;
  return { ...content, headers: [...(content.headers ?? []), ...addedHeaders] };
}
