/** The store's contract about rate limits: they are exact over all connections and at any time. */

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messageOf } from '../../../test/jobs.ts';
import { systemClock } from '../../core/clock.ts';
import { createIds } from '../../core/ids.ts';
import { type RateLimit, rateWindowMs } from '../../core/rate-limit.ts';
import type { AcceptResult, NewMessage } from '../verbs/outbox.ts';
import type { Store } from '../verbs/store.ts';
import type { StoreHarness } from './store.suite.ts';

const NOW = 1_790_000_000_000;
const newId = createIds(systemClock);

/** `runs`: of the property; a store that is slow to open affords fewer. */
export function rateLimitSuite(name: string, createHarness: () => Promise<StoreHarness>, runs: number): void {
  describe(`rate limits: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    let acme: string;
    let globex: string;

    beforeEach(async () => {
      harness = await createHarness();
      store = await harness.open();
      [acme, globex] = [await addTenant('acme'), await addTenant('globex')];
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    const addTenant = async (slug: string) =>
      (await store.tenants.add({ id: newId(), slug, name: slug, settings: {}, now: NOW })).id;
    const minute = (count: number): RateLimit[] => [{ name: 'minute', count }];

    interface Submitting {
      readonly tenantId?: string;
      readonly count?: number;
      readonly now?: number;
      readonly rates?: readonly RateLimit[];
      readonly keys?: readonly string[];
      readonly via?: Store;
    }

    const submit = (input: Submitting): Promise<readonly AcceptResult[]> => {
      const { tenantId = acme, now = NOW, rates = minute(3), keys, count = keys?.length ?? 1, via = store } = input;
      const messages = Array.from({ length: count }, (_, at): NewMessage => {
        const message = messageOf({ id: newId(), tenantId, createdAt: now });
        const key = keys?.[at];
        const idempotency = key === undefined ? {} : { idempotencyKey: key, idempotencyHash: 'h' };
        return { message, recipients: [{ address: 'r@example.com', kind: 'to' }], ...idempotency };
      });
      return via.outbox.accept({ tenantId, messages, limits: { now, rates } });
    };
    const kinds = async (input: Submitting) => (await submit(input)).map(({ kind }) => kind).join(' ');

    it('let in what fits of a batch, in order, and answer the rest one by one', async () => {
      const answers = await submit({ count: 5 });
      expect(answers.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted', 'limited', 'limited']);
      expect(answers[4]).toMatchObject({ window: 'minute', count: 3, retryAfterMs: 61_000 - (NOW % 1000) });
      expect(answers[0]?.rates).toEqual([expect.objectContaining({ name: 'minute', count: 3, remaining: 0 })]);
      const { items } = await store.messages.list({ tenantId: acme, filter: {}, limit: 10 });
      expect(items).toHaveLength(3);
    });

    it('say how much is left', async () => {
      const [first] = await submit({ rates: [...minute(3), { name: 'day', count: 10 }] });
      expect(first?.rates).toMatchObject([
        { name: 'minute', remaining: 2 },
        { name: 'day', remaining: 9 },
      ]);
    });

    it('name the window that is full for longest', async () => {
      const rates: RateLimit[] = [
        { name: 'minute', count: 1 },
        { name: 'hour', count: 1 },
      ];
      await submit({ rates });
      const [answer] = await submit({ rates });
      expect(answer).toMatchObject({ kind: 'limited', window: 'hour' });
    });

    it('count neither what is refused nor what was there already', async () => {
      expect(await kinds({ keys: ['a', 'b'] })).toBe('accepted accepted');
      expect(await kinds({ keys: ['a', 'b', 'a', 'c'] })).toBe('duplicate duplicate duplicate accepted');
      expect(await kinds({ count: 50 })).toMatch(/^limited( limited)*$/);
      // Also where nothing fits any more.
      expect(await kinds({ keys: ['a', 'd'] })).toBe('duplicate limited');
      expect(await kinds({ now: NOW + 61_000, count: 4 })).toBe('accepted accepted accepted limited');
    });

    it('count nothing of a call that fails', async () => {
      const twin = messageOf({ id: newId(), tenantId: acme });
      const entry: NewMessage = { message: twin, recipients: [] };
      const limits = { now: NOW, rates: minute(3) };
      await expect(store.outbox.accept({ tenantId: acme, messages: [entry, entry], limits })).rejects.toThrow();
      expect(await kinds({ count: 4 })).toBe('accepted accepted accepted limited');
    });

    it('are each tenant’s own, and nothing to one that has none', async () => {
      await submit({ count: 3 });
      expect(await kinds({ tenantId: globex, count: 3 })).toBe('accepted accepted accepted');
      const message = messageOf({ id: newId(), tenantId: acme });
      const [answer] = await store.outbox.accept({ tenantId: acme, messages: [{ message, recipients: [] }] });
      expect(answer).not.toHaveProperty('rates');
    });

    it('go with their tenant', async () => {
      await submit({ count: 3 });
      await store.tenants.remove({ tenantId: acme, force: true, now: NOW });
      expect(await store.tenants.clear({ limit: 100 })).toEqual({ isDone: true });
      expect(await harness.problems()).toEqual([]);
    });

    it('survive a restart', async () => {
      await submit({ count: 2 });
      await store.close();
      store = await harness.reopen();
      expect(await kinds({ count: 2, now: NOW + 1000 })).toBe('accepted limited');
    });

    it('hold when the clock is set back, and not for ever', async () => {
      await submit({ count: 3 });
      const yesterday = NOW - rateWindowMs.day;
      expect(await kinds({ now: yesterday })).toBe('limited');
      expect(await kinds({ now: yesterday + 30_000 })).toBe('limited');
      expect(await kinds({ now: yesterday + 61_000 })).toBe('accepted');
    });

    it('are exact when many ask at once over two connections', async () => {
      const other = await harness.reopen();
      try {
        const answers = await Promise.all(
          Array.from({ length: 40 }, (_, n) => submit({ via: n % 2 === 0 ? store : other, rates: minute(25) })),
        );
        const accepted = answers.flat().filter(({ kind }) => kind === 'accepted');
        expect(accepted).toHaveLength(25);
      } finally {
        await other.close();
      }
    });

    it('never let more into any window, over two connections and restarts', async () => {
      const length = rateWindowMs.minute;
      const step = fc.record({
        afterMs: fc.integer({ min: 0, max: 40_000 }),
        count: fc.integer({ min: 1, max: 4 }),
        by: fc.constantFrom('first', 'second', 'first', 'second', 'restarted'),
      });
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 15 }), async (limit, steps) => {
          const tenantId = await addTenant(newId());
          let second = await harness.reopen();
          const taken: number[] = [];
          let now = NOW;
          try {
            for (const { afterMs, count, by } of steps) {
              now += afterMs;
              if (by === 'restarted') {
                await second.close();
                second = await harness.reopen();
              }
              const via = by === 'first' ? store : second;
              const answers = await submit({ tenantId, count, now, rates: minute(limit), via });
              for (const { kind } of answers) if (kind === 'accepted') taken.push(now);
            }
          } finally {
            await second.close();
          }
          for (const from of taken) {
            expect(taken.filter((at) => at >= from && at < from + length).length).toBeLessThanOrEqual(limit);
          }
        }),
        { numRuns: runs },
      );
    });
  });
}
