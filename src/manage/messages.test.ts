/** Messages that are deleted: of their own tenant alone, none that still owes mail, and an entry in the audit log for each. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { messageOf } from '../../test/jobs.ts';
import { openManage, ownerOf, type TestManage } from './manage.testing.ts';

const { signal } = new AbortController();

let test: TestManage;
beforeEach(async () => {
  test = await openManage();
});
afterEach(() => test.close());

it('takes away what owes nothing any more, from its own tenant', async () => {
  const { manage, store, newId } = test;
  const { acme, rival } = test.tenants;
  const id = newId();
  const message = messageOf({ id, tenantId: acme.id, createdAt: Date.now() });
  const recipients = [{ position: 0, address: 'r0@example.com', kind: 'to' as const }];
  await store.accept({ tenantId: acme.id, messages: [{ message, recipients }] });
  const remove = (tenant: typeof acme, onlyDead = false) =>
    manage.messages.delete(ownerOf(tenant), { tenant, messageId: id, onlyDead }, signal);
  await expect(remove(acme)).rejects.toMatchObject({ code: 'conflict' });
  await store.cancel({ tenantId: acme.id, messageId: id, now: Date.now() });
  await expect(remove(rival)).rejects.toMatchObject({ code: 'not_found' });
  await expect(remove(acme, true)).rejects.toMatchObject({ code: 'conflict' });
  await remove(acme);
  expect(await store.message({ tenantId: acme.id, messageId: id })).toBeUndefined();
  expect(await test.entries()).toEqual([
    `message.delete conflict acme ${id}`,
    `message.delete not_found rival ${id}`,
    `message.delete conflict acme ${id}`,
    `message.delete done acme ${id}`,
  ]);
});
