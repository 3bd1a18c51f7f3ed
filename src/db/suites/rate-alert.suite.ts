/** The contract of alerts: told in the commit that makes a rate too high, once until it is below its limit again. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Status } from '../../core/message.ts';
import type { TenantSettings } from '../../core/tenant-settings.ts';
import type { NewFeedback } from '../verbs/feedback.ts';
import type { Store } from '../verbs/store.ts';
import type { StoreHarness } from './store.suite.ts';
import { DAY, MINUTE, NOW, newId, openWithTenants, takeMessage } from './suite.testing.ts';

export function rateAlertSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`alerts of rates: ${name}`, () => {
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

    const set = (settings: TenantSettings) => store.tenants.set({ tenantId: acme, settings, now: NOW });

    interface Sent {
      readonly id: string;
      readonly addresses: readonly string[];
    }

    /** One message to so many, the first `bounced` of whom a provider turns away. */
    async function send(count: number, { tenantId = acme, bounced = 0, now = NOW } = {}): Promise<Sent> {
      const addresses = Array.from({ length: count }, (_, at) => `r${at}@x.example`);
      const { message, fence, recipients } = await takeMessage(store, { tenantId, to: addresses, now });
      await store.outbox.settle({
        ...{ tenantId, messageId: message.id, fence, at: now, status: 'sent', events: [] },
        recipients: recipients.map(({ position }): { position: number; status: Status } => ({
          position,
          status: position < bounced ? 'bounced' : 'sent',
        })),
        attempts: [{ provider: 'relay', startedAt: now, endedAt: now, outcome: 'delivered', counted: true }],
      });
      return { id: message.id, addresses };
    }

    /** The recipients from one position to another complain, or bounce. */
    const tell = ({ id, addresses }: Sent, kind: 'complained' | 'bounced', [from, to]: [number, number], now = NOW) =>
      store.feedback.record({
        door: 'import',
        feedback: addresses.slice(from, to).map(
          (recipient): NewFeedback => ({
            ...{ kind, at: now, recipient, about: { messageId: id } },
            data: kind === 'bounced' ? { class: 'hard' } : {},
          }),
        ),
        now,
      });

    const alerts = async (tenantId = acme) =>
      (await store.events.after({ tenantId, limit: 10_000 })).events.filter(({ type }) => type.startsWith('tenant.'));

    it('are told with what the rate is made of', async () => {
      const sent = await send(40);
      await tell(sent, 'bounced', [0, 1]);
      expect(await alerts()).toEqual([]);
      await tell(sent, 'bounced', [1, 3]);
      expect(await alerts()).toMatchObject([
        {
          ...{ type: 'tenant.bounce_rate', tenantId: acme, at: NOW, sequence: 1 },
          subject: { kind: 'tenant', id: acme },
          data: { rate: 0.075, limit: 0.05, bounced: 3, recipients: 40, paused: false },
        },
      ]);
      const [alert] = await alerts();
      expect(alert).not.toHaveProperty('messageId');
    });

    it('are told once while the rate is too high, also after a restart', async () => {
      const sent = await send(40);
      await tell(sent, 'complained', [0, 2]);
      await tell(sent, 'complained', [2, 4]);
      await tell(sent, 'complained', [0, 4]);
      await store.close();
      store = await harness.reopen();
      await tell(sent, 'complained', [4, 6]);
      expect((await alerts()).map(({ type }) => type)).toEqual(['tenant.complaint_rate']);
    });

    it('are told again once the rate was below its limit', async () => {
      const sent = await send(40);
      await tell(sent, 'bounced', [0, 2]);
      await send(20);
      await tell(sent, 'bounced', [2, 3]);
      // 3 of 60 are at the limit again, but 2 of 60 were below it before.
      expect((await alerts()).map(({ sequence, data }) => [sequence, data.recipients])).toEqual([
        [1, 40],
        [2, 60],
      ]);
    });

    it('are told of what a provider turns away at once', async () => {
      await send(40, { bounced: 2 });
      expect(await alerts()).toMatchObject([{ type: 'tenant.bounce_rate', data: { bounced: 2, recipients: 40 } }]);
    });

    it('mean nothing of a few, and go back to a thousand messages', async () => {
      const few = await send(19);
      await tell(few, 'bounced', [0, 19]);
      expect(await alerts()).toEqual([]);
      const later = NOW + 2 * DAY;
      const sent = await send(20, { now: later });
      await tell(sent, 'bounced', [0, 1], later);
      expect(await alerts()).toMatchObject([{ data: { bounced: 20, recipients: 39 } }]);
      expect(await alerts(globex)).toEqual([]);
    });

    it('hold to the limits of the tenant', async () => {
      await set({ bounceRateAlert: 0.5, complaintRateAlert: 0.2 });
      const sent = await send(40);
      await tell(sent, 'bounced', [0, 19]);
      await tell(sent, 'complained', [20, 27]);
      expect(await alerts()).toEqual([]);
      await tell(sent, 'complained', [27, 28]);
      expect(await alerts()).toMatchObject([{ type: 'tenant.complaint_rate', data: { rate: 0.2, limit: 0.2 } }]);
    });

    it('pause the tenant where it wishes so, and say why until it is resumed', async () => {
      const tenant = async () => (await store.tenants.list()).find(({ id }) => id === acme);
      await set({ pauseOnComplaintRate: true });
      const sent = await send(40);
      await tell(sent, 'bounced', [0, 9]);
      expect(await tenant()).toMatchObject({ paused: false });
      await tell(sent, 'complained', [10, 12]);
      expect(await tenant()).toMatchObject({
        ...{ paused: true, pausedReason: '2 of 40 recipients complained, and its complaintRateAlert is 0.001' },
      });
      expect((await alerts()).map(({ data }) => data.paused)).toEqual([false, true]);
      await store.outbox.pause({ tenantId: acme, paused: false, now: NOW });
      expect(await tenant()).not.toHaveProperty('pausedReason');
      // The alert stands: who resumes it knows of it.
      await tell(sent, 'complained', [12, 13]);
      expect(await tenant()).toMatchObject({ paused: false });
    });

    it('leave a tenant alone that somebody paused', async () => {
      await set({ pauseOnComplaintRate: true });
      const sent = await send(40);
      await store.outbox.pause({ tenantId: acme, paused: true, now: NOW });
      await tell(sent, 'complained', [0, 2]);
      expect(await alerts()).toMatchObject([{ data: { paused: false } }]);
      expect((await store.tenants.list()).find(({ id }) => id === acme)).not.toHaveProperty('pausedReason');
    });

    it('are seen by their tenant and the operator alone, and posted to their endpoints', async () => {
      const hook = (tenantId: string, events: ['*'] | ['tenant.bounce_rate']) =>
        store.webhooks.add({ id: newId(), tenantId, url: 'https://x.example', events, secret: 's', max: 9, now: NOW });
      await hook(acme, ['tenant.bounce_rate']);
      await hook(globex, ['*']);
      const sent = await send(40);
      await tell(sent, 'bounced', [0, 2]);
      expect((await store.events.after({ limit: 1_000 })).events.filter(({ subject }) => subject)).toHaveLength(1);
      expect((await store.events.after({ tenantId: globex, limit: 1_000 })).events).toEqual([]);
      await store.webhooks.fanOut({ limit: 1_000, now: NOW });
      const limits = { limit: 9, maxPerEndpoint: 9, maxPerTenant: 9, maxDoubtful: 9 };
      const { jobs } = await store.webhooks.claim({ owner: 'a', now: NOW, leaseMs: MINUTE, ...limits });
      expect(jobs).toMatchObject([
        { endpoint: { tenantId: acme }, content: { event: { type: 'tenant.bounce_rate', data: { bounced: 2 } } } },
      ]);
      expect(jobs[0]?.content).not.toHaveProperty('mail');
    });

    it('are listed until they were told on', async () => {
      await tell(await send(40), 'bounced', [0, 2]);
      await tell(await send(40, { tenantId: globex }), 'complained', [0, 2]);
      const raised = await store.tallies.raisedAlerts({ limit: 9 });
      expect(raised.map(({ tenant, event }) => [tenant, event.type])).toEqual([
        ['acme', 'tenant.bounce_rate'],
        ['globex', 'tenant.complaint_rate'],
      ]);
      await store.tallies.alertsTold({ position: raised[0]?.event.position ?? '' });
      expect((await store.tallies.raisedAlerts({ limit: 9 })).map(({ tenant }) => tenant)).toEqual(['globex']);
    });

    it('show as rates of tenants that have any', async () => {
      await send(40, { tenantId: globex });
      expect(await store.tallies.rates({ now: NOW })).toEqual([]);
      await tell(await send(40), 'bounced', [0, 4]);
      const rates = [
        { rate: 'bounced', value: 0.1, isTooHigh: true },
        { rate: 'complained', value: 0, isTooHigh: false },
      ];
      expect(await store.tallies.rates({ now: NOW })).toEqual([{ tenantId: acme, rates }]);
      await send(60);
      expect(await store.tallies.rates({ now: NOW })).toMatchObject([
        { rates: [{ value: 0.04, isTooHigh: false }, {}] },
      ]);
    });

    it('are kept as long as messages are', async () => {
      await tell(await send(40), 'bounced', [0, 2]);
      await store.webhooks.add({
        ...{ id: newId(), tenantId: acme, url: 'https://x.example', events: ['*'], secret: 's', max: 9, now: NOW },
      });
      await store.content.expireMessages({ tenantId: acme, before: NOW, limit: 10 });
      expect(await alerts()).toHaveLength(1);
      await store.content.expireMessages({ tenantId: acme, before: NOW + 1, limit: 10 });
      expect(await alerts()).toEqual([]);
    });
  });
}
