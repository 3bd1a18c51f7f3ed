/** Rotation over the real store: everything stays readable at every step, and the old key goes when nothing needs it. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AUDIT_PURPOSE } from '../core/audit-entry.ts';
import { systemClock as clock } from '../core/clock.ts';
import { createVault, keyIdOf, sealedBy } from '../core/vault.ts';
import { type OpenDataDirectory, openDataDirectory } from '../db/datadir/data-directory.ts';
import { dataDirectory } from '../db/datadir/data-files.ts';
import { replaceMasterKey } from '../db/datadir/master-key.ts';
import { openStore } from '../db/open.ts';
import type { Store } from '../db/verbs/store.ts';
import { createAudit, systemActor } from './audit/audit.ts';
import { verifyAudit } from './audit/verify.ts';
import { rotateMasterKey } from './master-key.ts';

let base: string;
let data: OpenDataDirectory;
let store: Store;

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'iep-rotate-'));
  data = await openDataDirectory(base, {});
  ({ store } = await openStore({ file: data.database, threads: false }));
  await store.tenants.add({ id: 't', slug: 'acme', name: 'Acme', settings: {}, now: 1 });
});
afterEach(async () => {
  await store.close();
  rmSync(base, { recursive: true });
});

/** Endpoints with sealed secrets. */
async function plant(
  count: number,
  seal = (id: string) => data.vault.seal(`whsec of ${id}`, `webhook:${id}`),
): Promise<void> {
  const endpoint = { tenantId: 't', url: 'https://hooks.example.com/', events: ['*' as const], max: count, now: 1 };
  for (let n = 0; n < count; n++) await store.webhooks.add({ ...endpoint, id: `e${n}`, secret: seal(`e${n}`) });
}

/** All of it, in one page. */
const allSealed = async (of: Store) => (await of.seals.list({ limit: 10_000 })).items;

async function readable(vault = data.vault): Promise<string[]> {
  return (await allSealed(store)).map(({ sealed, context }) => vault.open(sealed, context));
}

const rotate = (vault = data.vault, changes: Partial<Store['seals']> = {}) => {
  const audit = createAudit({ store, vault, clock });
  const actor = { kind: 'local', id: 'jo' } as const;
  return rotateMasterKey(
    {
      store: { ...store, seals: { ...store.seals, ...changes } },
      vault,
      files: data,
      masterKeys: data.masterKeys,
      audit,
      actor,
      clock,
    },
    { settleMs: 0 },
  );
};

it('seals everything anew, then drops the old key', async () => {
  await plant(250);
  const before = data.vault.keyId;
  const rotation = await rotate();
  expect(rotation).toMatchObject({ previousKeyId: before, resealed: 250, unreadable: [], resumed: false, done: true });
  expect(data.vault.keyId).toBe(rotation.keyId);
  expect(rotation.keyId).not.toBe(before);
  expect((await readable()).sort()[0]).toBe('whsec of e0');
  expect(new Set((await allSealed(store)).map(({ sealed }) => sealedBy(sealed)))).toEqual(new Set([rotation.keyId]));
  expect(existsSync(data.previousKey)).toBe(false);
  // The file alone is enough for whoever starts next.
  expect(await readable(createVault([readFileSync(dataDirectory(base).masterKey)]))).toHaveLength(250);
});

it('goes on where one was interrupted, and makes no further key', async () => {
  await plant(3);
  const before = data.vault.keyId;
  await replaceMasterKey(data);
  expect(await readable()).toHaveLength(3);
  const between = data.vault.keyId;
  const rotation = await rotate();
  expect(rotation).toMatchObject({ keyId: between, previousKeyId: before, resumed: true, resealed: 3, done: true });
  expect(await readable()).toHaveLength(3);
});

it('is alone: a second one meanwhile is refused, and nothing is lost', async () => {
  await plant(50);
  const both = await Promise.allSettled([rotate(), rotate()]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'conflict' } });
  expect(await readable()).toHaveLength(50);
});

it('keeps the old key while a secret cannot be opened, and names it', async () => {
  await plant(2, (id) =>
    id === 'e0' ? createVault([new Uint8Array(32)]).seal('x', 'webhook:e0') : data.vault.seal('y', `webhook:${id}`),
  );
  const rotation = await rotate();
  expect(rotation).toMatchObject({ resealed: 1, done: false, unreadable: [{ context: 'webhook:e0' }] });
  expect(existsSync(data.previousKey)).toBe(true);
});

it('leaves a secret alone that was set anew meanwhile', async () => {
  await plant(1);
  const [text] = await allSealed(store);
  if (text === undefined) throw new Error('nothing is sealed');
  const stale = { ...text, sealed: 'v1.x.y', anew: 'z' };
  expect(await store.seals.reseal([stale])).toBe(0);
  expect(await readable()).toEqual(['whsec of e0']);
});

describe('what another process sealed with the old key', () => {
  const late = (sealed: string) =>
    store.providers.add({ name: 'late', type: 'smtp', settings: sealed, createdAt: 1, updatedAt: 1 });
  const seal = () => data.vault.seal('settings', 'provider:late');

  it('is refused where it comes to be stored after the rotation, and taken when it is sealed again', async () => {
    await plant(2);
    const sealed = seal();
    expect(await rotate()).toMatchObject({ done: true });
    await expect(late(sealed)).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('The master key was changed meanwhile; try again'),
    });
    await late(seal());
    expect(await readable()).toHaveLength(3);
  });

  it('is sealed anew where it is stored between the last look and the end', async () => {
    const sealed = seal();
    let looks = 0;
    const rotation = await rotate(data.vault, {
      async retireKeys(keys) {
        looks += 1;
        if (looks === 1) await late(sealed);
        return store.seals.retireKeys(keys);
      },
    });
    expect(rotation).toMatchObject({ resealed: 1, done: true });
    expect(looks).toBe(2);
    expect(existsSync(data.previousKey)).toBe(false);
    expect(await readable()).toEqual(['settings']);
  });

  it('or vouched for with it: the chain of the audit log holds', async () => {
    const before = data.vault.derive(AUDIT_PURPOSE);
    const vault = { derive: () => (stale.pop() ? before : data.vault.derive(AUDIT_PURPOSE)) };
    const audit = createAudit({ store, vault, clock });
    const entry = { actor: systemActor('x'), source: 'local', action: 'a', outcome: 'done', changes: {} };
    const stale = [true];
    await audit.record(entry);
    await rotate();
    stale.push(true);
    await audit.record(entry);
    expect(stale).toEqual([]);
    expect(await verifyAudit({ store, vault: data.vault }, { from: 1 })).toMatchObject({ entries: 3, breaks: [] });
  });

  it('is taken again once the key is', async () => {
    const old = Buffer.from(data.masterKeys.keys()[0]).toString('hex');
    await rotate();
    data = await openDataDirectory(base, { IEP_MASTER_KEY: old });
    await expect(late(seal())).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await rotate()).toMatchObject({ done: true });
    await late(seal());
    expect(await readable()).toEqual(['settings']);
  });
});

it('is in the audit log, whose end the new key vouches for', async () => {
  const audit = createAudit({ store, vault: data.vault, clock });
  const entry = {
    actor: { kind: 'system', id: 'x' },
    source: 'local',
    action: 'a',
    outcome: 'done',
    changes: {},
  } as const;
  await audit.record(entry);
  const { keyId } = await rotate();
  await audit.record(entry);
  expect(await verifyAudit({ store, vault: data.vault }, { from: 1 })).toMatchObject({ entries: 3, breaks: [] });
  expect(await store.audit.head()).toMatchObject({ seq: 3, keyId });
  expect(keyIdOf(readFileSync(data.masterKey))).toBe(keyId);
});

it('follows a key that was changed outside, and asks for the old one where it is not given', async () => {
  await plant(1);
  const old = Buffer.from(data.masterKeys.keys()[0]).toString('hex');
  const env = { IEP_MASTER_KEY: Buffer.alloc(32, 5).toString('hex') };
  rmSync(data.masterKey);
  data = await openDataDirectory(base, env);
  await expect(rotate()).rejects.toMatchObject({ code: 'conflict' });
  data = await openDataDirectory(base, { ...env, IEP_MASTER_KEY_PREVIOUS: old });
  expect(await rotate()).toMatchObject({ resealed: 1, done: true });
  expect(await readable((await openDataDirectory(base, env)).vault)).toEqual(['whsec of e0']);
});
