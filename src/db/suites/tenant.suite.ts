/** The contract of tenants and keys: what a tenant has is its own, and goes with it. */

import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { StoreHarness } from './store.suite.ts';
import { addTenant, NOW, openWithTenants } from './suite.testing.ts';
import { asSent, expectRefusal, only, suppress, workOn } from './work.testing.ts';

export function tenantSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`tenants: ${name}`, () => {
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

    describe('isolation', () => {
      it('lets no tenant see or touch what is another’s', async () => {
        const id = await accept(acme, {}, { idempotencyKey: 'k', idempotencyHash: 'h' });
        await suppress(store, acme, 'secret@x.example');
        await store.domains.add({ tenantId: acme.id, domain: 'acme.example', id: randomUUID(), now: NOW });
        const foreign = { tenantId: globex.id, messageId: id };
        expect(await store.messages.get(foreign)).toBeUndefined();
        expect(await store.messages.content(foreign)).toBeUndefined();
        await expectRefusal(store.messages.cancel({ ...foreign, now: NOW }), 'not_found');
        await expectRefusal(store.messages.retry({ ...foreign, now: NOW }), 'not_found');
        expect((await store.messages.list({ tenantId: globex.id, filter: { q: id }, limit: 10 })).items).toEqual([]);
        expect((await store.events.after({ tenantId: globex.id, limit: 10 })).events).toEqual([]);
        expect((await store.suppressions.list({ tenantId: globex.id, limit: 10, now: NOW })).items).toEqual([]);
        expect(await store.suppressions.remove({ tenantId: globex.id, email: 'secret@x.example' })).toBe(false);
        expect(await store.domains.remove({ tenantId: globex.id, domain: 'acme.example' })).toBe(false);
        expect((await retryMany({ tenantId: globex.id, filter: {}, now: NOW, limit: 9, dryRun: false })).matched).toBe(
          0,
        );
        expect(await store.outbox.flush({ tenantId: globex.id, now: NOW, limit: 9 })).toEqual({ flushed: 0 });
        expect((await store.outbox.queue({ now: NOW, tenantId: globex.id })).rows).toEqual([]);
        const job = only(await claim());
        expect(await store.outbox.settle({ ...asSent(job), tenantId: globex.id })).toBe(false);
        expect((await store.messages.get({ ...foreign, tenantId: acme.id }))?.status).toBe('processing');
      });

      it('tells the operator whose a thing is', async () => {
        const id = await accept(acme);
        expect(await store.tenants.ownerOf({ kind: 'message', id })).toBe(acme.id);
        expect(await store.tenants.ownerOf({ kind: 'webhook', id })).toBeUndefined();
        const notification = { id: randomUUID(), type: 'job.failed', content: {} };
        await store.notifications.add({ tenantId: globex.id, now: NOW, notification, deliveries: [] });
        expect(await store.tenants.ownerOf({ kind: 'notification', id: notification.id })).toBe(globex.id);
        expect(await store.tenants.ownerOf({ kind: 'notification', id })).toBeUndefined();
        expect(await store.tenants.ownerOf({ kind: 'message', id: randomUUID() })).toBeUndefined();
      });
    });

    describe('tenants and keys', () => {
      it('changes a tenant’s settings one by one', async () => {
        await store.tenants.set({ tenantId: acme.id, settings: { primary: 'relay', maxAttempts: 3 }, now: NOW + 1 });
        const changed = await store.tenants.set({
          tenantId: acme.id,
          settings: { primary: null },
          active: false,
          now: NOW + 2,
        });
        expect(changed).toMatchObject({ settings: { maxAttempts: 3 }, active: false, updatedAt: NOW + 2 });
        expect(changed.settings).not.toHaveProperty('primary');
        await expectRefusal(addTenant(store, 'acme'), 'conflict');
      });

      it('removes a tenant with all that is its own, but not while it owes mail', async () => {
        const id = await accept(acme);
        await expectRefusal(store.tenants.remove({ tenantId: acme.id, force: false, now: NOW }), 'conflict');
        await store.outbox.settle(asSent(only(await claim())));
        await store.tenants.remove({ tenantId: acme.id, force: false, now: NOW });
        expect((await store.tenants.list()).map(({ slug }) => slug)).toEqual(['globex']);
        expect(await store.tenants.clear({ limit: 9 })).toEqual({ isDone: true });
        expect(await store.messages.get({ tenantId: acme.id, messageId: id })).toBeUndefined();
        expect(await harness.problems()).toEqual([]);
      });

      it('keeps keys of tenants and of the operator', async () => {
        const key = { id: randomUUID(), prefix: 'abcdefgh', hash: 'x', scopes: ['send'] as const, createdAt: NOW };
        await store.keys.add({ ...key, tenantId: acme.id });
        await store.keys.add({ ...key, id: randomUUID(), prefix: 'operator', scopes: ['operator'] });
        await expectRefusal(store.keys.add({ ...key, id: randomUUID() }), 'conflict');
        expect(await store.keys.byPrefix('abcdefgh')).toEqual({ ...key, tenantId: acme.id });
        expect(await store.keys.byPrefix('nosuchkey')).toBeUndefined();
        expect(await store.keys.list({ tenantId: acme.id })).toHaveLength(1);
        expect(await store.keys.list({})).toHaveLength(2);
        await store.keys.set({ keyId: key.id, revokedAt: NOW + 5 });
        expect((await store.keys.byPrefix('abcdefgh'))?.revokedAt).toBe(NOW + 5);
      });
    });
  });
}
