/** What people may do to a message as it is now: cancel it, try it again, give it another time, delete it. Each refusal says why. */

import { IepError } from '../../core/errors.ts';
import { openStatuses, type Status } from '../../core/message.ts';

export interface MessageState {
  readonly status: Status;
  readonly isDead: boolean;
}

export interface OutboxEntryState {
  /** Whether the message is in the outbox. */
  readonly isWaiting: boolean;
  readonly isUnderWay: boolean;
}

/** What is left of what the message was accepted with. */
export interface ContentState {
  /** Attachments, or the whole message, were removed after their retention. */
  readonly isRemoved: boolean;
  /** A damaged page took its content or its recipients. */
  readonly isLost: boolean;
}

const UNDER_WAY = 'An attempt is under way.';
const UNQUEUED = 'It is open, but the database lost its entry in the queue; `iep retry ID` puts it back.';
const REMOVED = 'Its attachments were removed after the time they are kept, so it cannot be sent again as it was.';
const LOST =
  'Its content or its recipients were lost with a damaged page of the database, so it cannot be sent again. Submit the mail anew, and delete this message.';

export function requireCancellable({ status, isWaiting, isUnderWay }: MessageState & OutboxEntryState): void {
  if (!isWaiting && openStatuses.includes(status)) throw new IepError('not_cancellable', UNQUEUED);
  if (!isWaiting) throw new IepError('not_cancellable', `The message has its outcome: ${status}.`);
  if (isUnderWay) throw new IepError('not_cancellable', UNDER_WAY);
}

export function mayBeCancelled({ isWaiting, isUnderWay }: OutboxEntryState): boolean {
  return isWaiting && !isUnderWay;
}

/** It may have been sent since its caller looked, or may still be. */
export function requireDead({ isDead, status }: MessageState): void {
  if (isDead) return;
  throw new IepError('conflict', `The message is not a dead letter: its status is ${status}.`, {
    extra: {
      hint: 'See `iep dead list`; other messages are shown with `iep explain` and tried again with `iep retry`.',
    },
  });
}

export function requireDeletable({ isWaiting }: Pick<OutboxEntryState, 'isWaiting'>): void {
  if (isWaiting) throw new IepError('conflict', 'The message is still open; cancel it first.');
}

/** Whether a retry may look at its recipients at all. */
export function mayBeRetried({ isUnderWay, ...content }: OutboxEntryState & ContentState): boolean {
  return !isUnderWay && whyNeverAgain(content) === undefined;
}

/**
 * What a retry does in the outbox once so many recipients are open, again or still: what waits is hurried, what has left enters, and so does what
 * a damaged page took out of it;
 * undefined where there is nothing to retry.
 */
export function retryStep({ isWaiting }: OutboxEntryState, open: number): 'hurry' | 'enter' | undefined {
  if (isWaiting) return 'hurry';
  return open > 0 ? 'enter' : undefined;
}

/** For a message that was not retried. */
export function notRetryable(content: ContentState): IepError {
  return new IepError('not_retryable', whyNeverAgain(content));
}

/** Why a message that failed can never be sent again as it was accepted. */
function whyNeverAgain({ isLost, isRemoved }: ContentState): string | undefined {
  if (isLost) return LOST;
  return isRemoved ? REMOVED : undefined;
}

/** Whether a message is still as it was when it was found among others. */
export function isAsFound(now: MessageState, found: { readonly status: Status; readonly dead: boolean }): boolean {
  return now.status === found.status && now.isDead === found.dead;
}

/** Another time for what waits for its own time; due at once where that time has come. */
export function newTime(
  { status, isScheduled, isUnderWay }: { status: Status; isScheduled: boolean; isUnderWay: boolean },
  { scheduledAt, now }: { readonly scheduledAt: number; readonly now: number },
): { readonly status: 'scheduled' | 'queued'; readonly dueAt: number } {
  if (isUnderWay) throw new IepError('not_reschedulable', UNDER_WAY);
  if (status !== 'scheduled' || !isScheduled) {
    throw new IepError('not_reschedulable', `The message is not scheduled any more: it is ${status}.`);
  }
  return scheduledAt > now ? { status: 'scheduled', dueAt: scheduledAt } : { status: 'queued', dueAt: now };
}
