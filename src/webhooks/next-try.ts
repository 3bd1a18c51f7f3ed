/** The next try of a post: a pure function from what came back to how the claim ends. */

import { backoff, type Schedule } from '../base/queue/backoff.ts';
import { QUICK_MS } from '../base/queue/quick.ts';
import type { WebhookJob, WebhookSettlement } from '../db/verbs/webhooks.ts';
import type { Posted } from './post.ts';

/** The longest that an endpoint may ask us to wait. */
export const MAX_RETRY_AFTER_MS = 24 * 3_600_000;
const OFF_AFTER_MS = 5 * 24 * 3_600_000;
const GONE = 410;

export function nextTry(input: {
  readonly job: WebhookJob;
  readonly posted: Posted;
  readonly schedule: Schedule;
  readonly now: number;
  readonly random: () => number;
}): WebhookSettlement {
  const { job, posted, schedule, now, random } = input;
  const { attempt } = posted;
  const { status } = attempt;
  const delivered = status !== undefined && status >= 200 && status < 300;
  const ending = {
    deliveryId: job.deliveryId,
    fence: job.fence,
    at: now,
    attempt,
    lastAnswer: status === undefined ? (attempt.error ?? '') : String(status),
    delivered,
    quick: delivered && attempt.durationMs <= QUICK_MS,
    offAfterMs: OFF_AFTER_MS,
  };
  if (delivered) return ending;
  if (status === GONE) return { ...ending, offReason: 'it answered 410 Gone' };

  const tries = job.tries + 1;
  const asked = Math.min(posted.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  const isLast = tries > schedule.scheduleSeconds.length;
  return {
    ...ending,
    ...(!isLast && { dueAt: now + Math.max(backoff(schedule, { tries, random }), asked) }),
    ...(asked > 0 && { waitUntil: now + asked }),
  };
}
