import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../../test/store.ts';
import { createDirectory } from '../access/directory.ts';
import { createKeys } from '../access/keys.ts';
import { systemClock as clock } from '../core/clock.ts';
import { createIds } from '../core/ids.ts';
import { createVault } from '../core/vault.ts';
import type { Store } from '../db/verbs/store.ts';
import { createAudit } from './audit/audit.ts';
import { type ProvisionDeps, provisionDev, provisionFirstKey, provisionTenants } from './provision.ts';

let opened: TestStore;
let store: Store;
let deps: ProvisionDeps;

beforeEach(async () => {
  opened = await openTestStore();
  ({ store } = opened);
  const newId = createIds(clock);
  deps = {
    store,
    clock,
    newId,
    keys: createKeys({ store, directory: createDirectory({ store, clock }), clock, newId }),
    addDomain: (domain) => store.domains.add({ ...domain, id: newId(), now: clock.now() }),
    audit: createAudit({ store, clock, vault: createVault([new Uint8Array(32)]) }),
  };
});
afterEach(async () => {
  await opened.close();
});

describe('declared tenants', () => {
  it('have the domains that are declared, which no other has', async () => {
    const domains = [{ domain: 'acme.example', shared: false }];
    const declared = [{ slug: 'acme', settings: {}, domains }];
    await provisionTenants(deps, declared);
    await provisionTenants(deps, declared);
    expect(await store.tenants.list()).toMatchObject([{ slug: 'acme', senderDomains: ['acme.example'] }]);
    const taken = provisionTenants(deps, [{ slug: 'globex', settings: {}, domains }]);
    await expect(taken).rejects.toMatchObject({
      code: 'bad_config',
      message: expect.stringMatching(/globex.*acme\.example/),
    });
  });

  it('are made once, and are again what the configuration says', async () => {
    const declared = [{ slug: 'acme', name: 'Acme', settings: { primary: 'relay' } }];
    await provisionTenants(deps, declared);
    const [made] = await store.tenants.list();
    expect(made).toMatchObject({ slug: 'acme', name: 'Acme', settings: { primary: 'relay' } });
    await store.tenants.set({
      tenantId: made?.id ?? '',
      name: 'Other',
      settings: { primary: 'other', maxAttempts: 9 },
      now: clock.now(),
    });
    await provisionTenants(deps, declared);
    const after = await store.tenants.list();
    expect(after).toHaveLength(1);
    expect(after[0]).toMatchObject({ id: made?.id, name: 'Acme', settings: { primary: 'relay', maxAttempts: 9 } });
  });

  it('are active or not, as they are declared', async () => {
    await provisionTenants(deps, [{ slug: 'acme', active: false, settings: {} }]);
    expect(await store.tenants.list()).toMatchObject([{ slug: 'acme', active: false }]);
    await provisionTenants(deps, [{ slug: 'acme', settings: {} }]);
    expect(await store.tenants.list()).toMatchObject([{ active: false }]);
    await provisionTenants(deps, [{ slug: 'acme', active: true, settings: {} }]);
    expect(await store.tenants.list()).toMatchObject([{ active: true }]);
  });

  it('that are as declared are not written again', async () => {
    const declared = [{ slug: 'acme', settings: { unknownOutcome: 'hold' as const } }];
    await provisionTenants(deps, declared);
    const [before] = await store.tenants.list();
    await provisionTenants(deps, declared);
    expect((await store.tenants.list())[0]?.updatedAt).toBe(before?.updatedAt);
    expect(before?.name).toBe('acme');
  });
});

describe('the first run of --dev', () => {
  it('makes a tenant with a key that works, once', async () => {
    await provisionDev(deps);
    const first = await provisionFirstKey(deps);
    expect(first?.tenant).toBe('default');
    const directory = createDirectory({ store, clock });
    const keys = createKeys({ store, directory, clock, newId: deps.newId });
    const principal = await keys.verify(first?.key ?? '', '127.0.0.1');
    expect(principal).toMatchObject({ kind: 'tenant', tenant: { slug: 'default' } });
    expect(await provisionFirstKey(deps)).toBeUndefined();
  });

  it('adds its tenant to those there are', async () => {
    await provisionTenants(deps, [{ slug: 'acme', settings: {} }]);
    await provisionDev(deps);
    expect(await provisionFirstKey(deps)).toMatchObject({ tenant: 'default' });
    expect((await store.tenants.list()).map(({ slug }) => slug).sort()).toEqual(['acme', 'default']);
  });
});
