/**
 * Mail is read for people in a thread of its own, which can be ended: what a stranger wrote takes no time of anybody who waits for
 * the store or a delivery. One message after another, tenants in turn; what takes too long is given up.
 */

import type { Worker } from 'node:worker_threads';
import type { Clock } from '../../core/clock.ts';
import { IepError } from '../../core/errors.ts';
import { createLimiter } from '../../core/limiter.ts';
import type { Ask, Looked } from './look.ts';
import type { FromPreview, ToPreview } from './preview-thread.ts';

export interface Preview {
  /** Refuses with `preview_failed` what takes too long or too much memory, and with `preview_busy` where too many wait. */
  look(tenantId: string, bytes: Uint8Array, ask: Ask): Promise<Looked>;
  close(): Promise<void>;
}

/** The largest mail takes a second or two; a machine that is busy with other things takes longer. */
const TIME_MS = 20_000;
const IDLE_MS = 60_000;
const WAITING = { atOnce: 100, ofOne: 20 };

export function createPreview({
  start,
  clock,
}: {
  readonly start: () => Worker;
  readonly clock: Pick<Clock, 'after'>;
}): Preview {
  const limiter = createLimiter({ atOnce: 1, waiting: WAITING, tooMany: () => new IepError('preview_busy') });
  let thread: Worker | undefined;
  /** What the thread is at; one at a time. */
  let job: { settle(then: (waiting: PromiseWithResolvers<Looked>) => void): void } | undefined;
  let cancelEnd: () => void = () => undefined;
  let isClosed = false;

  function end(): Promise<unknown> | undefined {
    const ended = thread;
    thread = undefined;
    return ended?.terminate();
  }

  function fail(error: Error): void {
    void end();
    job?.settle(({ reject }) => reject(error));
  }

  function startThread(): Worker {
    const started = start();
    started.unref();
    started.on('message', (answer: FromPreview) => job?.settle(({ resolve }) => resolve(answer)));
    started.on('error', (error: Error & { code?: string }) => {
      if (thread !== started) return;
      const isFull = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      fail(isFull ? new IepError('preview_failed', 'Reading it takes more memory than there is for it') : error);
    });
    started.on(
      'exit',
      () => thread === started && fail(new IepError('preview_failed', 'The thread that reads it has ended')),
    );
    return started;
  }

  function ask(wanted: ToPreview): Promise<Looked> {
    if (isClosed) throw new IepError('shutting_down');
    cancelEnd();
    const waiting = Promise.withResolvers<Looked>();
    const late = () => fail(new IepError('preview_failed', `Reading it takes more than ${TIME_MS / 1_000} s`));
    const cancelLate = clock.after(TIME_MS, late);
    job = {
      settle(then) {
        job = undefined;
        cancelLate();
        cancelEnd = clock.after(IDLE_MS, () => void end());
        then(waiting);
      },
    };
    thread ??= startThread();
    thread.postMessage(wanted);
    return waiting.promise;
  }

  return {
    look: (tenantId, bytes, wanted) => limiter.pass(tenantId, () => ask({ bytes, ask: wanted })),
    async close() {
      isClosed = true;
      const ended = end();
      job?.settle(({ reject }) => reject(new IepError('shutting_down')));
      cancelEnd();
      await ended;
    },
  };
}
