/** Webhooks as their owner keeps them: of one tenant alone, the worker told, and an entry in the audit log for each change. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { keyOf, openManage, type TestManage } from './manage.testing.ts';
import { createWebhookDesk, type WebhookDesk } from './webhooks.ts';

const attempt = { startedAt: 0, durationMs: 0, request: {}, status: 204 };

let test: TestManage;
let webhooks: WebhookDesk;
beforeEach(async () => {
  test = await openManage();
  webhooks = createWebhookDesk({
    ...test.deps,
    post: async () => ({ attempt, refused: false }),
    allowNetworks: () => [],
    refusalOf: () => undefined,
  });
});
afterEach(() => test.close());

const add = (tenant: 'acme' | 'rival') => {
  const owner = test.tenants[tenant];
  return webhooks.add(keyOf(owner), { tenant: owner, url: `https://${tenant}.example/hook`, events: ['*'] });
};

it('are one tenant’s: to another each is as one that is not there', async () => {
  const { acme, rival } = test.tenants;
  const { endpoint } = await add('acme');
  const named = { tenant: rival, webhookId: endpoint.id };
  const nothing = { code: 'not_found' };
  await expect(webhooks.set(keyOf(rival), { ...named, active: false })).rejects.toMatchObject(nothing);
  await expect(webhooks.rotate(keyOf(rival), { ...named, overlapMs: 0 })).rejects.toMatchObject(nothing);
  await expect(webhooks.test(keyOf(rival), named)).rejects.toMatchObject(nothing);
  const replay = { ...named, missed: true, dryRun: false };
  await expect(webhooks.replay(keyOf(rival), replay)).rejects.toMatchObject(nothing);
  await expect(webhooks.remove(keyOf(rival), named)).rejects.toMatchObject(nothing);
  expect(await test.store.webhooks.get({ tenantId: acme.id, webhookId: endpoint.id })).toEqual(endpoint);
});

it('sign with the old secret too, for as long as is said, and for a day where a new one is set', async () => {
  const tenant = test.tenants.acme;
  const { endpoint } = await add('acme');
  const named = { tenant, webhookId: endpoint.id };
  const set = await webhooks.set(keyOf(tenant), { ...named, secret: 'whsec_anew', description: 'new' });
  expect(set).toMatchObject({ description: 'new', previous: { secret: endpoint.secret } });
  expect((set.previous?.until ?? 0) - Date.now()).toBeGreaterThan(23 * 3_600_000);
  const rotated = await webhooks.rotate(keyOf(tenant), { ...named, overlapMs: 0 });
  expect(rotated.endpoint.previous).toBeUndefined();
  expect(test.deps.vault.open(rotated.endpoint.secret, `webhook:${endpoint.id}`)).toBe(rotated.secret);
});

it('wake the worker and are in the audit log, refused or done, without their secrets', async () => {
  const tenant = test.tenants.acme;
  const { endpoint, secret } = await add('acme');
  const named = { tenant, webhookId: endpoint.id };
  await webhooks.set(keyOf(tenant), { ...named, active: true });
  await webhooks.rotate(keyOf(tenant), { ...named, overlapMs: 0 });
  await webhooks.test(keyOf(tenant), named);
  await webhooks.replay(keyOf(tenant), { ...named, missed: true, dryRun: true });
  await webhooks.replayOne(keyOf(tenant), { ...named, deliveryId: 'd1' }).catch(() => undefined);
  await webhooks.remove(keyOf(tenant), named);
  await webhooks.remove(keyOf(tenant), named).catch(() => undefined);
  expect(await test.entries()).toEqual([
    `webhook.add done acme ${endpoint.id}`,
    `webhook.set done acme ${endpoint.id}`,
    `webhook.rotate done acme ${endpoint.id}`,
    `webhook.test done acme ${endpoint.id}`,
    `webhook.replay done acme ${endpoint.id}`,
    `delivery.replay not_found acme ${endpoint.id}/d1`,
    `webhook.remove done acme ${endpoint.id}`,
    `webhook.remove not_found acme ${endpoint.id}`,
  ]);
  expect(test.told).toEqual(['wake', 'wake', 'wake', 'wake']);
  expect(JSON.stringify(await test.store.audit.list({ filter: {}, limit: 10 }))).not.toContain(secret);
});
