/** Keys as the operator makes, changes and ends them: whose they are, and what the audit log has of them. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openManage, operator, type TestManage } from './manage.testing.ts';

let test: TestManage;
beforeEach(async () => {
  test = await openManage();
});
afterEach(() => test.close());

const verify = (key: string) => test.deps.keys.verify(key, '192.0.2.1');

describe('a key', () => {
  it('is its tenant’s, named by slug or id, or the operator’s', async () => {
    const { keys } = test.manage;
    for (const tenant of ['acme', test.tenants.acme.id]) {
      const made = await keys.add(operator(), { tenant, scopes: ['send'] });
      expect(made.tenant?.slug).toBe('acme');
      expect(await verify(made.key)).toMatchObject({ kind: 'tenant', tenant: { slug: 'acme' } });
    }
    const made = await keys.add(operator(), { scopes: ['operator'] });
    expect(await verify(made.key)).toMatchObject({ kind: 'operator' });
    expect(await test.store.keys.list({ tenantId: test.tenants.rival.id })).toEqual([]);
  });

  it('is changed alone', async () => {
    const { keys } = test.manage;
    const other = await keys.add(operator(), { tenant: 'rival', scopes: ['send'], name: 'other' });
    const made = await keys.add(operator(), { tenant: 'acme', scopes: ['send'], name: 'first' });
    const changed = await keys.set(operator(), { keyId: made.row.id, name: 'second', allowedIps: ['10.0.0.0/8'] });
    expect(changed).toMatchObject({ tenant: { slug: 'acme' }, row: { name: 'second', allowedIps: ['10.0.0.0/8'] } });
    await expect(verify(made.key)).rejects.toMatchObject({ code: 'ip_not_allowed' });
    expect(await verify(other.key)).toMatchObject({ tenant: { slug: 'rival' } });
  });

  it('ends at once when it is revoked, or rotated without an overlap', async () => {
    const { keys } = test.manage;
    const first = await keys.add(operator(), { tenant: 'acme', scopes: ['send'] });
    await verify(first.key);
    const second = await keys.rotate(operator(), { keyId: first.row.id, overlapMs: 0 });
    await expect(verify(first.key)).rejects.toMatchObject({ code: 'unauthorized' });
    expect(await verify(second.key)).toMatchObject({ tenant: { slug: 'acme' } });
    await keys.revoke(operator(), { keyId: second.row.id });
    await expect(verify(second.key)).rejects.toMatchObject({ code: 'unauthorized' });
  });
});

it('is in the audit log with its tenant and rights, and without its secret', async () => {
  const { keys } = test.manage;
  const { row, key } = await keys.add(operator(), { tenant: test.tenants.acme.id, scopes: ['send'] });
  await keys.set(operator(), { keyId: row.id, name: 'deploy' });
  const next = await keys.rotate(operator(), { keyId: row.id, overlapMs: 60_000 });
  await keys.revoke(operator(), { keyId: row.id });
  await keys.revoke(operator(), { keyId: 'nothing' }).catch(() => undefined);
  await keys.add(operator(), { tenant: 'nobody', scopes: ['send'] }).catch(() => undefined);
  expect(await test.entries()).toEqual([
    `key.add done acme ${row.id}`,
    `key.set done acme ${row.id}`,
    `key.rotate done acme ${row.id}`,
    `key.revoke done acme ${row.id}`,
    'key.revoke not_found - nothing',
    'key.add not_found nobody -',
  ]);
  const { items } = await test.store.audit.list({ filter: {}, limit: 10 });
  const details = items.toReversed().map(({ detail }) => JSON.parse(detail));
  const rights = { scopes: ['send'], allowedIps: [] };
  expect(details.slice(0, 3)).toEqual([
    { after: rights },
    { before: rights, after: { ...rights, name: 'deploy' } },
    { after: { issuedKeyId: next.row.id } },
  ]);
  for (const secret of [row.hash, next.row.hash, key.split('_')[2]])
    expect(JSON.stringify(items)).not.toContain(secret);
});
