/**
 * Fetches what a vendor tells out of a queue, over and over: what was fetched is on disk before it leaves the queue. A queue that
 * cannot be asked, or a store that cannot take it, is tried again after longer and longer.
 */

import type { Clock } from '../../core/clock.ts';
import { pause } from '../../core/pause.ts';
import type { EventQueue } from '../providers/event-queue.ts';
import type { Provider } from '../providers/provider.ts';
import { type RecordDeps, record } from './record.ts';

export interface QueuePolling {
  /** Breaks off the waiting. Resolves when what was fetched is on disk and out of the queue, or is left in it. */
  stop(): Promise<void>;
}

export interface PollDeps extends RecordDeps {
  readonly clock: Clock;
  /** It failed, `inARow` times together; it is tried again after `waitMs`. */
  onFailed(error: unknown, waitMs: number, inARow: number): void;
  /** It works after it had failed. */
  onBack(): void;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** After a question that gave nothing: a queue that lets nobody wait is not asked without end. */
const EMPTY_WAIT_MS = 1_000;

export function pollQueue(
  deps: PollDeps,
  { name, formerNames, queue }: Pick<Provider, 'name' | 'formerNames'> & { readonly queue: EventQueue },
): QueuePolling {
  const { clock, metrics } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;

  /** Whether there was something. */
  async function fetchSome(): Promise<boolean> {
    const { feedback, unknown, remove } = await queue.receive(signal);
    const told = feedback.map((one) => ({ ...one, provider: name, ...(formerNames && { formerNames }) }));
    await record(deps, { door: 'queue', feedback: told });
    for (let count = 0; count < unknown; count += 1) metrics.feedbackEvent({ provider: name, kind: 'unknown' });
    await remove();
    return feedback.length + unknown > 0;
  }

  async function run(): Promise<void> {
    let inARow = 0;
    while (!signal.aborted) {
      try {
        const isBusy = await fetchSome();
        if (inARow > 0) deps.onBack();
        inARow = 0;
        if (!isBusy) await pause(EMPTY_WAIT_MS, { clock, signal });
      } catch (error) {
        if (signal.aborted) break;
        const waitMs = Math.min(FIRST_WAIT_MS * 2 ** inARow, LONGEST_WAIT_MS);
        inARow += 1;
        deps.onFailed(error, waitMs, inARow);
        await pause(waitMs, { clock, signal });
      }
    }
    queue.close();
  }

  const running = run();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}
