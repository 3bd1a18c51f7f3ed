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
      await store.addKey({ ...key, allowedIps: ['10.0.0.0/8'] });
      const networks = async () => (await store.keyByPrefix('p'))?.allowedIps;
      expect(await networks()).toEqual(['10.0.0.0/8']);
      await store.setKey({ keyId: 'k', lastUsedAt: 9 });
      expect(await networks()).toEqual(['10.0.0.0/8']);
      await store.setKey({ keyId: 'k', allowedIps: ['::1/128'], name: 'n' });
      expect(await store.keyByPrefix('p')).toMatchObject({ allowedIps: ['::1/128'], name: 'n', lastUsedAt: 9 });
      await store.setKey({ keyId: 'k', allowedIps: [] });
      expect(await networks()).toBeUndefined();
    });

    const append = async (by: readonly [DerivedKey, ...DerivedKey[]] = keys, areLatest = true) =>
      (await store.appendAudit({ entry, keys: by, areLatest }))?.seq;

    it('chains entries that come at once, without a gap, and vouches for the last', async () => {
      const numbers = await Promise.all(Array.from({ length: 30 }, () => append()));
      expect(numbers.sort((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
      const records = await store.auditAfter({ seq: 0, limit: 100 });
      for (const [at, { hash, ...record }] of records.entries()) {
        expect(record.previousHash).toBe(records[at - 1]?.hash ?? '');
        expect(auditHash(record)).toBe(hash);
      }
      const head = await store.auditHead();
      expect(head).toMatchObject({ seq: 30, hash: records.at(-1)?.hash });
      expect(head && checkHead(head, keys)).toBe('right');
    });

    it('has the audit log after it was closed', async () => {
      await append();
      await store.close();
      store = await harness.reopen();
      expect(await append()).toBe(2);
      expect((await store.auditEntries({ filter: {}, limit: 9 })).items).toHaveLength(2);
    });

    it('says since when something is there whose making is recorded', async () => {
      const since = Date.now();
      expect(await store.oldestAudited()).toBeUndefined();
      await store.addTenant({ id: 't', slug: 'acme', name: 'Acme', settings: {}, now: since + 9_000 });
      await store.addKey({ id: 'k', prefix: 'p', hash: 'h', scopes: ['operator'], createdAt: since + 8_000 });
      expect(await store.oldestAudited()).toBe(since + 8_000);
      const provider = { name: 'p', type: 'smtp', settings: 'v1.aa.x', createdAt: since + 7_000, updatedAt: since };
      await store.addProvider(provider);
      expect(await store.oldestAudited()).toBe(since + 7_000);
    });

    it('takes no entry under keys from before a rotation, unless they are the latest there are', async () => {
      await append(keys);
      expect(await store.retireKeys([later, ...keys])).toBe(true);
      expect(await store.auditHead()).toMatchObject({ seq: 1, keyId: 'bb' });
      expect(await append(keys, false)).toBeUndefined();
      expect(await append([later], false)).toBe(2);
      expect((await store.auditAfter({ seq: 0, limit: 9 })).map(({ previousHash }) => previousHash)[1]).not.toBe('');
      // The same where nothing was retired yet.
      expect(await append([{ keyId: 'cc', key: new Uint8Array(32) }], false)).toBeUndefined();
      expect(await append(keys, true)).toBe(3);
      expect((await store.auditAfter({ seq: 2, limit: 9 }))[0]).toMatchObject({ previousHash: '' });
    });

    it('begins no log under a key that was retired', async () => {
      expect(await store.retireKeys([later, ...keys])).toBe(true);
      expect(await append(keys, false)).toBeUndefined();
      expect(await store.auditHead()).toBeUndefined();
      expect(await append([later], false)).toBe(1);
      expect(await store.auditHead()).toMatchObject({ keyId: 'bb' });
    });

    it('vouches for the end by another key where it is told to', async () => {
      await store.adoptAuditEnd(later);
      expect(await store.auditHead()).toBeUndefined();
      await append(keys);
      await store.adoptAuditEnd(later);
      expect(await append([later], false)).toBe(2);
      expect((await store.auditAfter({ seq: 1, limit: 9 }))[0]?.previousHash).not.toBe('');
    });

    it('retires a key once nothing is sealed with it, and takes nothing more that it sealed', async () => {
      const provider = { name: 'p', type: 'smtp', createdAt: 1, updatedAt: 1 };
      await store.addProvider({ ...provider, settings: 'v1.aa.x' });
      expect(await store.retireKeys([later, ...keys])).toBe(false);
      await store.setProvider({ name: 'p', settings: 'v1.aa.y', now: 2 });
      await store.setProvider({ name: 'p', settings: 'v1.bb.y', now: 2 });
      expect(await store.retireKeys([later, ...keys])).toBe(true);
      const refused = { code: 'store_unavailable' };
      await expect(store.setProvider({ name: 'p', settings: 'v1.aa.z', now: 3 })).rejects.toMatchObject(refused);
      await expect(store.addProvider({ ...provider, name: 'q', settings: 'v1.aa.z' })).rejects.toMatchObject(refused);
      await store.addProvider({ ...provider, name: 'q', settings: 'v1.bb.z' });
      expect((await store.sealedTexts()).map(({ sealed }) => sealed)).toEqual(['v1.bb.y', 'v1.bb.z']);
      await store.reinstateKey('aa');
      await store.setProvider({ name: 'p', settings: 'v1.aa.z', now: 3 });
    });

    it('seals nothing anew in a column that is not listed', async () => {
      const at = { table: 'tenants', column: 'slug', id: 'x', context: 'x', sealed: 'a', anew: 'b' };
      await expect(store.reseal([at])).rejects.toThrow('not a sealed column');
      expect(await store.sealedTexts()).toEqual([]);
    });
  });
}
