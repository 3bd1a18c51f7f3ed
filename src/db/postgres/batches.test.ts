/** Group commit, over connections that are made up: what becomes of the calls of a transaction that failed. */

import { expect, it } from 'vitest';
import { createBatches } from './batches.ts';
import type { ConnectionPool } from './connection-pool.ts';
import type { Engine, VerbCall } from './engine.ts';
import { OutcomeUnknown } from './refusal.ts';

const calls: readonly VerbCall[] = [1, 2, 3].map((input) => ({ verb: 'outbox.release', input }));

/** Each transaction of several calls fails like this; one that is alone is done, or refused by itself. */
function failingWith(error: unknown) {
  const alone: unknown[] = [];
  const pool: ConnectionPool = {
    use: async (work) => work({ together: () => Promise.reject(error) } as unknown as Engine),
    close: async () => undefined,
  };
  const doAlone = async ({ input }: VerbCall) => {
    alone.push(input);
    if (input === 2) throw new Error('its own fault');
    return input;
  };
  return { batches: createBatches(pool, doAlone, () => undefined), alone };
}

it('lets each call show by itself whose fault it was that nothing was kept', async () => {
  const { batches, alone } = failingWith(new Error('one of them cannot be done'));
  const answers = await Promise.allSettled(calls.map((call) => batches.run(call)));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(alone).toEqual([1, 2, 3]);
});

it('does nothing again that may have been kept', async () => {
  const { batches, alone } = failingWith(new OutcomeUnknown(new Error('Connection terminated')));
  const answers = await Promise.allSettled(calls.map((call) => batches.run(call)));
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(alone).toEqual([]);
});
