/** The contract of the counters: each recipient once, under its tenant and provider, in the hour in which IEP heard of it. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Message, Status } from '../../core/message.ts';
import { emptyTally, hourOf, MAX_CATEGORIES, OTHER_NAMES } from '../../core/tally.ts';
import type { NewFeedback } from '../verbs/feedback.ts';
import type { Store } from '../verbs/store.ts';
import type { StoreHarness } from './store.suite.ts';
import { MINUTE, NOW, newId, openWithTenants, takeMessage } from './suite.testing.ts';

const HOUR = 60 * MINUTE;
const TO_NOW = { from: NOW, until: NOW + 1 };

export function tallySuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`tallies: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    let acme: string;
    let globex: string;

    beforeEach(async () => {
      const opened = await openWithTenants(createHarness);
      ({ harness, store } = opened);
      acme = opened.acme.id;
      globex = opened.globex.id;
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    /** Sent through the last of `providers`, with these statuses of its recipients. */
    async function send(
      tenantId: string,
      recipients: { readonly [address: string]: Status },
      {
        providers = ['relay'],
        ...more
      }: {
        readonly providers?: readonly string[];
        readonly category?: string;
        readonly content?: Message['content'];
      } = {},
    ) {
      const { message, fence } = await takeMessage(store, { tenantId, to: Object.keys(recipients), more });
      await store.outbox.settle({
        ...{ tenantId, messageId: message.id, fence, at: NOW, status: 'sent', events: [] },
        recipients: Object.values(recipients).map((status, position) => ({ position, status })),
        attempts: providers.map((provider) => ({
          ...{ provider, startedAt: NOW, endedAt: NOW, outcome: 'delivered', counted: true },
        })),
      });
      return message.id;
    }

    const told = (messageId: string, recipient: string, more: Partial<NewFeedback>): NewFeedback => ({
      ...{ kind: 'delivered', at: NOW, recipient, data: {}, about: { messageId }, ...more },
    });

    it('keep categories apart, the first of an hour each by itself and the others together', async () => {
      const name = (at: number) => `category ${String(at).padStart(2, '0')}`;
      for (let at = 0; at <= MAX_CATEGORIES; at += 1)
        await send(acme, { 'a@x.example': 'sent' }, { category: name(at) });
      for (const category of [name(3), name(MAX_CATEGORIES), undefined])
        await send(acme, { 'a@x.example': 'sent' }, { ...(category !== undefined && { category }) });
      const series = await store.tallies.series({ ...TO_NOW, bucket: 'hour', by: 'category' });
      expect(series).toHaveLength(MAX_CATEGORIES + 2);
      const of = (category: string) => series.find(({ name: one }) => one === category)?.tally.recipients;
      expect([OTHER_NAMES, name(3), name(4), ''].map(of)).toEqual([2, 2, 1, 1]);
      expect(of(name(MAX_CATEGORIES))).toBeUndefined();
      const [other] = await store.tallies.series({ ...TO_NOW, bucket: 'hour', category: name(3) });
      expect(other).toMatchObject({ name: '', tally: { recipients: 2 } });
    });

    it('keep templates apart, what is heard of their recipients later too', async () => {
      const made = (name: string) => ({ content: { kind: 'parts' as const, template: { name, version: 1 } } });
      const id = await send(acme, { 'a@x.example': 'sent' }, made('welcome'));
      await send(acme, { 'a@x.example': 'sent', 'b@x.example': 'bounced' }, made('invoice'));
      await send(acme, { 'a@x.example': 'sent' });
      await store.feedback.record({ door: 'import', feedback: [told(id, 'a@x.example', {})], now: NOW });
      const at = await store.hits.record({
        hits: [{ kind: 'opened', messageId: id, position: 0, at: NOW, userAgent: 'Thunderbird' }],
        now: NOW,
      });
      expect(at).toMatchObject([{ isKept: true }]);
      expect(await store.tallies.series({ ...TO_NOW, bucket: 'hour', by: 'template' })).toMatchObject([
        { name: '', tally: { recipients: 1 } },
        { name: 'invoice', tally: { recipients: 2, bounced: 1, delivered: 0 } },
        { name: 'welcome', tally: { recipients: 1, bounced: 0, delivered: 1 } },
      ]);
      expect(await store.tallies.series({ ...TO_NOW, bucket: 'hour', template: 'welcome' })).toMatchObject([
        { name: '', tally: { recipients: 1, delivered: 1 } },
      ]);
      expect(await store.tallies.series({ ...TO_NOW, bucket: 'hour', by: 'template', tenantId: globex })).toEqual([]);
    });

    it('over time, divided by tenant, provider and category', async () => {
      const id = await send(acme, { 'a@x.example': 'sent' }, { providers: ['vendor'], category: 'c' });
      await send(globex, { 'a@x.example': 'sent' });
      await store.feedback.record({ door: 'import', feedback: [told(id, 'a@x.example', {})], now: NOW + HOUR });
      const span = { from: NOW, until: NOW + HOUR + 1 };
      const at = hourOf(NOW) * HOUR;
      expect(await store.tallies.series({ ...span, bucket: 'hour', by: 'category', tenantId: acme })).toEqual([
        { name: 'c', at, tally: { ...emptyTally, recipients: 1 } },
        { name: 'c', at: at + HOUR, tally: { ...emptyTally, delivered: 1 } },
      ]);
      const day = Math.floor(NOW / (24 * HOUR)) * 24 * HOUR;
      const sums = { recipients: 1, delivered: 1 };
      expect(await store.tallies.series({ ...span, bucket: 'day', by: 'tenant' })).toMatchObject([
        { name: acme, at: day, tally: sums },
        { name: globex, tally: { recipients: 1, delivered: 0 } },
      ]);
      expect(await store.tallies.series({ ...span, bucket: 'day', by: 'provider' })).toMatchObject([
        { name: 'relay', tally: { recipients: 1 } },
        { name: 'vendor', tally: sums },
      ]);
      expect(await store.tallies.series({ ...span, bucket: 'day', provider: 'vendor' })).toMatchObject([
        { tally: sums },
      ]);
      expect(await store.tallies.series({ ...span, bucket: 'day' })).toMatchObject([
        { name: '', tally: { recipients: 2, delivered: 1 } },
      ]);
    });

    it('count what was sent and what a provider turned away', async () => {
      await send(acme, { 'a@x.example': 'sent', 'b@x.example': 'bounced', 'c@x.example': 'suppressed' });
      await send(acme, { 'a@x.example': 'sent' }, { providers: ['spare'] });
      await send(acme, { 'a@x.example': 'failed' });
      expect(await store.tallies.list(TO_NOW)).toEqual([
        { tenantId: acme, provider: 'relay', tally: { ...emptyTally, recipients: 2, bounced: 1 } },
        { tenantId: acme, provider: 'spare', tally: { ...emptyTally, recipients: 1 } },
      ]);
    });

    it('count a recipient once, however often it is told', async () => {
      const id = await send(acme, { 'a@x.example': 'sent', 'b@x.example': 'sent', 'c@x.example': 'bounced' });
      const all = [
        ...[1, 2, 3].map((at) => told(id, 'a@x.example', { kind: 'opened', at })),
        told(id, 'A@X.EXAMPLE', { kind: 'opened', at: 4 }),
        told(id, 'b@x.example', { kind: 'opened', data: { actor: 'machine' } }),
        told(id, 'a@x.example', {}),
        told(id, 'b@x.example', {}),
        told(id, 'b@x.example', { kind: 'complained' }),
        told(id, 'b@x.example', { kind: 'bounced', data: { class: 'soft' } }),
        told(id, 'c@x.example', { kind: 'bounced', data: { class: 'hard' } }),
        told(id, 'a@x.example', { kind: 'clicked' }),
        told(newId(), 'a@x.example', { kind: 'clicked' }),
      ];
      await store.feedback.record({ door: 'import', feedback: all, now: NOW });
      await store.feedback.record({ door: 'import', feedback: all, now: NOW + HOUR });
      const counts = { recipients: 3, delivered: 2, bounced: 1, complained: 1, opened: 1, clicked: 1 };
      const tally = { ...counts, openedByMachine: 1, clickedByMachine: 0 };
      expect(await store.tallies.list({ from: NOW, until: NOW + 2 * HOUR })).toEqual([
        { tenantId: acme, provider: 'relay', tally },
      ]);
    });

    it('count under the provider that tells it', async () => {
      const id = await send(acme, { 'a@x.example': 'sent' }, { providers: ['vendor', 'relay'] });
      await store.feedback.record({
        door: 'import',
        feedback: [told(id, 'a@x.example', { provider: 'vendor' })],
        now: NOW,
      });
      expect(await store.tallies.list(TO_NOW)).toMatchObject([
        { provider: 'relay', tally: { recipients: 1, delivered: 0 } },
        { provider: 'vendor', tally: { recipients: 0, delivered: 1 } },
      ]);
    });

    it('keep tenants apart', async () => {
      await send(acme, { 'a@x.example': 'sent' });
      await send(globex, { 'a@x.example': 'bounced' });
      expect(await store.tallies.list({ ...TO_NOW, tenantId: globex })).toMatchObject([
        { tenantId: globex, tally: { recipients: 1, bounced: 1 } },
      ]);
      expect(await store.tallies.list(TO_NOW)).toHaveLength(2);
    });

    it('count in the hour in which it was heard of, and outlive the message', async () => {
      const id = await send(acme, { 'a@x.example': 'sent' });
      await store.feedback.record({ door: 'import', feedback: [told(id, 'a@x.example', {})], now: NOW + HOUR });
      await store.content.expireMessages({ tenantId: acme, before: NOW + 9 * HOUR, limit: 10 });
      const of = async (from: number, until: number) =>
        (await store.tallies.list({ from, until })).map(({ tally }) => tally);
      expect(await of(NOW, NOW + 1)).toEqual([{ ...emptyTally, recipients: 1 }]);
      expect(await of(NOW + HOUR, NOW + HOUR + 1)).toEqual([{ ...emptyTally, delivered: 1 }]);
      expect(await of(NOW - 1000 * HOUR, NOW + 1000 * HOUR)).toEqual([{ ...emptyTally, recipients: 1, delivered: 1 }]);
      expect(await of(NOW - 2 * HOUR, NOW - HOUR)).toEqual([]);
    });

    it('count what limits refused, by tenant and limit', async () => {
      const limited = { tenantId: acme, limit: 'rateLimited' as const };
      await store.tallies.refuse({ refused: [{ ...limited, count: 3 }], now: NOW });
      await store.tallies.refuse({
        refused: [
          { ...limited, count: 2 },
          { tenantId: globex, limit: 'tooLarge', count: 1 },
          { tenantId: newId(), limit: 'tooLarge', count: 1 },
        ],
        now: NOW + HOUR,
      });
      const both = { from: NOW, until: NOW + HOUR + 1 };
      expect(await store.tallies.refused(TO_NOW)).toEqual([{ ...limited, count: 3 }]);
      expect(await store.tallies.refused(both)).toEqual([
        { ...limited, count: 5 },
        { tenantId: globex, limit: 'tooLarge', count: 1 },
      ]);
      expect(await store.tallies.refused({ tenantId: globex, ...both })).toHaveLength(1);
      expect(await store.tallies.sweep({ tenantId: acme, before: NOW + HOUR, limit: 100 })).toBe(1);
      expect(await store.tallies.refused({ tenantId: acme, ...both })).toEqual([{ ...limited, count: 2 }]);
    });

    it('are forgotten in time, and with their tenant', async () => {
      const id = await send(acme, { 'a@x.example': 'sent' });
      await store.feedback.record({ door: 'import', feedback: [told(id, 'a@x.example', {})], now: NOW + HOUR });
      expect(await store.tallies.sweep({ tenantId: globex, before: NOW + 9 * HOUR, limit: 10 })).toBe(0);
      expect(await store.tallies.sweep({ tenantId: acme, before: NOW + HOUR, limit: 10 })).toBeGreaterThan(0);
      expect(await store.tallies.list({ from: 0, until: NOW + 9 * HOUR })).toMatchObject([{ tally: { delivered: 1 } }]);
      await store.tenants.remove({ tenantId: acme, force: true, now: NOW });
      expect(await store.tallies.list({ from: 0, until: NOW + 9 * HOUR })).toEqual([]);
      while (!(await store.tenants.clear({ limit: 1 })).isDone);
    });
  });
}
