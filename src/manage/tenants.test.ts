/** Tenants as they are added, changed and removed: which of them, who is told, and what the audit log has of it. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openManage, operator, type TestManage } from './manage.testing.ts';

let test: TestManage;
beforeEach(async () => {
  const declaredTenants = () => new Map([['rival', { active: true, settings: { ratePerDay: 9 } }]]);
  test = await openManage({ declaredTenants });
});
afterEach(() => test.close());

const slugs = async () => (await test.store.tenants.list()).map(({ slug }) => slug);

describe('a tenant', () => {
  it('is there at once for who asks next', async () => {
    const { directory } = test.deps;
    expect(await directory.bySlug('late')).toBeUndefined();
    await test.manage.tenants.add(operator(), { slug: 'late', settings: { primary: 'relay' } });
    expect(await directory.bySlug('late')).toMatchObject({ name: 'late', settings: { primary: 'relay' } });
  });

  it('is changed by slug or id, and no other is', async () => {
    const { tenants } = test.manage;
    await tenants.set(operator(), { tenant: test.tenants.acme.id, name: 'Acme Inc.', settings: { ratePerDay: 5 } });
    await tenants.set(operator(), { tenant: 'acme', settings: { ratePerHour: 2 } });
    expect(await test.store.tenants.list()).toMatchObject([
      { slug: 'acme', name: 'Acme Inc.', settings: { ratePerDay: 5, ratePerHour: 2 } },
      { slug: 'rival', name: 'rival', settings: {} },
    ]);
  });

  it('has its mail looked at when it becomes active again, and only then', async () => {
    const { tenants } = test.manage;
    await tenants.set(operator(), { tenant: 'acme', active: false });
    expect(test.told).toEqual([]);
    await tenants.set(operator(), { tenant: 'acme', active: true });
    await tenants.set(operator(), { tenant: 'acme', active: true });
    expect(test.told).toEqual(['wake']);
  });

  it('is removed, and the others stay', async () => {
    const { tenants } = test.manage;
    expect(await tenants.remove(operator(), { tenant: 'acme', force: false })).toMatchObject({ isGone: true });
    expect(await slugs()).toEqual(['rival']);
    expect(await test.deps.directory.bySlug('acme')).toBeUndefined();
    expect(test.told).toEqual([]);
  });

  it('that has much is closed, and who takes it away is told', async () => {
    const { store, manage } = test;
    const entries = Array.from({ length: 1_100 }, (_, n) => ({ email: `u${n}@example.com`, createdAt: 1 }));
    await store.suppressions.add({ tenantId: test.tenants.acme.id, entries, max: 2_000 });
    expect(await manage.tenants.remove(operator(), { tenant: 'acme', force: false })).toMatchObject({ isGone: false });
    expect(await slugs()).toEqual(['rival']);
    expect(test.told).toEqual(['tenantClosed']);
  });
});

it('refuses what the configuration says otherwise, and a provider that is not there', async () => {
  const { tenants } = test.manage;
  const set_by_config = { code: 'set_by_config' };
  await expect(tenants.set(operator(), { tenant: 'rival', active: false })).rejects.toMatchObject(set_by_config);
  await expect(tenants.remove(operator(), { tenant: 'rival', force: true })).rejects.toMatchObject(set_by_config);
  const settings = { primary: 'nowhere' };
  await expect(tenants.set(operator(), { tenant: 'acme', settings })).rejects.toMatchObject({
    code: 'invalid_request',
  });
  await expect(tenants.add(operator(), { slug: 'x', settings })).rejects.toMatchObject({ code: 'invalid_request' });
  expect(await slugs()).toEqual(['acme', 'rival']);
});

it('is in the audit log by its slug, refused or done, with what was there before', async () => {
  const { tenants } = test.manage;
  await tenants.add(operator(), { slug: 'late' });
  await tenants.set(operator(), { tenant: test.tenants.acme.id, name: 'Acme Inc.' });
  await tenants.remove(operator(), { tenant: 'late', force: false });
  await tenants.remove(operator(), { tenant: 'late', force: false }).catch(() => undefined);
  expect(await test.entries()).toEqual([
    'tenant.add done late late',
    'tenant.set done acme acme',
    'tenant.remove done late late',
    'tenant.remove not_found late late',
  ]);
  const [entry] = (await test.store.audit.list({ filter: { action: 'tenant.set' }, limit: 1 })).items;
  expect(JSON.parse(entry?.detail ?? '')).toEqual({ before: { name: 'acme', active: true, settings: {} } });
});
