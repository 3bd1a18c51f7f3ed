/** What the store promises of changes that belong together, applied resources, subscribers, triggers and callers' events. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { StoreHarness } from './store.suite.ts';
import { MINUTE, NOW, newId, newMessage, openWithTenants } from './suite.testing.ts';

export function resourceSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`resources: ${name}`, () => {
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

    const provider = { name: 'relay', type: 'capture', settings: 's', createdAt: NOW, updatedAt: NOW };
    const trigger = { name: 'invited', on: 'user.*', template: 'invitation', to: ['{{data.email}}'], active: true };

    describe('changes that belong together', () => {
      it('are all made, and what each of them does is told in order', async () => {
        const id = newId();
        const made = await store.together([
          { verb: 'tenants.add', input: { id, slug: 'initech', name: 'Initech', settings: {}, now: NOW } },
          { verb: 'providers.add', input: provider },
          { verb: 'outbox.accept', input: { tenantId: id, messages: [newMessage(id)] } },
        ]);
        expect(made).toMatchObject([{ slug: 'initech' }, undefined, [{ kind: 'accepted', suppressed: [] }]]);
        expect((await store.tenants.list()).map(({ slug }) => slug)).toEqual(['acme', 'globex', 'initech']);
        const { jobs } = await store.outbox.claim({ owner: 'a', now: NOW, leaseMs: MINUTE, limit: 9, skipTenants: [] });
        expect(jobs.map(({ message }) => message.tenantId)).toEqual([id]);
      });

      it('are not made at all where one is refused', async () => {
        const slug = { id: newId(), slug: 'acme', name: 'Acme', settings: {}, now: NOW };
        const refused = store.together([
          { verb: 'providers.add', input: provider },
          { verb: 'outbox.accept', input: { tenantId: acme.id, messages: [newMessage(acme.id)] } },
          { verb: 'tenants.add', input: slug },
        ]);
        await expect(refused).rejects.toMatchObject({ code: 'conflict', message: 'There is a tenant acme already.' });
        expect(await store.providers.list()).toEqual([]);
        expect((await store.messages.list({ filter: {}, limit: 10 })).items).toEqual([]);
      });
    });

    describe('mail that is to be taken in as a whole', () => {
      const limits = { now: NOW, rates: [{ name: 'minute' as const, count: 1 }] };
      const accept = (messages: Parameters<Store['outbox']['accept']>[0]['messages']) =>
        store.outbox.accept({ tenantId: acme.id, messages, limits, all: true });
      const keyed = (idempotencyHash: string) => newMessage(acme.id, {}, { idempotencyKey: 'k', idempotencyHash });
      const count = async () => (await store.messages.list({ filter: {}, limit: 10 })).items.length;

      it('is not, where a limit stands against one', async () => {
        await expect(accept([newMessage(acme.id), newMessage(acme.id)])).rejects.toMatchObject({
          code: 'rate_limited',
          message: 'This tenant may submit one message in any minute',
          retryAfterMs: expect.any(Number),
        });
        expect(await count()).toBe(0);
        expect(await accept([newMessage(acme.id)])).toMatchObject([{ kind: 'accepted' }]);
      });

      it('is not, where a key was used before, for the same or for something else', async () => {
        await accept([keyed('a')]);
        await expect(accept([keyed('a')])).rejects.toMatchObject({
          code: 'conflict',
          message: expect.stringMatching(/^The idempotency key is that of message \S+ already$/),
        });
        await expect(accept([keyed('b')])).rejects.toMatchObject({ code: 'idempotency_key_reused' });
        expect(await count()).toBe(1);
      });
    });

    describe('applied resources', () => {
      const hook = { kind: 'Webhook', name: 'hook', ref: 'id-1', labels: { team: 'a' }, said: ['url'] };

      it('are kept by owner, kind and name', async () => {
        await store.resources.put({ ...hook, tenantId: acme.id, now: NOW });
        await store.resources.put({ ...hook, kind: 'Provider', now: NOW });
        const times = { createdAt: NOW, updatedAt: NOW };
        expect(await store.resources.list({ tenantId: acme.id })).toEqual([{ ...hook, tenantId: acme.id, ...times }]);
        expect(await store.resources.list({})).toEqual([{ ...hook, kind: 'Provider', ...times }]);
        expect(await store.resources.list({ tenantId: globex.id })).toEqual([]);
        expect(await store.resources.of({ tenantId: globex.id, kind: 'Webhook', names: ['hook'] })).toEqual([]);
        await store.resources.put({ ...hook, tenantId: acme.id, labels: {}, said: [], now: NOW + 1 });
        expect(await store.resources.of({ tenantId: acme.id, kind: 'Webhook', names: ['hook', 'none'] })).toEqual([
          { ...hook, tenantId: acme.id, labels: {}, said: [], createdAt: NOW, updatedAt: NOW + 1 },
        ]);
        expect(await store.resources.forget({ tenantId: globex.id, kind: 'Webhook', name: 'hook' })).toBe(false);
        expect(await store.resources.forget({ tenantId: acme.id, kind: 'Webhook', name: 'hook' })).toBe(true);
        expect(await store.resources.list({ tenantId: acme.id })).toEqual([]);
      });

      it('that are e-mails go with their message, and stand in no list', async () => {
        const entry = newMessage(acme.id, { scheduledAt: NOW + MINUTE });
        const { id } = entry.message;
        await store.outbox.accept({ tenantId: acme.id, messages: [entry] });
        const email = { tenantId: acme.id, kind: 'Email', name: 'one' };
        await store.resources.put({ ...hook, ...email, ref: id, messageId: id, now: NOW });
        expect(await store.resources.list({ tenantId: acme.id })).toEqual([]);
        expect(await store.resources.of({ ...email, names: ['one'] })).toHaveLength(1);
        await store.messages.cancel({ tenantId: acme.id, messageId: id, now: NOW });
        await store.messages.remove({ tenantId: acme.id, messageId: id });
        expect(await store.resources.of({ ...email, names: ['one'] })).toEqual([]);
      });
    });

    describe('triggers', () => {
      it('are a tenant’s own, by name', async () => {
        const added = await store.triggers.add({ tenantId: acme.id, trigger, max: 2, now: NOW });
        expect(added).toEqual({ ...trigger, createdAt: NOW, updatedAt: NOW });
        await expect(store.triggers.add({ tenantId: acme.id, trigger, max: 2, now: NOW })).rejects.toMatchObject({
          code: 'conflict',
        });
        await expect(store.triggers.set({ tenantId: globex.id, trigger, now: NOW })).rejects.toMatchObject({
          code: 'not_found',
        });
        const off = { ...trigger, active: false };
        await store.triggers.set({ tenantId: acme.id, trigger: off, now: NOW + 1 });
        expect(await store.triggers.list({ tenantId: acme.id })).toEqual([
          { ...off, createdAt: NOW, updatedAt: NOW + 1 },
        ]);
        expect(await store.triggers.remove({ tenantId: globex.id, name: 'invited' })).toBe(false);
        expect(await store.triggers.remove({ tenantId: acme.id, name: 'invited' })).toBe(true);
      });

      it('are no more than there may be', async () => {
        await store.triggers.add({ tenantId: acme.id, trigger, max: 1, now: NOW });
        const second = { tenantId: acme.id, trigger: { ...trigger, name: 'two' }, max: 1, now: NOW };
        await expect(store.triggers.add(second)).rejects.toMatchObject({ code: 'conflict' });
      });
    });

    describe('events of callers', () => {
      const event = { id: 'e1', type: 'user.invited', at: NOW, outcome: { triggered: [] } };

      it('come once, for each tenant', async () => {
        await store.triggers.keepEvent({ ...event, tenantId: acme.id });
        await store.triggers.keepEvent({ ...event, tenantId: globex.id });
        await expect(store.triggers.keepEvent({ ...event, tenantId: acme.id })).rejects.toMatchObject({
          code: 'conflict',
        });
        expect(await store.triggers.event({ tenantId: acme.id, id: 'e1' })).toEqual({ ...event, tenantId: acme.id });
        expect(await store.triggers.event({ tenantId: acme.id, id: 'e2' })).toBeUndefined();
      });

      it('are forgotten in time, oldest first', async () => {
        for (const at of [2, 0, 1]) {
          await store.triggers.keepEvent({ ...event, id: `e${at}`, at: NOW + at, tenantId: acme.id });
        }
        expect(await store.triggers.sweepEvents({ before: NOW + 2, limit: 1 })).toBe(1);
        expect(await store.triggers.event({ tenantId: acme.id, id: 'e0' })).toBeUndefined();
        expect(await store.triggers.sweepEvents({ before: NOW + 2, limit: 9 })).toBe(1);
        expect(await store.triggers.event({ tenantId: acme.id, id: 'e2' })).toBeDefined();
      });
    });
  });
}
