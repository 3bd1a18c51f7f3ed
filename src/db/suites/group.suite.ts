/** The contract of groups: their numbers, which cost the same for any size, and their recipients page by page. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Status } from '../../core/message.ts';
import type { NewFeedback } from '../verbs/feedback.ts';
import type { Store } from '../verbs/store.ts';
import type { StoreHarness } from './store.suite.ts';
import { DAY, MINUTE, NOW, openWithTenants, takeMessage } from './suite.testing.ts';

const GROUP = 'spring';

export function groupSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`groups: ${name}`, () => {
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

    async function send(recipients: { readonly [address: string]: Status }, tenantId = acme, groupId = GROUP) {
      const { message, fence } = await takeMessage(store, { tenantId, to: Object.keys(recipients), more: { groupId } });
      const statuses = Object.values(recipients);
      await store.outbox.settle({
        ...{ tenantId, messageId: message.id, fence, at: NOW, events: [] },
        ...(statuses.includes('sent') ? { status: 'sent', sentAt: NOW } : { status: statuses[0] ?? 'sent' }),
        recipients: statuses.map((status, position) => ({ position, status })),
        attempts: [{ provider: 'relay', startedAt: NOW, endedAt: NOW, outcome: 'delivered', counted: true }],
      });
      return message.id;
    }

    const tell = (messageId: string, recipient: string, more: Partial<NewFeedback>) =>
      store.feedback.record({
        feedback: [{ kind: 'delivered', at: NOW, recipient, data: {}, about: { messageId }, ...more }],
        ...{ door: 'callback', now: NOW },
      });
    const countsOf = (tenantId = acme, groupId = GROUP) => store.groups.counts({ tenantId, groupId });

    it('count what became of their recipients', async () => {
      const id = await send({ 'a@x.example': 'sent', 'b@x.example': 'bounced', 'c@x.example': 'sent' });
      await send({ 'd@x.example': 'failed' });
      await tell(id, 'a@x.example', {});
      await tell(id, 'a@x.example', { at: NOW + 1 });
      await tell(id, 'c@x.example', { kind: 'complained' });
      for (const at of [1, 2, 3]) await tell(id, 'a@x.example', { kind: 'opened', at });
      await tell(id, 'a@x.example', { kind: 'clicked', data: { actor: 'machine' } });
      expect(await countsOf()).toEqual({
        ...{ sent: 3, delivered: 1, bounced: 1, complained: 1, failed: 1 },
        ...{ opens: 3, opened: 1, clicks: 0, clicked: 0, machineOpens: 0, machineClicks: 1 },
      });
    });

    it('take back a failure that is tried again', async () => {
      const messageId = await send({ 'd@x.example': 'failed' });
      expect(await countsOf()).toMatchObject({ failed: 1 });
      await store.messages.retry({ tenantId: acme, messageId, now: NOW });
      expect(await countsOf()).toMatchObject({ failed: 0 });
    });

    it('are their tenant’s, and there from the first message on', async () => {
      await send({ 'a@x.example': 'sent' });
      expect(await countsOf(globex)).toBeUndefined();
      expect(await countsOf(acme, 'autumn')).toBeUndefined();
      await send({ 'a@x.example': 'sent' }, globex);
      expect(await countsOf(globex)).toMatchObject({ sent: 1 });
      expect(await store.groups.records({ tenantId: globex, groupId: GROUP, limit: 10 })).toMatchObject({
        items: [{ recipient: 'a@x.example' }],
      });
    });

    it('list their recipients page by page', async () => {
      const first = await send({ 'a@x.example': 'sent', 'b@x.example': 'failed', 'c@x.example': 'sent' });
      await send({ 'other@x.example': 'sent' }, acme, 'autumn');
      const second = await send({ 'd@x.example': 'sent' });
      await tell(first, 'a@x.example', { at: NOW + 5 });
      for (const at of [NOW + MINUTE, NOW + 2 * MINUTE]) await tell(first, 'a@x.example', { kind: 'opened', at });
      const page = (cursor?: string) =>
        store.groups.records({ tenantId: acme, groupId: GROUP, limit: 2, ...(cursor !== undefined && { cursor }) });
      const one = await page();
      expect(one.items).toMatchObject([
        {
          ...{ messageId: first, recipient: 'a@x.example', status: 'delivered', sentAt: NOW, deliveredAt: NOW + 5 },
          ...{ opens: 2, firstOpenedAt: NOW + MINUTE, lastOpenedAt: NOW + 2 * MINUTE, clicks: 0 },
        },
        { recipient: 'b@x.example', status: 'failed' },
      ]);
      expect(one.items[1]).not.toHaveProperty('sentAt');
      const two = await page(one.cursor);
      expect(two.items).toMatchObject([{ recipient: 'c@x.example' }, { messageId: second, recipient: 'd@x.example' }]);
      expect(two.cursor).toBeUndefined();
      await expect(page('1')).rejects.toMatchObject({ code: 'invalid_request' });
    });

    it('are forgotten with the other counters, once their last message is old', async () => {
      await send({ 'a@x.example': 'sent' });
      await store.tallies.sweep({ tenantId: acme, before: NOW, limit: 100 });
      expect(await countsOf()).toBeDefined();
      await store.tallies.sweep({ tenantId: acme, before: NOW + DAY, limit: 100 });
      expect(await countsOf()).toBeUndefined();
    });
  });
}
