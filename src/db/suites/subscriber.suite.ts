/** What every store does with subscribers, their topics and their preferences. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../verbs/store.ts';
import type { NewSubscriber } from '../verbs/subscribers.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { StoreHarness } from './store.suite.ts';
import { NOW, newId, openWithTenants } from './suite.testing.ts';

export function subscriberSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`subscribers: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    let acme: Tenant;
    let globex: Tenant;
    beforeEach(async () => {
      ({ harness, store, acme, globex } = await openWithTenants(createHarness));
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    const jo = { id: 'jo', email: 'jo@x.example', locale: 'de', data: { plan: 'pro' } };
    const room = { max: 2, now: NOW };
    const put = (id: string, more: Partial<NewSubscriber> = {}) =>
      store.subscribers.put({ id, tenantId: acme.id, ...room, ...more });
    const inTopics = (...names: string[]) => ({ inTopics: { names, max: 3 } });
    const idsIn = async (tenant: Tenant, topic: string) =>
      (await store.subscribers.list({ tenantId: tenant.id, topic, limit: 9 })).items.map(({ id }) => id);

    it('are a tenant’s own, by its own ids', async () => {
      await put('jo', jo);
      await store.subscribers.put({ id: 'jo', tenantId: globex.id, ...room });
      const kept = { ...jo, tenantId: acme.id, topics: [], createdAt: NOW, updatedAt: NOW };
      expect(await store.subscribers.of({ tenantId: acme.id, ids: ['jo', 'nobody'] })).toEqual([kept]);
      const changed = await put('jo', { now: NOW + 1 });
      expect(changed).toEqual({ id: 'jo', tenantId: acme.id, topics: [], createdAt: NOW, updatedAt: NOW + 1 });
      expect(await store.subscribers.remove({ tenantId: acme.id, id: 'jo' })).toBe(true);
      expect(await store.subscribers.remove({ tenantId: acme.id, id: 'jo' })).toBe(false);
      expect((await store.subscribers.list({ tenantId: globex.id, limit: 9 })).items).toHaveLength(1);
    });

    it('are added once', async () => {
      await store.subscribers.add({ ...jo, tenantId: acme.id, ...room });
      const again = store.subscribers.add({ ...jo, tenantId: acme.id, ...room });
      await expect(again).rejects.toMatchObject({ code: 'conflict', message: 'There is a subscriber jo already.' });
    });

    it('are listed page by page, and are no more than there may be', async () => {
      for (const id of ['b', 'a']) await put(id);
      await expect(put('c')).rejects.toMatchObject({ code: 'conflict' });
      await put('a');
      const first = await store.subscribers.list({ tenantId: acme.id, limit: 1 });
      expect(first).toMatchObject({ items: [{ id: 'a' }], cursor: 'a' });
      const second = await store.subscribers.list({ tenantId: acme.id, limit: 2, cursor: 'a' });
      expect(second.items.map(({ id }) => id)).toEqual(['b']);
      expect(second.cursor).toBeUndefined();
    });

    it('are found by their address', async () => {
      await put('a', { email: 'one@x.example' });
      await put('b', { email: 'two@x.example' });
      const found = await store.subscribers.list({ tenantId: acme.id, email: 'two@x.example', limit: 9 });
      expect(found.items.map(({ id }) => id)).toEqual(['b']);
      expect((await store.subscribers.list({ tenantId: globex.id, email: 'two@x.example', limit: 9 })).items).toEqual(
        [],
      );
    });

    it('keep what was sealed for them until something else takes its place', async () => {
      const channels = { slack: { webhookUrl: 'https://hooks.slack.com/…' } };
      const sealed = { id: newId(), text: 'one' };
      expect(await put('jo', { channels, sealed })).toMatchObject({ channels, sealed });
      const next = { id: newId(), text: 'two' };
      await put('jo', { channels, sealed: next });
      expect(await store.subscribers.of({ tenantId: acme.id, ids: ['jo'] })).toMatchObject([{ sealed: next }]);
      await put('jo');
      const [bare] = await store.subscribers.of({ tenantId: acme.id, ids: ['jo'] });
      expect(bare).not.toHaveProperty('sealed');
      expect(bare).not.toHaveProperty('channels');
    });

    describe('in topics', () => {
      it('are in those that they name, and in no other tenant’s of that name', async () => {
        expect(await put('jo', inTopics('news', 'outages'))).toMatchObject({ topics: ['news', 'outages'] });
        await put('al', inTopics('news'));
        await store.subscribers.put({ id: 'other', tenantId: globex.id, ...room, ...inTopics('news') });
        expect(await idsIn(acme, 'news')).toEqual(['jo', 'al']);
        expect(await idsIn(globex, 'news')).toEqual(['other']);
        await put('jo', inTopics('outages', 'all'));
        expect(await idsIn(acme, 'news')).toEqual(['al']);
        expect(await idsIn(acme, 'outages')).toEqual(['jo']);
        expect((await store.definitions.list({ tenantId: acme.id, kind: 'topic' })).map((one) => one.name)).toEqual([
          ...['all', 'news', 'outages'],
        ]);
      });

      it('are listed page by page', async () => {
        await put('b', inTopics('news'));
        await put('a', inTopics('news'));
        const first = await store.subscribers.list({ tenantId: acme.id, topic: 'news', limit: 1 });
        expect(first.items.map(({ id }) => id)).toEqual(['b']);
        const { cursor = '' } = first;
        const second = await store.subscribers.list({ tenantId: acme.id, topic: 'news', limit: 2, cursor });
        expect(second.items.map(({ id }) => id)).toEqual(['a']);
        expect(second.cursor).toBeUndefined();
        const byAddress = { tenantId: acme.id, topic: 'news', email: 'nobody@x.example', limit: 9 };
        expect((await store.subscribers.list(byAddress)).items).toEqual([]);
      });

      it('make no more of them than there may be', async () => {
        await expect(put('jo', inTopics('1', '2', '3', '4'))).rejects.toMatchObject({ code: 'conflict' });
        expect(await store.subscribers.of({ tenantId: acme.id, ids: ['jo'] })).toEqual([]);
        expect(await store.definitions.list({ tenantId: acme.id, kind: 'topic' })).toEqual([]);
      });

      it('leave them a few at a time, or all with the topic', async () => {
        for (const id of ['a', 'b']) await put(id, inTopics('news', 'all'));
        expect(await store.subscribers.leaveTopic({ tenantId: globex.id, topic: 'news', limit: 1 })).toBe(false);
        expect(await store.subscribers.leaveTopic({ tenantId: acme.id, topic: 'news', limit: 1 })).toBe(true);
        expect(await idsIn(acme, 'news')).toEqual(['b']);
        expect(await store.subscribers.leaveTopic({ tenantId: acme.id, topic: 'news', limit: 9 })).toBe(false);
        expect(await idsIn(acme, 'news')).toEqual([]);
        await store.definitions.remove({ tenantId: acme.id, kind: 'topic', name: 'all' });
        expect(await store.subscribers.of({ tenantId: acme.id, ids: ['a'] })).toMatchObject([{ topics: [] }]);
      });
    });

    describe('with preferences', () => {
      const daily = {
        global: { enabled: true, channels: {} },
        categories: { billing: { frequency: 'daily' } },
        types: {},
      } as const;

      it('have what was said last, also after they were changed, and lose it when they go', async () => {
        await put('jo');
        const of = () => store.preferences.of({ tenantId: acme.id, ids: ['jo', 'nobody'] });
        expect(await of()).toEqual({});
        const said = { tenantId: acme.id, id: 'jo', preferences: daily };
        await store.preferences.set({ ...said, now: NOW });
        const off = { ...daily, global: { enabled: false, channels: {} } };
        const kept = await store.preferences.set({ ...said, preferences: off, now: NOW + 1 });
        expect(kept).toEqual({ preferences: off, updatedAt: NOW + 1 });
        await put('jo', { name: 'Jo' });
        expect(await of()).toEqual({ jo: kept });
        await store.subscribers.remove({ tenantId: acme.id, id: 'jo' });
        await put('jo');
        expect(await of()).toEqual({});
      });

      it('are of a subscriber that is there', async () => {
        await put('jo');
        const elsewhere = store.preferences.set({ tenantId: globex.id, id: 'jo', preferences: daily, now: NOW });
        await expect(elsewhere).rejects.toMatchObject({ code: 'not_found' });
      });
    });
  });
}
