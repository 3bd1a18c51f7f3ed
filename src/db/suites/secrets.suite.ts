/** The contract of the verbs for keys bound to networks, for the audit log and for sealed texts; part of the store's. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditEntry, auditHash, checkHead } from '../../core/audit-entry.ts';
import type { DerivedKey } from '../../core/vault.ts';
import type { Store } from '../verbs/store.ts';
import type { StoreHarness } from './store.suite.ts';

const keys = [{ keyId: 'aa', key: new Uint8Array(32).fill(1) }] as const;
const later = { keyId: 'bb', key: new Uint8Array(32).fill(2) };
const entry: AuditEntry = {
  at: 5,
  actor: { kind: 'local', id: 'jo' },
  source: 'local',
  action: 'test',
  outcome: 'done',
  detail: '{}',
};

export function secretsSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`store: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;

    beforeEach(async () => {
      harness = await createHarness();
      store = await harness.open();
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    it('keeps the networks of a key, changes them, and takes them away', async () => {
      const key = { id: 'k', prefix: 'p', hash: 'h', scopes: ['operator'], createdAt: 1 } as const;
      await store.keys.add({ ...key, allowedIps: ['10.0.0.0/8'] });
      const networks = async () => (await store.keys.byPrefix('p'))?.allowedIps;
      expect(await networks()).toEqual(['10.0.0.0/8']);
      await store.keys.set({ keyId: 'k', lastUsedAt: 9 });
      expect(await networks()).toEqual(['10.0.0.0/8']);
      await store.keys.set({ keyId: 'k', allowedIps: ['::1/128'], name: 'n' });
      expect(await store.keys.byPrefix('p')).toMatchObject({ allowedIps: ['::1/128'], name: 'n', lastUsedAt: 9 });
      await store.keys.set({ keyId: 'k', allowedIps: [] });
      expect(await networks()).toBeUndefined();
    });

    const append = async (by: readonly [DerivedKey, ...DerivedKey[]] = keys, areLatest = true) =>
      (await store.audit.append({ entry, keys: by, areLatest }))?.seq;

    it('chains entries that come at once, without a gap, and vouches for the last', async () => {
      const numbers = await Promise.all(Array.from({ length: 30 }, () => append()));
      expect(numbers.sort((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
      const records = await store.audit.after({ seq: 0, limit: 100 });
      for (const [at, { hash, ...record }] of records.entries()) {
        expect(record.previousHash).toBe(records[at - 1]?.hash ?? '');
        expect(auditHash(record)).toBe(hash);
      }
      const head = await store.audit.head();
      expect(head).toMatchObject({ seq: 30, hash: records.at(-1)?.hash });
      expect(head && checkHead(head, keys)).toBe('right');
    });

    it('has the audit log after it was closed', async () => {
      await append();
      await store.close();
      store = await harness.reopen();
      expect(await append()).toBe(2);
      expect((await store.audit.list({ filter: {}, limit: 9 })).items).toHaveLength(2);
    });

    it('says since when something is there whose making is recorded', async () => {
      const since = Date.now();
      expect(await store.audit.oldestMade()).toBeUndefined();
      await store.tenants.add({ id: 't', slug: 'acme', name: 'Acme', settings: {}, now: since + 9_000 });
      await store.keys.add({ id: 'k', prefix: 'p', hash: 'h', scopes: ['operator'], createdAt: since + 8_000 });
      expect(await store.audit.oldestMade()).toBe(since + 8_000);
      const provider = { name: 'p', type: 'smtp', settings: 'v1.aa.x', createdAt: since + 7_000, updatedAt: since };
      await store.providers.add(provider);
      expect(await store.audit.oldestMade()).toBe(since + 7_000);
    });

    it('takes no entry under keys from before a rotation, unless they are the latest there are', async () => {
      await append(keys);
      expect(await store.seals.retireKeys([later, ...keys])).toBe(true);
      expect(await store.audit.head()).toMatchObject({ seq: 1, keyId: 'bb' });
      expect(await append(keys, false)).toBeUndefined();
      expect(await append([later], false)).toBe(2);
      expect((await store.audit.after({ seq: 0, limit: 9 })).map(({ previousHash }) => previousHash)[1]).not.toBe('');
      // The same where nothing was retired yet.
      expect(await append([{ keyId: 'cc', key: new Uint8Array(32) }], false)).toBeUndefined();
      expect(await append(keys, true)).toBe(3);
      expect((await store.audit.after({ seq: 2, limit: 9 }))[0]).toMatchObject({ previousHash: '' });
    });

    it('begins no log under a key that was retired', async () => {
      expect(await store.seals.retireKeys([later, ...keys])).toBe(true);
      expect(await append(keys, false)).toBeUndefined();
      expect(await store.audit.head()).toBeUndefined();
      expect(await append([later], false)).toBe(1);
      expect(await store.audit.head()).toMatchObject({ keyId: 'bb' });
    });

    it('vouches for the end by another key where it is told to', async () => {
      await store.audit.adoptEnd(later);
      expect(await store.audit.head()).toBeUndefined();
      await append(keys);
      await store.audit.adoptEnd(later);
      expect(await append([later], false)).toBe(2);
      expect((await store.audit.after({ seq: 1, limit: 9 }))[0]?.previousHash).not.toBe('');
    });

    it('retires a key once nothing is sealed with it, and takes nothing more that it sealed', async () => {
      const provider = { name: 'p', type: 'smtp', createdAt: 1, updatedAt: 1 };
      await store.providers.add({ ...provider, settings: 'v1.aa.x' });
      expect(await store.seals.retireKeys([later, ...keys])).toBe(false);
      await store.providers.set({ name: 'p', settings: 'v1.aa.y', now: 2 });
      await store.providers.set({ name: 'p', settings: 'v1.bb.y', now: 2 });
      expect(await store.seals.retireKeys([later, ...keys])).toBe(true);
      const refused = { code: 'store_unavailable' };
      await expect(store.providers.set({ name: 'p', settings: 'v1.aa.z', now: 3 })).rejects.toMatchObject(refused);
      await expect(store.providers.add({ ...provider, name: 'q', settings: 'v1.aa.z' })).rejects.toMatchObject(refused);
      await store.providers.add({ ...provider, name: 'q', settings: 'v1.bb.z' });
      expect((await store.seals.list({ limit: 100 })).items.map(({ sealed }) => sealed)).toEqual([
        'v1.bb.y',
        'v1.bb.z',
      ]);
      await store.seals.reinstateKey('aa');
      await store.providers.set({ name: 'p', settings: 'v1.aa.z', now: 3 });
    });

    it('lists what is sealed in pages, over all columns', async () => {
      const names = ['a', 'b', 'c', 'd', 'e'];
      for (const name of names) {
        await store.providers.add({ name, type: 'smtp', settings: `v1.aa.${name}`, createdAt: 1, updatedAt: 1 });
        await store.providers.keepToken({ provider: name, token: `v1.aa.t${name}`, now: 1 });
      }
      for (const limit of [1, 2, 3, 5, 10, 11]) {
        const found: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.seals.list({ limit, ...(cursor !== undefined && { cursor }) });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          found.push(...page.items.map(({ sealed }) => sealed));
          cursor = page.cursor;
        } while (cursor !== undefined);
        expect(found.sort()).toEqual(names.flatMap((name) => [`v1.aa.${name}`, `v1.aa.t${name}`]).sort());
      }
    });

    it('seals nothing anew in a column that is not listed', async () => {
      const at = { table: 'tenants', column: 'slug', id: 'x', context: 'x', sealed: 'a', anew: 'b' };
      await expect(store.seals.reseal([at])).rejects.toThrow('not a sealed column');
      expect((await store.seals.list({ limit: 100 })).items).toEqual([]);
    });
  });
}
