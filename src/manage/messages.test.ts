/** Messages that are deleted: of their own tenant alone, none that still owes mail, and an entry in the audit log for each. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { messageOf } from '../../test/jobs.ts';
import { keyOf, openManage, type TestManage } from './manage.testing.ts';

const { signal } = new AbortController();

let test: TestManage;
beforeEach(async () => {
  test = await openManage();
});
afterEach(() => test.close());

it('are looked at when they are due again, counted when they are cancelled, and one tenant’s', async () => {
  const { manage, store, newId, told } = test;
  const { acme, rival } = test.tenants;
  const now = Date.now();
  const message = messageOf({ id: newId(), tenantId: acme.id, createdAt: now, scheduledAt: now + 60_000 });
  const recipients = [{ position: 0, address: 'r0@example.com', kind: 'to' as const }];
  await store.outbox.accept({ tenantId: acme.id, messages: [{ message, recipients }] });
  const theirs = { tenant: rival, messageId: message.id };
  const ours = { tenant: acme, messageId: message.id };
  const nothing = { code: 'not_found' };
  await expect(manage.messages.cancel(theirs, signal)).rejects.toMatchObject(nothing);
  await expect(manage.messages.reschedule({ ...theirs, scheduledAt: now }, signal)).rejects.toMatchObject(nothing);
  await expect(manage.messages.retry({ ...theirs, onlyDead: false }, signal)).rejects.toMatchObject(nothing);
  expect(told).toEqual([]);
  await manage.messages.reschedule({ ...ours, scheduledAt: now + 120_000 }, signal);
  expect(await manage.messages.cancel(ours, signal)).toBe('cancelled');
  expect(told).toEqual(['wake', 'counted cancelled']);
  expect(await test.entries()).toEqual([]);
});

it('takes away what owes nothing any more, from its own tenant', async () => {
  const { manage, store, newId } = test;
  const { acme, rival } = test.tenants;
  const id = newId();
  const message = messageOf({ id, tenantId: acme.id, createdAt: Date.now() });
  const recipients = [{ position: 0, address: 'r0@example.com', kind: 'to' as const }];
  await store.outbox.accept({ tenantId: acme.id, messages: [{ message, recipients }] });
  const remove = (tenant: typeof acme, onlyDead = false) =>
    manage.messages.delete(keyOf(tenant), { tenant, messageId: id, onlyDead }, signal);
  await expect(remove(acme)).rejects.toMatchObject({ code: 'conflict' });
  await store.messages.cancel({ tenantId: acme.id, messageId: id, now: Date.now() });
  await expect(remove(rival)).rejects.toMatchObject({ code: 'not_found' });
  await expect(remove(acme, true)).rejects.toMatchObject({ code: 'conflict' });
  await remove(acme);
  expect(await store.messages.get({ tenantId: acme.id, messageId: id })).toBeUndefined();
  expect(await test.entries()).toEqual([
    `message.delete conflict acme ${id}`,
    `message.delete not_found rival ${id}`,
    `message.delete conflict acme ${id}`,
    `message.delete done acme ${id}`,
  ]);
});
