/** Tenants, for the operator. */

import * as z from 'zod';
import { findTenant } from '../access/directory.ts';
import { isId } from '../core/ids.ts';
import { tenantSettingsChangeSchema, tenantSettingsSchema } from '../core/tenant-settings.ts';
import type { Tenant } from '../db/verbs/store.ts';
import { checkDeclared, checkRemoval, checkTenantProviders, namesDeclared } from '../manage/tenant-changes.ts';
import type { AppDeps } from './deps.ts';
import { json, noContent } from './reply.ts';
import { jsonBody, operatorAction, operatorRoute, type Route } from './route.ts';
import { listOf, tenantShape } from './shapes.ts';
import { tenantView } from './views.ts';

const slug = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits and hyphens, at most 63')
  .refine((text) => !isId(text), 'looks like an id, which names tenants too');
const name = z.string().min(1).max(255);
const newTenant = z.strictObject({ slug, name: name.optional(), settings: tenantSettingsSchema.optional() });
const changedTenant = z.strictObject({
  name: name.optional(),
  active: z.boolean().optional(),
  settings: tenantSettingsChangeSchema.optional(),
});
/** Rows that go in one commit, and how many such commits a caller waits for. */
const PIECE = 50;
const PIECES_AT_ONCE = 20;

const removal = z.strictObject({
  force: z.enum(['true', 'false']).default('false').describe('Even while it owes mail'),
});

export function tenantRoutes(deps: AppDeps): readonly Route[] {
  const { store, directory, clock, newId, wake } = deps;
  const declaredOf = ({ slug }: Pick<Tenant, 'slug'>) => deps.declaredTenants().get(slug);
  const view = (tenant: Tenant) => tenantView(tenant, namesDeclared(declaredOf(tenant)));

  return [
    operatorRoute({
      method: 'GET',
      path: '/v1/admin/tenants',
      summary: 'List the tenants',
      answers: { 200: { description: 'All of them, by slug', schema: listOf(tenantShape) } },
      async handle() {
        const closed = (await store.tenantsBeingRemoved()).map((tenant) => tenantView(tenant, [], true));
        return json({ items: [...(await store.tenants()).map(view), ...closed] });
      },
    }),
    operatorAction('tenant.add', {
      method: 'POST',
      path: '/v1/admin/tenants',
      summary: 'Add a tenant',
      body: jsonBody(newTenant),
      answers: { 201: { description: 'The tenant', schema: tenantShape } },
      async handle({ body }) {
        checkTenantProviders(body.settings ?? {}, { known: await deps.providerNames() });
        const tenant = await store.addTenant({
          id: newId(),
          slug: body.slug,
          name: body.name ?? body.slug,
          settings: body.settings ?? {},
          now: clock.now(),
        });
        directory.forget();
        return json(view(tenant), 201);
      },
    }),
    operatorRoute({
      method: 'GET',
      path: '/v1/admin/tenants/:slug',
      summary: 'One tenant, by slug or id',
      answers: { 200: { description: 'The tenant', schema: tenantShape } },
      async handle({ param }) {
        directory.forget();
        return json(view(await findTenant(directory, param('slug'))));
      },
    }),
    operatorAction('tenant.set', {
      method: 'PATCH',
      path: '/v1/admin/tenants/:slug',
      summary: 'Change what is given of a tenant',
      body: jsonBody(changedTenant),
      answers: { 200: { description: 'The tenant', schema: tenantShape } },
      async handle({ param, body, audit }) {
        const before = await findTenant(directory, param('slug'));
        audit({ before: view(before) });
        checkDeclared(declaredOf(before), body);
        checkTenantProviders(body.settings ?? {}, { known: await deps.providerNames(), before: before.settings });
        const tenant = await store.setTenant({
          tenantId: before.id,
          now: clock.now(),
          ...(body.name === undefined ? {} : { name: body.name }),
          ...(body.active === undefined ? {} : { active: body.active }),
          ...(body.settings === undefined ? {} : { settings: given(body.settings) }),
        });
        directory.forget();
        if (tenant.active && !before.active) wake();
        return json(view(tenant));
      },
    }),
    operatorAction('tenant.remove', {
      method: 'DELETE',
      path: '/v1/admin/tenants/:slug',
      summary: 'Remove a tenant with its messages, keys and lists',
      query: removal,
      answers: {
        204: { description: 'It is gone' },
        202: { description: 'It is closed, and what it had is being taken away', schema: tenantShape },
      },
      async handle({ param, query }) {
        const tenant = await findTenant(directory, param('slug'));
        checkRemoval(tenant.slug, declaredOf(tenant));
        await store.removeTenant({ tenantId: tenant.id, force: query.force === 'true', now: clock.now() });
        directory.forget();
        for (let piece = 0; piece < PIECES_AT_ONCE; piece++) {
          if ((await store.clearTenant({ limit: PIECE })).isDone) return noContent();
        }
        deps.tenantClosed();
        return json(tenantView(tenant, [], true), 202);
      },
    }),
  ];
}

/** Without the members that are undefined, which zod's optional fields may be and the store's are not. */
function given<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
