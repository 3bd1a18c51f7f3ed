/** The contract of the verbs for keys bound to networks, for the audit log and for sealed texts; part of the store's. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditEntry, auditHash, checkHead } from '../core/audit-entry.ts';
import type { StoreHarness } from './store.suite.ts';
import type { Store } from './store.ts';

const keys = [{ keyId: 'aa', key: new Uint8Array(32).fill(1) }] as const;
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

    it('chains entries that come at once, without a gap, and vouches for the last', async () => {
      const answers = await Promise.all(Array.from({ length: 30 }, () => store.appendAudit({ entry, keys })));
      expect(answers.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
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
      await store.appendAudit({ entry, keys });
      await store.close();
      store = await harness.reopen();
      expect((await store.appendAudit({ entry, keys })).seq).toBe(2);
      expect((await store.auditEntries({ filter: {}, limit: 9 })).items).toHaveLength(2);
    });

    it('seals nothing anew in a column that is not listed', async () => {
      const at = { table: 'tenants', column: 'slug', id: 'x', place: 'x', sealed: 'a', anew: 'b' };
      await expect(store.reseal([at])).rejects.toThrow('not a sealed column');
      expect(await store.sealedTexts()).toEqual([]);
    });
  });
}
