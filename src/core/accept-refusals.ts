/** Why the store does not take a message in, as its caller hears it. */

import { IepError } from './errors.ts';
import type { RateState } from './rate-limit.ts';

/** A limit of the tenant is used up; one message fits after `retryAfterMs`. */
export function overLimit(limit: {
  readonly window: string;
  readonly count: number;
  readonly retryAfterMs: number;
  readonly rates?: readonly RateState[] | undefined;
}): IepError {
  const { window, count, retryAfterMs, rates } = limit;
  const messages = count === 1 ? 'one message' : `${count} messages`;
  return new IepError('rate_limited', `This tenant may submit ${messages} in any ${window}`, {
    retryAfterMs,
    ...(rates !== undefined && { rates }),
  });
}

/** The idempotency key came before, with a different payload. */
export function keyReused(messageId: string): IepError {
  return new IepError('idempotency_key_reused', `The key belongs to message ${messageId}`, { extra: { messageId } });
}

/** The idempotency key came before, for the same: what is stored beside the message would be of one that is not there. */
export function keyTaken(messageId: string): IepError {
  return new IepError('conflict', `The idempotency key is that of message ${messageId} already`);
}
