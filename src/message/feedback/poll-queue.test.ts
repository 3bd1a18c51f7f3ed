/** What becomes of fetched events: on disk first, then out of the queue; and of a queue or a store that fails. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import type { FeedbackDoor, NewFeedback } from '../../db/verbs/feedback.ts';
import type { EventQueue, FetchedEvents } from '../providers/event-queue.ts';
import type { VendorFeedback } from '../providers/inbound.ts';
import { pollQueue, type QueuePolling } from './poll-queue.ts';

const told: VendorFeedback = { kind: 'delivered', at: 1, data: {}, about: {} };
const nothing = { feedback: [], unknown: 0, remove: async () => undefined };

let clock: ReturnType<typeof createManualClock>;
let polling: QueuePolling;
let order: string[];
let recorded: (NewFeedback & { readonly door: FeedbackDoor })[];
let waits: number[];
let isFull: boolean;
/** Answers a question of the queue; questions wait for it. */
let asked: PromiseWithResolvers<FetchedEvents>[];
let heard: PromiseWithResolvers<void>;

beforeEach(() => {
  clock = createManualClock();
  [order, recorded, waits, asked, isFull] = [[], [], [], [], false];
  heard = Promise.withResolvers();
  const queue: EventQueue = {
    where: 'queue',
    receive(signal) {
      const one = Promise.withResolvers<FetchedEvents>();
      signal.addEventListener('abort', () => one.reject(new Error('broken off')));
      asked.push(one);
      heard.resolve();
      heard = Promise.withResolvers();
      return one.promise;
    },
    close: () => void order.push('closed'),
  };
  polling = pollQueue(
    {
      clock,
      store: {
        feedback: {
          async record({ feedback, door }) {
            if (isFull) throw new Error('the disk is full');
            recorded.push(...feedback.map((one) => ({ ...one, door })));
            order.push('on disk');
            return feedback.map(() => ({ isNew: true }));
          },
          recordOnce: () => Promise.reject(new Error('it has no token')),
        },
      },
      metrics: { feedbackEvent: ({ kind }) => void order.push(`counted ${kind}`), feedbackUnmatched: () => undefined },
      onFailed: (_error, waitMs) => void waits.push(waitMs),
      onBack: () => void order.push('back'),
    },
    { name: 'ses', queue },
  );
});
afterEach(() => polling.stop());

/** Until the queue has been asked that often. */
async function questions(count: number): Promise<void> {
  while (asked.length < count) await heard.promise;
}

it('takes events out of the queue once they are on disk, under the name of the provider and of their door', async () => {
  await questions(1);
  asked[0]?.resolve({ feedback: [told], unknown: 1, remove: async () => void order.push('removed') });
  await questions(2);
  expect(order).toEqual(['on disk', 'counted delivered', 'counted unknown', 'removed']);
  expect(recorded).toMatchObject([{ kind: 'delivered', provider: 'ses', door: 'queue' }]);
});

it('leaves them there where the store cannot take them', async () => {
  isFull = true;
  await questions(1);
  asked[0]?.resolve({ feedback: [told], unknown: 0, remove: async () => void order.push('removed') });
  await expect.poll(() => waits).toEqual([1_000]);
  isFull = false;
  await clock.advance(1_000);
  await questions(2);
  expect(order).toEqual([]);
});

it('asks a queue that fails again after longer and longer, thirty seconds at most, and says once that it is back', async () => {
  for (let times = 1; times <= 7; times += 1) {
    await questions(times);
    asked.at(-1)?.reject(new Error('no'));
    await expect.poll(() => waits).toHaveLength(times);
    await clock.advance(waits.at(-1) ?? 0);
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  await questions(8);
  asked.at(-1)?.resolve({ ...nothing, unknown: 1 });
  await questions(9);
  expect(order).toEqual(['counted unknown', 'back']);
  asked.at(-1)?.reject(new Error('no'));
  await expect.poll(() => waits.at(-1)).toBe(1_000);
});

it('does not ask without end a queue that lets nobody wait', async () => {
  await questions(1);
  asked[0]?.resolve(nothing);
  await expect.poll(() => clock.timers).toBe(1);
  expect(asked).toHaveLength(1);
  await clock.advance(1_000);
  await questions(2);
});

it('stops while it waits, and after what was fetched is on disk', async () => {
  await questions(1);
  const gate = Promise.withResolvers<void>();
  asked[0]?.resolve({ feedback: [told], unknown: 0, remove: () => gate.promise });
  await expect.poll(() => order).toContain('on disk');
  let hasStopped = false;
  const stopped = polling.stop().then(() => {
    hasStopped = true;
  });
  expect(hasStopped).toBe(false);
  gate.resolve();
  await stopped;
  expect(order.at(-1)).toBe('closed');
  expect(asked).toHaveLength(1);
});
