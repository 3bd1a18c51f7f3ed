/**
 * What a message becomes after a fault. Pure. Content that is gone or damaged makes it a dead letter at once, because no waiting brings
 * it back; so does a fault after a provider took it, because nobody should get it again and again. Anything else is tried
 * again, later each time, until the message is old.
 */

import { backoff } from '../../base/queue/backoff.ts';
import { ContentLost } from '../../core/content-lost.ts';
import { IepError, isStoreOut } from '../../core/errors.ts';
import type { Job, LoggedEvent, Message } from '../../core/message.ts';
import type { AttemptReport, Outcome } from '../../core/outcome.ts';
import type { Settlement } from '../../db/verbs/outbox.ts';
import { isOld } from '../delivery/age.ts';
import { failAll } from './fail-all.ts';
import type { Policy } from './next-state.ts';

export function afterFault(input: {
  readonly job: Job;
  readonly error: unknown;
  /** What the providers had said before; it could not be written down. */
  readonly reports: readonly AttemptReport[];
  /** Faults of this message before this one. */
  readonly faults: number;
  readonly policy: Omit<Policy, 'unknown'>;
  readonly now: number;
  readonly random: () => number;
}): Settlement {
  const { job, error, reports, faults, policy, now, random } = input;
  const { message } = job;
  const retry = `\`iep retry ${message.id}\``;
  const lost = causesOf(error).find((one) => one instanceof ContentLost);
  if (lost) {
    const reason = `${contentOf(message, lost.blob)} is ${lost.how} (blob ${lost.blob}); ${retry} sends it once it is restored`;
    return failAll({ job, now, dead: true, reason });
  }
  const taker = reports.find(({ outcomes }) => [...outcomes.values()].some(mayBeSent))?.provider;
  if (taker !== undefined) {
    const reason = `${taker} was given it, and what came of that could not be written down; ${retry} may send it a second time`;
    return failAll({ job, now, dead: true, reason });
  }
  const reason = reasonOf(error);
  if (isOld(message, { now, maxAgeMs: policy.maxAgeMs })) {
    const late = `${reason}; it is older than retry.maxAgeHours, so only ${retry} tries it again, once that is mended`;
    return failAll({ job, now, dead: true, reason: late });
  }
  const dueAt = now + backoff(policy, { tries: faults + 1, random });
  const data = { fault: true, reason, nextAttemptAt: new Date(dueAt).toISOString() };
  return {
    tenantId: message.tenantId,
    messageId: message.id,
    fence: job.fence,
    at: now,
    status: 'queued',
    recipients: [],
    events: [{ type: 'delivery_delayed', at: now, data }],
    dueAt,
    lastError: reason,
  };
}

/** Faults since the message was last put into the queue. */
export function faultsIn(events: readonly Pick<LoggedEvent, 'type' | 'data'>[]): number {
  const begun = events.findLastIndex(({ type }) => type === 'queued');
  return events.slice(begun + 1).filter(({ data }) => data.fault === true).length;
}

/** The store, or what keeps large content, fails everybody for the moment: that says nothing of this message. */
export function isOutage(error: unknown): boolean {
  return causesOf(error).some(isStoreOut);
}

function mayBeSent({ kind }: Outcome): boolean {
  return kind === 'delivered' || kind === 'unknown';
}

/** What was thrown, then why. */
function causesOf(error: unknown): readonly unknown[] {
  return error instanceof Error && error.cause !== undefined ? [error, ...causesOf(error.cause)] : [error];
}

/** A message that came in whole may lie in a blob as well as its attachments. */
function contentOf({ attachments }: Message, blob: string): string {
  const attachment = attachments.find(({ content }) => 'blob' in content && content.blob === blob);
  return attachment ? `its attachment ${attachment.filename}` : 'its content';
}

/** A refusal is written to be read; what else is thrown may hold what a tenant must not see, and is in the log. */
function reasonOf(error: unknown): string {
  const refusal = causesOf(error).find((one) => one instanceof IepError);
  if (refusal) return `it could not be handed over: ${refusal.message}`;
  const name = error instanceof Error ? error.name : typeof error;
  return `it could not be handed over, for a fault inside IEP (${name}) that the log of the daemon tells of`;
}
