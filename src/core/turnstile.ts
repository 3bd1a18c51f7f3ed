/**
 * Lets few through at once, and the sources in turn: someone who queues many expensive checks waits behind himself, not
 * in front of others. The queue is bounded; past that the answer is a refusal at once.
 */

import { IepError } from './errors.ts';

export interface Turnstile {
  /** Runs `work` when it is its turn. Refuses with `rate_limited` when too many already wait. */
  pass<T>(source: string, work: () => Promise<T>): Promise<T>;
}

export interface TurnstileOptions {
  readonly atOnce: number;
  /** Waiting of all sources together, and of any one. */
  readonly maxWaiting: number;
  readonly maxWaitingPerSource: number;
  /** What the refusal says. */
  readonly tooMany: string;
}

export function createTurnstile(options: TurnstileOptions): Turnstile {
  /** In turn: a source that was served goes to the end. Sources with nobody waiting are not here. */
  const waiting = new Map<string, (() => void)[]>();
  let waitingCount = 0;
  let running = 0;

  function enqueue(source: string): Promise<void> {
    const queue = waiting.get(source) ?? [];
    if (waitingCount >= options.maxWaiting || queue.length >= options.maxWaitingPerSource) {
      throw new IepError('rate_limited', options.tooMany, { retryAfterMs: 1_000 });
    }
    return new Promise((resolve) => {
      queue.push(resolve);
      waiting.set(source, queue);
      waitingCount += 1;
    });
  }

  /** Hands the turn to the next source, which keeps `running` as it is; or gives it back. */
  function leave(): void {
    const [next] = waiting;
    if (next === undefined) {
      running -= 1;
      return;
    }
    const [source, queue] = next;
    const resume = queue.shift();
    waiting.delete(source);
    if (queue.length > 0) waiting.set(source, queue);
    waitingCount -= 1;
    resume?.();
  }

  return {
    async pass(source, work) {
      if (running < options.atOnce) running += 1;
      else await enqueue(source);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
