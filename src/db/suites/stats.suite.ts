/** The contract of the counts of messages over time: what a recount would say, whatever happened to the messages. */

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IepError } from '../../core/errors.ts';
import type { Status } from '../../core/message.ts';
import type { Store } from '../verbs/store.ts';
import type { StoreHarness } from './store.suite.ts';
import { MINUTE, NOW, newMessage, openWithTenants } from './suite.testing.ts';

const HOUR = 60 * MINUTE;
const HOURS = 4;
const SPAN = { from: NOW, until: NOW + HOURS * HOUR };
/** When all that was accepted is due. */
const LATE = NOW + 1_000 * HOUR;

const steps = [
  ...(['accept', 'schedule', 'cancel', 'retry', 'reschedule', 'delivered', 'bounced', 'complained'] as const),
  ...(['settle as sent', 'settle as failed', 'settle as bounced', 'settle as queued'] as const),
];
type Step = (typeof steps)[number];

export function statsSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`counts of messages: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    let tenants: readonly string[];
    let accepted: { readonly tenantId: string; readonly messageId: string }[];

    beforeEach(async () => {
      const opened = await openWithTenants(createHarness);
      ({ harness, store } = opened);
      tenants = [opened.acme.id, opened.globex.id];
      accepted = [];
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    async function accept(tenantId: string, hours: number, scheduledAt?: number): Promise<string> {
      const more = { createdAt: NOW + hours * HOUR, ...(scheduledAt !== undefined && { scheduledAt }) };
      const entry = newMessage(tenantId, more);
      await store.outbox.accept({ tenantId, messages: [entry] });
      accepted.push({ tenantId, messageId: entry.message.id });
      return entry.message.id;
    }

    async function settle(status: Status): Promise<void> {
      const request = { owner: 'a', now: LATE, leaseMs: MINUTE, limit: 1, skipTenants: [] };
      for (const { message, fence } of (await store.outbox.claim(request)).jobs) {
        await store.outbox.settle({
          ...{ tenantId: message.tenantId, messageId: message.id, fence, at: NOW, status, events: [] },
          recipients: [{ position: 0, status }],
          attempts: [{ provider: 'relay', startedAt: NOW, endedAt: NOW, outcome: 'delivered', counted: true }],
          ...(status === 'queued' && { dueAt: LATE }),
          ...(status === 'failed' && { dead: true }),
        });
      }
    }

    async function take(step: Step, { pick, hours }: { pick: number; hours: number }): Promise<unknown> {
      const tenantId = tenants[pick % tenants.length] ?? '';
      if (step === 'accept') return accept(tenantId, hours);
      if (step === 'schedule') return accept(tenantId, hours, LATE);
      if (step.startsWith('settle as ')) return settle(step.slice('settle as '.length) as Status);
      const one = accepted[pick % accepted.length];
      if (one === undefined) return undefined;
      switch (step) {
        case 'cancel':
        case 'retry':
          return store.messages[step]({ ...one, now: NOW });
        case 'reschedule':
          return store.messages.reschedule({ ...one, now: NOW, scheduledAt: NOW + hours * HOUR });
        default: {
          const kind = step as 'delivered' | 'bounced' | 'complained';
          const data = kind === 'bounced' ? { class: 'hard' } : {};
          const told = { kind, at: NOW, recipient: 'to@x.example', data, about: { messageId: one.messageId } };
          return store.feedback.record({ door: 'import', feedback: [told], now: NOW });
        }
      }
    }

    async function counted() {
      const { buckets, byStatus, total } = await store.messages.stats({ ...SPAN, bucket: 'hour' });
      return { buckets, byStatus, total };
    }

    async function recounted() {
      const { items } = await store.messages.list({ filter: {}, limit: 100_000 });
      const byHour = Map.groupBy(items, ({ createdAt }) => Math.floor(createdAt / HOUR) * HOUR);
      const counts = (rows: typeof items) =>
        Object.fromEntries(
          [...Map.groupBy(rows, ({ status }) => status)].map(([status, some]) => [status, some.length]),
        );
      const buckets = [...byHour].sort(([one], [other]) => one - other);
      return {
        buckets: buckets.map(([at, rows]) => ({ at, byStatus: counts(rows) })),
        byStatus: counts(items),
        total: items.length,
      };
    }

    it('are those of a recount, whatever happened', async () => {
      const happening = fc.record({
        step: fc.constantFrom(...steps),
        pick: fc.nat(),
        hours: fc.integer({ min: 0, max: HOURS - 1 }),
      });
      const seen = new Set<string>();
      await fc.assert(
        fc.asyncProperty(fc.array(happening, { minLength: 20, maxLength: 60 }), async (happenings) => {
          for (const { step, ...how } of happenings) {
            await take(step, how).catch((error) => {
              if (!(error instanceof IepError)) throw error;
            });
          }
          const recount = await recounted();
          for (const status of Object.keys(recount.byStatus)) seen.add(status);
          expect(await counted()).toEqual(recount);
        }),
        { numRuns: 20 },
      );
      for (const status of ['scheduled', 'queued', 'sent', 'delivered', 'failed', 'bounced', 'complained', 'cancelled'])
        expect(seen).toContain(status);
    });

    it('outlive the messages, until they are forgotten, and count days', async () => {
      const [acme = ''] = tenants;
      const messageId = await accept(acme, 1);
      await settle('sent');
      await store.messages.remove({ tenantId: acme, messageId });
      const day = await store.messages.stats({ ...SPAN, bucket: 'day', tenantId: acme });
      expect(day.buckets).toEqual([{ at: Math.floor((NOW + HOUR) / (24 * HOUR)) * 24 * HOUR, byStatus: { sent: 1 } }]);
      expect(await store.messages.stats({ ...SPAN, bucket: 'day', tenantId: tenants[1] ?? '' })).toMatchObject({
        total: 0,
      });
      expect(await store.tallies.sweep({ tenantId: acme, before: NOW + HOUR, limit: 100 })).toBe(1);
      expect(await counted()).toMatchObject({ total: 1 });
      await store.tallies.sweep({ tenantId: acme, before: NOW + 2 * HOUR, limit: 100 });
      expect(await counted()).toMatchObject({ total: 0, buckets: [] });
    });
  });
}
