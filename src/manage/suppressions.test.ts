/** The suppression list as its owner changes it: of its tenant alone, and with an entry in the audit log. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { openManage, operator as owner, type TestManage } from './manage.testing.ts';

const { signal } = new AbortController();

let test: TestManage;
beforeEach(async () => {
  test = await openManage({ maxSuppressions: () => 1_200 });
});
afterEach(() => test.close());

const listOf = async (tenant: 'acme' | 'rival') =>
  (await test.store.suppressions.list({ tenantId: test.tenants[tenant].id, limit: 10, now: Date.now() })).items.map(
    ({ email, reason }) => `${email} ${reason}`,
  );

it('is one tenant’s', async () => {
  const { suppressions } = test.manage;
  const { acme, rival } = test.tenants;
  const added = await suppressions.add(owner(), { tenant: acme, email: 'a@example.com', reason: 'complaint' });
  expect(added).toMatchObject({ change: 'added', entry: { email: 'a@example.com', reason: 'complaint' } });
  const again = await suppressions.add(owner(), { tenant: acme, email: 'a@example.com' });
  expect(again).toMatchObject({ change: 'unchanged', entry: { reason: 'complaint' } });
  const gone = suppressions.remove(owner(), { tenant: rival, email: 'a@example.com' });
  await expect(gone).rejects.toMatchObject({ code: 'not_found' });
  expect([await listOf('acme'), await listOf('rival')]).toEqual([['a@example.com complaint'], []]);
  await suppressions.remove(owner(), { tenant: acme, email: 'a@example.com' });
  expect(await listOf('acme')).toEqual([]);
});

it('refuses an entry that has expired already', async () => {
  const input = { tenant: test.tenants.acme, email: 'a@example.com', expiresAt: 1 };
  await expect(test.manage.suppressions.add(owner(), input)).rejects.toMatchObject({ code: 'invalid_request' });
});

it('takes a file without weakening an entry, and foretells what comes of it', async () => {
  const { suppressions } = test.manage;
  const { acme } = test.tenants;
  await suppressions.add(owner(), { tenant: acme, email: 'a@example.com', reason: 'complaint' });
  const entries = ['a@example.com', 'b@example.com', 'b@example.com'].map((email) => ({ email, createdAt: 1 }));
  const input = { tenant: acme, entries, now: Date.now() };
  const counts = { added: 1, changed: 0, unchanged: 2 };
  expect(await suppressions.import(owner(), { ...input, dryRun: true }, signal)).toEqual(counts);
  expect(await listOf('acme')).toEqual(['a@example.com complaint']);
  expect(await suppressions.import(owner(), { ...input, dryRun: false }, signal)).toEqual(counts);
  expect(await listOf('acme')).toEqual(['a@example.com complaint', 'b@example.com manual']);
});

it('says how much of a file went in before the list was full', async () => {
  const entries = Array.from({ length: 1_500 }, (_, n) => ({ email: `u${n}@example.com`, createdAt: 1 }));
  const input = { tenant: test.tenants.acme, entries, now: Date.now(), dryRun: false };
  const importing = test.manage.suppressions.import(owner(), input, signal);
  await expect(importing).rejects.toThrow('The first 1000 of the file were added.');
});

it('is in the audit log, refused or done', async () => {
  const { suppressions } = test.manage;
  const tenant = test.tenants.acme;
  await suppressions.add(owner(), { tenant, email: '@example.com' });
  await suppressions.import(owner(), { tenant, entries: [], now: 1, dryRun: true }, signal);
  await suppressions.remove(owner(), { tenant, email: '@example.com' });
  await suppressions.remove(owner(), { tenant, email: 'a@example.com' }).catch(() => undefined);
  expect(await test.entries()).toEqual([
    'suppression.add done acme *@example.com',
    'suppression.import done acme -',
    'suppression.remove done acme *@example.com',
    'suppression.remove not_found acme a@example.com',
  ]);
});
