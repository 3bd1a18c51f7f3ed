/** A bound on how long somebody is kept waiting for work that goes on regardless. */

import type { Clock } from './clock.ts';

/** Settles as `work` does or, when that takes longer than `limitMs`, rejects with what `late` makes. */
export function withDeadline<T>(
  work: Promise<T>,
  deadline: { clock: Pick<Clock, 'after'>; limitMs: number; late: () => Error },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = deadline.clock.after(deadline.limitMs, () => reject(deadline.late()));
    work.then(
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
