/** Tenants, for the operator. */

import * as z from 'zod';
import { findTenant } from '../access/directory.ts';
import { tenantSettingsChangeSchema, tenantSettingsSchema } from '../core/tenant-settings.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { displayName, tenantSlug } from '../manage/fields.ts';
import { namesDeclared } from '../manage/tenant-changes.ts';
import type { AppDeps } from './deps.ts';
import { json, noContent } from './reply.ts';
import { jsonBody, operatorAction, operatorRoute, type Route } from './route.ts';
import { listOf, tenantShape } from './shapes.ts';
import { tenantView } from './views.ts';

const newTenant = z.strictObject({
  slug: tenantSlug,
  name: displayName.optional(),
  settings: tenantSettingsSchema.optional(),
});
const changedTenant = z.strictObject({
  name: displayName.optional(),
  active: z.boolean().optional(),
  settings: tenantSettingsChangeSchema.optional(),
});
const removal = z.strictObject({
  force: z.enum(['true', 'false']).default('false').describe('Even while it owes mail'),
});

export function tenantRoutes({ store, clock, directory, declaredTenants, manage }: AppDeps): readonly Route[] {
  const withRates = async (tenant: Tenant) => {
    const all = await store.tallies.rates({ now: clock.now() });
    const { rates = [] } = all.find(({ tenantId }) => tenantId === tenant.id) ?? {};
    return { ...view(tenant), rates: rates.map((one) => ({ ...one })) };
  };
  const view = (tenant: Tenant) => tenantView(tenant, namesDeclared(declaredTenants().get(tenant.slug)));

  return [
    operatorRoute({
      method: 'GET',
      path: '/v1/admin/tenants',
      summary: 'List the tenants',
      answers: { 200: { description: 'All of them, by slug', schema: listOf(tenantShape) } },
      async handle() {
        const closed = (await store.tenants.beingRemoved()).map((tenant) => tenantView(tenant, [], true));
        return json({ items: [...(await store.tenants.list()).map(view), ...closed] });
      },
    }),
    operatorAction('tenant.add', {
      method: 'POST',
      path: '/v1/admin/tenants',
      summary: 'Add a tenant',
      body: jsonBody(newTenant),
      answers: { 201: { description: 'The tenant', schema: tenantShape } },
      handle: async ({ caller, body }) => json(view(await manage.tenants.add(caller, body)), 201),
    }),
    operatorRoute({
      method: 'GET',
      path: '/v1/admin/tenants/:slug',
      summary: 'One tenant, by slug or id',
      answers: { 200: { description: 'The tenant', schema: tenantShape } },
      async handle({ param }) {
        directory.forget();
        return json(await withRates(await findTenant(directory, param('slug'))));
      },
    }),
    operatorAction('tenant.set', {
      method: 'PATCH',
      path: '/v1/admin/tenants/:slug',
      summary: 'Change what is given of a tenant',
      body: jsonBody(changedTenant),
      answers: { 200: { description: 'The tenant', schema: tenantShape } },
      handle: async ({ caller, param, body }) =>
        json(await withRates(await manage.tenants.set(caller, { tenant: param('slug'), ...body }))),
    }),
    operatorAction('tenant.remove', {
      isDangerous: true,
      method: 'DELETE',
      path: '/v1/admin/tenants/:slug',
      summary: 'Remove a tenant with its messages, keys and lists',
      query: removal,
      answers: {
        204: { description: 'It is gone' },
        202: { description: 'It is closed, and what it had is being taken away', schema: tenantShape },
      },
      async handle({ caller, param, query }) {
        const removal = { tenant: param('slug'), force: query.force === 'true' };
        const { tenant, isGone } = await manage.tenants.remove(caller, removal);
        return isGone ? noContent() : json(tenantView(tenant, [], true), 202);
      },
    }),
  ];
}
