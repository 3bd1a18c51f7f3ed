/** Sender domains as tenants and the operator change them: whose word holds, and what the audit log has of it. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyOf, openManage, operator, type TestManage } from './manage.testing.ts';

let test: TestManage;
beforeEach(async () => {
  const declaredTenants = () => new Map([['acme', { settings: {}, domains: [{ domain: 'given.example' }] }]]);
  test = await openManage({ declaredTenants });
});
afterEach(() => test.close());

const domainsOf = async (tenant: 'acme' | 'rival') =>
  (await test.store.domains.list({ tenantId: test.tenants[tenant].id })).map(({ domain }) => domain);
const forbidden = { code: 'forbidden' };

describe('a sender domain', () => {
  it('is one tenant’s: another neither has it, nor changes it, nor takes it away', async () => {
    const { domains } = test.manage;
    const { acme, rival } = test.tenants;
    const named = { tenant: acme, domain: 'acme.example' };
    expect(await domains.add(operator(), { ...named, shared: false })).toMatchObject({ domain: 'acme.example' });
    const others = { tenant: rival, domain: 'acme.example' };
    const rotation = { activate: false, force: false };
    const conflict = { code: 'conflict' };
    const nothing = { code: 'not_found' };
    await expect(domains.add(keyOf(rival), { ...others, shared: false })).rejects.toMatchObject(conflict);
    await expect(domains.remove(keyOf(rival), others)).rejects.toMatchObject(nothing);
    await expect(domains.rotate(keyOf(rival), { ...others, ...rotation })).rejects.toMatchObject(nothing);
    await expect(domains.verify(keyOf(rival), others)).rejects.toMatchObject(nothing);
    expect([await domainsOf('acme'), await domainsOf('rival')]).toEqual([['acme.example'], []]);
    await expect(domains.remove(keyOf(acme), named)).rejects.toMatchObject(forbidden);
    await domains.remove(operator(), named);
    expect(await domainsOf('acme')).toEqual([]);
  });

  it('is shared, and its keys are changed, by the operator alone', async () => {
    const { domains } = test.manage;
    const { acme } = test.tenants;
    const named = { tenant: acme, domain: 'both.example' };
    const rotation = { activate: false, force: false };
    await expect(domains.add(keyOf(acme), { ...named, shared: true })).rejects.toMatchObject(forbidden);
    await domains.add(operator(), { ...named, shared: true });
    await expect(domains.rotate(keyOf(acme), { ...named, ...rotation })).rejects.toMatchObject(forbidden);
    expect(await domains.rotate(operator(), { ...named, ...rotation })).toMatchObject({ domain: 'both.example' });
    await expect(domains.remove(keyOf(acme), named)).rejects.toMatchObject(forbidden);
  });

  it('that the configuration gives stays', async () => {
    const { domains } = test.manage;
    const named = { tenant: test.tenants.acme, domain: 'given.example' };
    await domains.add(operator(), { ...named, shared: false });
    await expect(domains.remove(operator(), named)).rejects.toMatchObject({ code: 'set_by_config' });
  });

  it('says what else its tenant may send from', async () => {
    const tenant = { ...test.tenants.acme, settings: { anySender: true } };
    const { notes } = await test.manage.domains.add(operator(), { tenant, domain: 'acme.example', shared: false });
    expect(notes.join()).toContain('iep tenant set acme --any-sender off');
  });
});

it('is in the audit log, refused or done', async () => {
  const { domains } = test.manage;
  const { acme } = test.tenants;
  const named = { tenant: acme, domain: 'acme.example' };
  await domains.add(keyOf(acme), { ...named, shared: true }).catch(() => undefined);
  await domains.add(keyOf(acme), { ...named, shared: false });
  await domains.rotate(keyOf(acme), { ...named, activate: true, force: false });
  await domains.remove(keyOf(acme), named);
  await domains.verify(keyOf(acme), named).catch(() => undefined);
  expect(await test.entries()).toEqual([
    'domain.add forbidden acme acme.example',
    'domain.add done acme acme.example',
    'domain.rotate done acme acme.example',
    'domain.remove done acme acme.example',
    'domain.verify not_found acme acme.example',
  ]);
});
