/**
 * Brings the attachments that a message names by URL, before it is handed to a provider. What was fetched is kept with the
 * message at once, so that it is asked for only once and every attempt sends the same bytes.
 */

import type { GuardedFetch } from '../../base/net/guarded-fetch.ts';
import { type Blobs, INLINE_BYTES } from '../../blobs/blobs.ts';
import type { Clock } from '../../core/clock.ts';
import { createLimiter } from '../../core/limiter.ts';
import type { Attachment, Bytes, Job, PendingAttachment } from '../../core/message.ts';
import type { AttemptReport, Outcome } from '../../core/outcome.ts';
import type { FetchedAttachment } from '../../db/verbs/content.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import { type FetchedFile, type FetchedOne, fetchOne } from './fetch-one.ts';
import type { AttachmentLimits } from './limits.ts';

export type Gathered =
  | { readonly kind: 'ready'; readonly job: Job }
  /** As an attempt that no provider heard of: it is settled like one. */
  | { readonly kind: 'failed'; readonly report: AttemptReport }
  /** IEP is stopping, the lease was lost, or others are being fetched and it waits for its turn. */
  | { readonly kind: 'held'; readonly until: number };

/** Rejects for a fault alone, such as a store that cannot keep what was fetched. */
export type Gather = (job: Job, signal: AbortSignal) => Promise<Gathered>;

export interface GatherDeps {
  readonly fetch: GuardedFetch;
  readonly store: StorePart<'content.keepAttachments'>;
  readonly blobs: Pick<Blobs, 'put'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly limitsOf: (tenantId: string) => Promise<AttachmentLimits>;
}

/**
 * Messages that are gathered at once, and those of one tenant among them: each holds up to all its attachments in memory and
 * a slot of the outbox, for as long as a server that somebody chose likes to take. The rest wait in the store.
 */
export const AT_ONCE = 10;
export const AT_ONCE_OF_TENANT = 5;
const TURN_WAIT_MS = 5_000;

export function createGather(deps: GatherDeps, options: { readonly timeoutMs: number }): Gather {
  const { fetch, store, blobs, clock } = deps;
  const gathering = createLimiter({ atOnce: AT_ONCE, ofOne: AT_ONCE_OF_TENANT });

  return async (job, signal) => {
    const { tenantId, attachmentUrls: pending = [] } = job.message;
    if (pending.length === 0) return { kind: 'ready', job };
    const leave = gathering.take(tenantId);
    if (leave === undefined) return { kind: 'held', until: clock.now() + TURN_WAIT_MS };
    try {
      return await gather(job, pending, signal);
    } finally {
      leave();
    }
  };

  async function gather(job: Job, pending: readonly PendingAttachment[], signal: AbortSignal): Promise<Gathered> {
    const { message } = job;
    const startedAt = clock.now();
    const limits = await deps.limitsOf(message.tenantId);
    const fetched: FetchedAttachment[] = [];
    let room = limits.maxTotalBytes - message.attachments.reduce((sum, { content }) => sum + content.size, 0);
    let failure: (FetchedOne & { kind: 'failed' }) | undefined;
    for (const one of pending) {
      const maxBytes = Math.max(0, Math.min(limits.maxBytes, room));
      const result = await fetchOne(fetch, one, { ...options, types: limits.types, maxBytes, signal });
      if (result.kind === 'failed') {
        failure = result;
        break;
      }
      fetched.push({ position: one.position, attachment: await keep(one, result.file) });
      room -= result.file.bytes.length;
    }

    const left = pending.slice(fetched.length);
    if (fetched.length > 0) {
      const { id: messageId, tenantId } = message;
      const isHeld = await store.content.keepAttachments({
        tenantId,
        messageId,
        fence: job.fence,
        fetched,
        pending: left,
      });
      if (!isHeld) return { kind: 'held', until: clock.now() };
    }
    if (failure === undefined) return { kind: 'ready', job: withAttachments(job, fetched) };
    if (signal.aborted) return { kind: 'held', until: clock.now() };
    return { kind: 'failed', report: reportOf(job, failure, { startedAt, endedAt: clock.now() }) };
  }

  async function keep({ contentId }: PendingAttachment, file: FetchedFile): Promise<Attachment> {
    const { filename, contentType, bytes } = file;
    const content: Bytes = bytes.length > INLINE_BYTES ? await blobs.put(bytes) : { bytes, size: bytes.length };
    return { filename, contentType, ...(contentId !== undefined && { contentId }), content };
  }
}

/** Each in its place; those that came with the message stand before. */
function withAttachments(job: Job, fetched: readonly FetchedAttachment[]): Job {
  const { attachmentUrls: _done, ...message } = job.message;
  const attachments = [...message.attachments, ...fetched.map(({ attachment }) => attachment)];
  return { ...job, message: { ...message, attachments } };
}

function reportOf(
  job: Job,
  { isFinal, reason }: FetchedOne & { kind: 'failed' },
  times: { readonly startedAt: number; readonly endedAt: number },
): AttemptReport {
  const reply = { text: reason };
  const outcome: Outcome = isFinal ? { kind: 'rejected', reply, bounce: 'content' } : { kind: 'deferred', reply };
  const open = job.recipients.filter(({ position }) => !job.suppressed.includes(position));
  return { provider: '', ...times, outcomes: new Map(open.map(({ position }) => [position, outcome])) };
}
