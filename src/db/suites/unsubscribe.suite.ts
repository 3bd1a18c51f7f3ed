/** The contract of unsubscribes: what is turned off is not mailed from the commit on, what is on again is, and each tenant has its own. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Job } from '../../core/message.ts';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { StoreHarness } from './store.suite.ts';
import { NOW, newMessage, openWithTenants, takeMessage } from './suite.testing.ts';
import { suppress } from './work.testing.ts';

export function unsubscribeSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`unsubscribes: ${name}`, () => {
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

    const turnOff = (tenant: Tenant, email: string, category: string, messageId?: string) =>
      store.unsubscribes.add({
        ...{ tenantId: tenant.id, email, category, way: 'one-click', now: NOW },
        ...(messageId !== undefined && { messageId }),
      });
    const take = (tenant: Tenant, to: readonly string[], category?: string): Promise<Job> =>
      takeMessage(store, {
        ...{ tenantId: tenant.id, to },
        ...(category !== undefined && { more: { unsubscribe: { category } } }),
      });
    /** Those who are not mailed, by why; the same whether the message is handed over or claimed. */
    const leftOut = async (tenant: Tenant, to: readonly string[], category?: string) => {
      const job = await take(tenant, to, category);
      await store.outbox.release({ messageId: job.message.id, fence: job.fence, dueAt: NOW });
      const claimed = await store.outbox.claim({ owner: 'b', now: NOW, leaseMs: 1, limit: 100, skipTenants: [] });
      const again = claimed.jobs.find(({ message }) => message.id === job.message.id);
      expect(again).toMatchObject({ suppressed: job.suppressed, message: job.message });
      expect(again?.unsubscribed).toEqual(job.unsubscribed);
      const named = (positions: readonly number[] = []) => positions.map((position) => to[position]);
      return { suppressed: named(job.suppressed), unsubscribed: named(job.unsubscribed) };
    };

    it('keep mail of their category away, whatever the case of the address, and no other mail', async () => {
      expect(await turnOff(acme, 'Jo@X.example', 'news')).toBe(true);
      const both = ['al@x.example', 'jo@x.example'];
      const jo = { suppressed: ['jo@x.example'], unsubscribed: ['jo@x.example'] };
      expect(await leftOut(acme, both, 'news')).toEqual(jo);
      expect(await leftOut(acme, ['JO@x.example'], 'news')).toEqual({
        suppressed: ['JO@x.example'],
        unsubscribed: ['JO@x.example'],
      });
      const nobody = { suppressed: [], unsubscribed: [] };
      expect(await leftOut(acme, both, 'News')).toEqual(nobody);
      expect(await leftOut(acme, both, 'billing')).toEqual(nobody);
      expect(await leftOut(acme, both)).toEqual(nobody);
      expect(await leftOut(globex, both, 'news')).toEqual(nobody);
    });

    it('without a category keep away all mail that can be turned off, and what cannot goes', async () => {
      await turnOff(acme, 'jo@x.example', '');
      expect((await leftOut(acme, ['jo@x.example'], 'news')).unsubscribed).toEqual(['jo@x.example']);
      expect((await leftOut(acme, ['jo@x.example'])).suppressed).toEqual([]);
    });

    it('added by hand are as many as a tenant may have, and those of recipients are not held to that', async () => {
      const byHand = (email: string) =>
        store.unsubscribes.add({ tenantId: acme.id, email, category: 'news', way: 'manual', now: NOW, max: 2 });
      await byHand('a@x.example');
      await turnOff(acme, 'b@x.example', 'news');
      await expect(byHand('c@x.example')).rejects.toMatchObject({ code: 'conflict' });
      expect(await store.unsubscribes.of({ tenantId: acme.id, emails: ['c@x.example'] })).toEqual([]);
      expect(await byHand('A@x.example')).toBe(false);
      expect(await turnOff(acme, 'c@x.example', 'news')).toBe(true);
      expect(await turnOff(globex, 'c@x.example', 'news')).toBe(true);
      await store.unsubscribes.remove({ tenantId: acme.id, email: 'b@x.example', categories: ['news'] });
      await store.unsubscribes.remove({ tenantId: acme.id, email: 'c@x.example', categories: ['news'] });
      expect(await byHand('d@x.example')).toBe(true);
    });

    it('stand behind the suppression list, and the caller hears of both', async () => {
      await turnOff(acme, 'jo@x.example', 'news');
      await turnOff(acme, 'al@x.example', 'news');
      await suppress(store, acme, 'al@x.example');
      const to = ['jo@x.example', 'al@x.example', 'cy@x.example'];
      expect(await leftOut(acme, to, 'news')).toEqual({
        suppressed: ['jo@x.example', 'al@x.example'],
        unsubscribed: ['jo@x.example'],
      });
      const entry = newMessage(acme.id, { to: to.map((email) => ({ email })), unsubscribe: { category: 'news' } });
      const keyed = { ...entry, idempotencyKey: 'k', idempotencyHash: 'h' };
      const notMailed = { suppressedRecipients: ['jo@x.example', 'al@x.example'] };
      const accept = () => store.outbox.accept({ tenantId: acme.id, messages: [keyed] });
      expect(await accept()).toMatchObject([{ kind: 'accepted', ...notMailed }]);
      expect(await accept()).toMatchObject([{ kind: 'duplicate', ...notMailed }]);
    });

    it('hold for what waited already', async () => {
      const job = await take(acme, ['jo@x.example'], 'news');
      await store.outbox.release({ messageId: job.message.id, fence: job.fence, dueAt: NOW });
      await turnOff(acme, 'jo@x.example', 'news');
      const { jobs } = await store.outbox.claim({ owner: 'b', now: NOW, leaseMs: 1, limit: 9, skipTenants: [] });
      expect(jobs).toMatchObject([{ suppressed: [0], unsubscribed: [0] }]);
    });

    it('end where the category is on again, and only that', async () => {
      for (const category of ['news', 'billing', '']) await turnOff(acme, 'jo@x.example', category);
      const remove = (tenant: Tenant, ...categories: string[]) =>
        store.unsubscribes.remove({ tenantId: tenant.id, email: 'JO@x.example', categories });
      expect(await remove(globex, 'news', '')).toBe(0);
      expect(await remove(acme, 'news', '', 'other')).toBe(2);
      expect((await leftOut(acme, ['jo@x.example'], 'news')).suppressed).toEqual([]);
      expect((await leftOut(acme, ['jo@x.example'], 'billing')).suppressed).toEqual(['jo@x.example']);
    });

    it('are told once, in the history of the message by which somebody came', async () => {
      const { message } = await take(acme, ['Jo@x.example'], 'news');
      const rival = await take(globex, ['jo@x.example'], 'news');
      expect(await turnOff(acme, 'Jo@x.example', 'news', message.id)).toBe(true);
      expect(await turnOff(acme, 'jo@x.example', 'news', message.id)).toBe(false);
      // Another tenant's, or one that retention removed.
      expect(await turnOff(acme, 'jo@x.example', 'a', rival.message.id)).toBe(true);
      expect(await turnOff(acme, 'jo@x.example', 'b', crypto.randomUUID())).toBe(true);
      const { events } = await store.events.after({ limit: 100 });
      expect(events.filter(({ type }) => type === 'unsubscribed')).toMatchObject([
        { messageId: message.id, recipient: 'Jo@x.example', data: { category: 'news', way: 'one-click' } },
      ]);
    });

    it('are told ten times of one message, however often somebody changes their mind', async () => {
      const { message } = await take(acme, ['jo@x.example'], 'news');
      for (let n = 0; n < 12; n++) {
        await turnOff(acme, 'jo@x.example', 'news', message.id);
        await store.unsubscribes.remove({ tenantId: acme.id, email: 'jo@x.example', categories: ['news'] });
      }
      const { events } = await store.events.after({ limit: 100 });
      expect(events.filter(({ type }) => type === 'unsubscribed')).toHaveLength(10);
    });

    it('are listed newest first, a page at a time, by tenant, address and category', async () => {
      for (let n = 0; n < 5; n++) await turnOff(acme, `u${n}@x.example`, n % 2 === 0 ? 'news' : '');
      await turnOff(globex, 'u9@x.example', 'news');
      const all = async (input: Parameters<Store['unsubscribes']['list']>[0]) => {
        const found: string[] = [];
        for (let cursor: string | undefined; ; ) {
          const page = await store.unsubscribes.list({ ...input, ...(cursor !== undefined && { cursor }) });
          expect(page.items.length).toBeLessThanOrEqual(input.limit);
          found.push(...page.items.map(({ tenantSlug, email, category }) => `${tenantSlug} ${email} ${category}`));
          cursor = page.cursor;
          if (cursor === undefined) return found;
        }
      };
      expect(await all({ tenantId: acme.id, limit: 2 })).toEqual(
        [4, 3, 2, 1, 0].map((n) => `acme u${n}@x.example ${n % 2 === 0 ? 'news' : ''}`),
      );
      expect(await all({ limit: 4, category: 'news' })).toEqual([
        'globex u9@x.example news',
        ...[4, 2, 0].map((n) => `acme u${n}@x.example news`),
      ]);
      expect(await all({ tenantId: acme.id, limit: 9, q: 'U3@' })).toEqual(['acme u3@x.example ']);
      expect(await all({ tenantId: acme.id, limit: 9, category: '' })).toHaveLength(2);
      expect(await store.unsubscribes.of({ tenantId: acme.id, emails: ['U0@x.example', 'u9@x.example'] })).toEqual([
        { email: 'u0@x.example', category: 'news', way: 'one-click', createdAt: NOW },
      ]);
    });

    it('go with their tenant', async () => {
      for (let n = 0; n < 3; n++) await turnOff(acme, `u${n}@x.example`, 'news');
      await turnOff(globex, 'u9@x.example', 'news');
      await store.tenants.remove({ tenantId: acme.id, force: true, now: NOW });
      expect((await store.unsubscribes.list({ limit: 9 })).items).toHaveLength(1);
      while (!(await store.tenants.clear({ limit: 2 })).isDone);
      expect((await store.unsubscribes.list({ limit: 9 })).items).toHaveLength(1);
    });
  });
}
