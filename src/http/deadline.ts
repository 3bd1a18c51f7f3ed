/** The wait of a request for something that may be stuck, and what it says when that took too long. */

import type { Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { IepError } from '../core/errors.ts';

export async function within<T>(input: {
  promise: Promise<T>;
  clock: Pick<Clock, 'after'>;
  waitMs: number;
  /** Gives up what has not begun; then the work rejects at once and says so. */
  giveUp?: () => void;
}): Promise<T> {
  const { promise, clock, waitMs, giveUp } = input;
  // Made when it is needed: an error costs more than the rest of a small request.
  let late: IepError | undefined;
  const makeLate = () => {
    late = stuck(waitMs);
    return late;
  };
  try {
    return await withDeadline(promise, { clock, limitMs: waitMs, late: makeLate });
  } catch (error) {
    if (error !== late) throw error;
    giveUp?.();
    const given = new Promise<never>((_, reject) => setImmediate(() => reject(late)));
    return Promise.race([promise, given]);
  }
}

/** The table's hint says that nothing was accepted; here nobody knows. */
function stuck(waitMs: number): IepError {
  return new IepError('store_unavailable', `The store did not answer within ${waitMs / 1000} s`, {
    retryAfterMs: 10_000,
    extra: {
      hint: 'It may still be done. Ask again with the same idempotency key; if it lasts, the operator should look at the disk with `iep doctor`.',
    },
  });
}
