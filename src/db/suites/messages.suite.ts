/** The contract of the verbs by which people find messages, and move them on. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { StoreHarness } from './store.suite.ts';
import { MINUTE, NOW, newMessage, openWithTenants } from './suite.testing.ts';
import { asDeferred, asFailed, asSent, expectRefusal, idsOf, only, workOn } from './work.testing.ts';

export function messagesSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`messages: ${name}`, () => {
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
    const { accept, claim, retryMany } = workOn(() => store);

    describe('people', () => {
      it('cancels what waits, not what is under way or ended', async () => {
        const waiting = await accept(acme);
        expect(await store.messages.cancel({ tenantId: acme.id, messageId: waiting, now: NOW })).toBe('cancelled');
        await expectRefusal(
          store.messages.cancel({ tenantId: acme.id, messageId: waiting, now: NOW }),
          'not_cancellable',
        );
        expect((await claim()).jobs).toEqual([]);
        const leased = await accept(acme);
        await claim();
        await expectRefusal(
          store.messages.cancel({ tenantId: acme.id, messageId: leased, now: NOW }),
          'not_cancellable',
        );
      });

      it('retries a dead letter with its attempts at zero and its content as it was', async () => {
        const id = await accept(acme, { subject: 'kept' });
        await store.outbox.settle({ ...asFailed(only(await claim())), dead: true });
        const filter = { dead: true };
        expect((await store.messages.list({ tenantId: acme.id, filter, limit: 10 })).items).toHaveLength(1);
        expect(await store.messages.retry({ tenantId: acme.id, messageId: id, now: NOW + 1 })).toBe('queued');
        const job = only(await claim('a', { now: NOW + 1 }));
        expect(job).toMatchObject({ attempts: 0, message: { subject: 'kept' } });
        expect((await store.messages.list({ tenantId: acme.id, filter, limit: 10 })).items).toEqual([]);
      });

      it('tells of a message whose rest is cancelled that some of it was sent', async () => {
        const entry = newMessage(acme.id, { to: [{ email: 'a@x.example' }, { email: 'b@x.example' }] });
        await store.outbox.accept({ tenantId: acme.id, messages: [entry] });
        const ids = { tenantId: acme.id, messageId: entry.message.id };
        await store.outbox.settle(asDeferred(only(await claim()), NOW + MINUTE, [{ position: 0, status: 'sent' }]));
        expect(await store.messages.cancel({ ...ids, now: NOW })).toBe('sent');
        const detail = await store.messages.get(ids);
        expect([detail?.status, ...(detail?.recipients ?? []).map(({ status }) => status)]).toEqual([
          ...['sent', 'sent', 'cancelled'],
        ]);
      });

      it('is a dead letter once no recipient is open, where it was given up for some before', async () => {
        const accepted = async () => {
          const entry = newMessage(acme.id, { to: [{ email: 'a@x.example' }, { email: 'b@x.example' }] });
          await store.outbox.accept({ tenantId: acme.id, messages: [entry] });
          const job = only(await claim());
          expect(job.gaveUp).toBeUndefined();
          const failure = [{ position: 0, status: 'failed' as const }];
          await store.outbox.settle({ ...asDeferred(job, NOW, failure), dead: 'later' });
          return { tenantId: acme.id, messageId: entry.message.id };
        };
        const isDead = async (dead: boolean) =>
          (await store.messages.list({ tenantId: acme.id, filter: { dead }, limit: 10 })).items.length;

        const first = await accepted();
        expect([await isDead(true), await isDead(false), await store.messages.deadLetters()]).toEqual([0, 1, []]);
        const again = only(await claim());
        expect(again.gaveUp).toBe(true);
        await store.outbox.settle({ ...asSent(again), dead: true });
        expect([await isDead(true), await isDead(false)]).toEqual([1, 0]);

        const second = await accepted();
        await store.messages.retry({ ...second, now: NOW });
        const afresh = only(await claim());
        expect([afresh.recipients.length, afresh.gaveUp]).toEqual([2, undefined]);
        await store.outbox.settle(asSent(afresh));

        const third = await accepted();
        await store.messages.cancel({ ...third, now: NOW });
        const detail = await store.messages.get(third);
        expect([detail?.dead, detail?.events.slice(-2).map(({ type }) => type)]).toEqual([true, ['cancelled', 'dlq']]);
        expect((await store.messages.get(first))?.dead).toBe(true);
      });

      it('makes a waiting retry due now, and refuses where there is nothing to retry', async () => {
        const id = await accept(acme);
        await store.outbox.settle(asDeferred(only(await claim()), NOW + MINUTE));
        await store.messages.retry({ tenantId: acme.id, messageId: id, now: NOW });
        await store.outbox.settle(asSent(only(await claim())));
        await expectRefusal(store.messages.retry({ tenantId: acme.id, messageId: id, now: NOW }), 'not_retryable');
      });

      it('retries many by filter, and only counts them when asked to', async () => {
        for (let index = 0; index < 3; index++) {
          await accept(acme, { category: index < 2 ? 'a' : 'b' });
        }
        for (const job of (await claim()).jobs) await store.outbox.settle(asFailed(job));
        const request = { tenantId: acme.id, filter: { category: 'a' }, now: NOW, limit: 100 };
        expect((await retryMany({ ...request, dryRun: true })).matched).toBe(2);
        expect((await claim()).jobs).toHaveLength(0);
        expect((await retryMany({ ...request, dryRun: false })).messageIds).toHaveLength(2);
        expect((await claim()).jobs).toHaveLength(2);
      });

      it('retries by filter a dead letter that reached some of its recipients, and only the others', async () => {
        const entry = newMessage(acme.id, { to: [{ email: 'a@x.example' }, { email: 'b@x.example' }] });
        await store.outbox.accept({ tenantId: acme.id, messages: [entry] });
        const job = only(await claim());
        const recipients = [
          { position: 0, status: 'sent' as const },
          { position: 1, status: 'failed' as const },
        ];
        await store.outbox.settle({ ...asSent(job), recipients, dead: true });
        const request = { tenantId: acme.id, filter: { dead: true }, now: NOW, limit: 9, dryRun: false };
        expect(await retryMany(request)).toEqual({ matched: 1, messageIds: [entry.message.id] });
        expect(only(await claim()).recipients).toMatchObject([{ address: 'b@x.example' }]);
      });

      it('retries by filter what failed long ago, however much was sent since', async () => {
        const id = await accept(acme);
        await store.outbox.settle(asFailed(only(await claim())));
        for (let index = 0; index < 3; index++) await accept(acme, { createdAt: NOW + index });
        for (const job of (await claim('a', { now: NOW + 5 })).jobs) await store.outbox.settle(asSent(job));
        const request = { tenantId: acme.id, now: NOW, limit: 2, dryRun: true };
        expect(await retryMany({ ...request, filter: {} })).toEqual({ matched: 1, messageIds: [id] });
      });

      it('retries what is scheduled only for who asks for it by name', async () => {
        const id = await accept(acme, { scheduledAt: NOW + MINUTE, groupId: 'g' });
        const request = { tenantId: acme.id, now: NOW, limit: 100, dryRun: false };
        expect(await retryMany({ ...request, filter: { groupId: 'g' } })).toEqual({ matched: 0, messageIds: [] });
        expect((await claim()).jobs).toEqual([]);
        const asked = { ...request, filter: { status: ['scheduled'] as const } };
        expect((await retryMany(asked)).messageIds).toEqual([id]);
      });

      it('flushes what waits for a retry, not what is scheduled', async () => {
        await accept(acme, { scheduledAt: NOW + MINUTE });
        const id = await accept(acme);
        await store.outbox.settle(asDeferred(only(await claim()), NOW + MINUTE));
        expect(await store.outbox.flush({ now: NOW, limit: 9 })).toEqual({ flushed: 1 });
        expect(idsOf((await claim()).jobs)).toEqual([id]);
      });

      it('counts flushes, of one tenant and of all, whether or not anything waits', async () => {
        expect(await store.outbox.flushes()).toBe(0);
        await store.outbox.flush({ now: NOW, limit: 9 });
        await store.outbox.flush({ tenantId: acme.id, now: NOW, limit: 9 });
        expect(await store.outbox.flushes()).toBe(2);
      });
    });

    describe('lists', () => {
      it('pages newest first without gaps or repeats', async () => {
        const ids: string[] = [];
        for (let index = 0; index < 7; index++) {
          ids.unshift(await accept(acme, { createdAt: NOW + Math.floor(index / 3) }));
        }
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.messages.list({
            tenantId: acme.id,
            filter: {},
            limit: 2,
            ...(cursor ? { cursor } : {}),
          });
          seen.push(...page.items.map(({ id }) => id));
          cursor = page.cursor;
        } while (cursor !== undefined);
        expect(seen).toEqual(ids);
      });

      it.each<[string, Parameters<Store['messages']['list']>[0]['filter'], boolean]>([
        ['status', { status: ['queued'] }, true],
        ['another status', { status: ['failed'] }, false],
        ['processing', { status: ['processing'] }, false],
        ['recipient', { recipient: 'to@x.example' }, true],
        ['domain of a recipient', { recipient: '@x.example' }, true],
        ['another recipient', { recipient: 'o@x.example' }, false],
        ['sender', { sender: 'From@acme.example' }, true],
        ['time', { createdFrom: NOW, createdBefore: NOW + 1 }, true],
        ['earlier time', { createdBefore: NOW }, false],
        ['category', { category: 'c' }, true],
        ['tag', { tag: 't' }, true],
        ['part of a tag', { tag: '%' }, false],
        ['group', { groupId: 'g' }, true],
        ['words', { q: 'hel x.exam' }, true],
        ['words that are not there', { q: 'hel%lo' }, false],
      ])('filters by %s', async (_, filter, found) => {
        await accept(acme, { subject: 'Hello', category: 'c', tags: ['t'], groupId: 'g' });
        const { items } = await store.messages.list({ tenantId: acme.id, filter, limit: 10 });
        expect(items.length > 0).toBe(found);
      });

      it('counts over time', async () => {
        await accept(acme);
        await accept(globex);
        const range = { from: NOW - 86_400_000, until: NOW + 86_400_000, bucket: 'hour' } as const;
        expect(await store.messages.stats(range)).toMatchObject({ total: 2, byStatus: { queued: 2 } });
        const { total, buckets } = await store.messages.stats({ ...range, tenantId: acme.id });
        expect(total).toBe(1);
        expect(buckets).toEqual([{ at: Math.floor(NOW / 3_600_000) * 3_600_000, byStatus: { queued: 1 } }]);
      });
    });
  });
}
