/** Ends the wait for something that may be stuck. What was waited for goes on, and how it ends is no longer heard. */

import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';

export function within<T>(input: { promise: Promise<T>; clock: Pick<Clock, 'after'>; waitMs: number }): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = input.clock.after(input.waitMs, () => reject(stuck(input.waitMs)));
    input.promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
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
