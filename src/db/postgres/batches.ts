/** Group commit: shared verbs that come while others are being committed wait, and make up the next transaction together. */

import { IepError } from '../../core/errors.ts';
import { givenUp } from '../rules/given-up.ts';
import type { ConnectionPool } from './connection-pool.ts';
import type { Engine, VerbCall } from './engine.ts';
import { OutcomeUnknown } from './refusal.ts';

export interface Batches {
  run(call: VerbCall, signal?: AbortSignal): Promise<unknown>;
  /** Resolves once nothing is under way. */
  settled(): Promise<void>;
}

interface Waiting {
  readonly call: VerbCall;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A store this far behind is stuck; more is refused rather than held in memory. */
const MAX_WAITING = 20_000;
/** Calls in one transaction, and what they may weigh together: its events have numbers of 13 bits. */
const MAX_CALLS = 200;
const MAX_WEIGHT = 2_000;
/** Transactions under way: while one waits for the disk the next is written. */
const FLIGHTS = 2;

/** `alone` runs a call in a transaction of its own, where its neighbours' failed. */
export function createBatches(
  pool: ConnectionPool,
  alone: (call: VerbCall) => Promise<unknown>,
  committed: (operations: number, durationMs: number) => void,
): Batches {
  const waiting: Waiting[] = [];
  let flights = 0;
  let isScheduled = false;
  const idle: (() => void)[] = [];

  return {
    run(call, signal) {
      if (signal?.aborted) return Promise.reject(givenUp());
      if (waiting.length >= MAX_WAITING) {
        return Promise.reject(new IepError('store_unavailable', `${MAX_WAITING} operations wait for the database.`));
      }
      return new Promise((resolve, reject) => {
        waiting.push({ call, signal, resolve, reject });
        schedule();
      });
    },
    settled: () => (flights === 0 && waiting.length === 0 ? Promise.resolve() : new Promise((done) => idle.push(done))),
  };

  function schedule(): void {
    if (isScheduled || flights >= FLIGHTS || waiting.length === 0) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      const batch = nextBatch();
      if (batch.length > 0) void fly(batch);
      schedule();
    });
  }

  function nextBatch(): readonly Waiting[] {
    const batch: Waiting[] = [];
    let weight = 0;
    while (batch.length < MAX_CALLS) {
      const next = waiting[0];
      if (next === undefined) break;
      const more = weightOf(next.call.input);
      if (batch.length > 0 && weight + more > MAX_WEIGHT) break;
      weight += more;
      waiting.shift();
      if (next.signal?.aborted) next.reject(givenUp());
      else batch.push(next);
    }
    return batch;
  }

  async function fly(batch: readonly Waiting[]): Promise<void> {
    flights += 1;
    const start = performance.now();
    try {
      const answers = await pool.use((engine: Engine) => engine.together(batch.map(({ call }) => call)));
      committed(batch.length, performance.now() - start);
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index]);
    } catch (error) {
      // What may have been kept is done by nobody again; where nothing was, each shows by itself whose fault it was.
      if (error instanceof OutcomeUnknown) for (const { reject } of batch) reject(error);
      else for (const { call, resolve, reject } of batch) await alone(call).then(resolve, reject);
    } finally {
      flights -= 1;
      schedule();
      if (flights === 0 && waiting.length === 0) for (const done of idle.splice(0)) done();
    }
  }
}

/** Messages that are accepted, recipients that are settled; each may add an event or a few. */
function weightOf(input: unknown): number {
  if (typeof input !== 'object' || input === null) return 1;
  const { messages, recipients, events } = input as { [name: string]: unknown };
  const lengths = [messages, recipients, events].map((list) => (Array.isArray(list) ? list.length : 0));
  return 1 + lengths.reduce((sum, length) => sum + length, 0);
}
