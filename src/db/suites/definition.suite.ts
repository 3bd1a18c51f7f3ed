/** What every store does with definitions. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { StoreHarness } from './store.suite.ts';
import { NOW, newId, openWithTenants } from './suite.testing.ts';

export function definitionSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`definitions: ${name}`, () => {
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

    const failed = { kind: 'notification_type', name: 'job.failed', fields: { category: 'jobs' } } as const;
    const room = { max: 2, now: NOW };

    it('are a tenant’s own, by kind and name', async () => {
      const id = newId();
      const added = await store.definitions.add({ ...failed, tenantId: acme.id, id, ...room });
      expect(added).toEqual({ ...failed, tenantId: acme.id, id, createdAt: NOW, updatedAt: NOW });
      await store.definitions.add({ ...failed, tenantId: globex.id, id: newId(), ...room });
      await store.definitions.add({ ...failed, kind: 'topic', tenantId: acme.id, id: newId(), ...room });
      const { kind } = failed;
      expect(await store.definitions.list({ tenantId: acme.id, kind })).toEqual([added]);
      expect(await store.definitions.get({ tenantId: acme.id, kind, name: 'job.failed' })).toEqual(added);
      expect(await store.definitions.get({ tenantId: acme.id, kind, name: 'other' })).toBeUndefined();
      expect(await store.definitions.remove({ tenantId: acme.id, kind, name: 'job.failed' })).toBe(true);
      expect(await store.definitions.remove({ tenantId: acme.id, kind, name: 'job.failed' })).toBe(false);
      expect(await store.definitions.list({ tenantId: globex.id, kind })).toHaveLength(1);
      expect(await store.definitions.list({ tenantId: acme.id, kind: 'topic' })).toHaveLength(1);
    });

    it('are changed in place, and keep their id', async () => {
      const id = newId();
      await store.definitions.add({ ...failed, tenantId: acme.id, id, sealed: 'one', ...room });
      const changed = { ...failed, fields: { category: 'all' } };
      expect(await store.definitions.set({ ...changed, tenantId: acme.id, sealed: 'two', now: NOW + 1 })).toEqual({
        ...{ ...changed, tenantId: acme.id, id, sealed: 'two', createdAt: NOW, updatedAt: NOW + 1 },
      });
      const bare = await store.definitions.set({ ...failed, tenantId: acme.id, now: NOW + 2 });
      expect(bare).not.toHaveProperty('sealed');
      const elsewhere = store.definitions.set({ ...failed, tenantId: globex.id, now: NOW });
      await expect(elsewhere).rejects.toMatchObject({ code: 'not_found' });
    });

    it('have one of a name, and no more of a kind than there may be', async () => {
      const add = (name: string, kind: 'topic' | 'rule' = 'topic') =>
        store.definitions.add({ kind, name, fields: {}, tenantId: acme.id, id: newId(), ...room });
      await add('one');
      await expect(add('one')).rejects.toMatchObject({ code: 'conflict', message: 'There is a topic one already.' });
      await add('two');
      await expect(add('three')).rejects.toMatchObject({ code: 'conflict' });
      await add('three', 'rule');
    });
  });
}
