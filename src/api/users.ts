/** People and their roles, for the operator. */

import * as z from 'zod';
import { findTenant } from '../access/directory.ts';
import { memberRoles, platformRoles } from '../core/roles.ts';
import { findUser } from '../manage/users.ts';
import type { AppDeps } from './deps.ts';
import { resetUserShape, resetUserView, userLinkShape, userLinkView, userShape, userView } from './people-views.ts';
import { json, noContent } from './reply.ts';
import { jsonBody, operatorAction, operatorRoute, type Route } from './route.ts';
import { listOf } from './shapes.ts';

const MAX_TENANTS = 1_000;

const role = z.enum(platformRoles);
const tenants = z
  .array(z.strictObject({ tenant: z.string().max(64).describe('Slug or id'), role: z.enum(memberRoles) }))
  .max(MAX_TENANTS)
  .refine((list) => new Set(list.map(({ tenant }) => tenant)).size === list.length, 'must name each tenant once');

const newUser = z.strictObject({
  email: z.string().max(320),
  role: role.optional().describe('In the whole platform; left out for a member of tenants alone'),
  tenants: tenants.optional().describe('What it is a member of, in place of a role in the platform'),
});
const changedUser = z.strictObject({
  role: role.nullable().optional().describe('null: a member of tenants alone'),
  tenants: tenants.optional().describe('In place of those it has'),
});

export function userRoutes({ store, directory, manage }: AppDeps): readonly Route[] {
  return [
    operatorRoute({
      method: 'GET',
      path: '/v1/users',
      summary: 'List the people',
      query: z.strictObject({ tenant: z.string().optional().describe('Slug or id: its members') }),
      answers: { 200: { description: 'The people', schema: listOf(userShape) } },
      async handle({ query }) {
        const tenant = query.tenant === undefined ? undefined : await findTenant(directory, query.tenant);
        const rows = await store.people.users(tenant === undefined ? {} : { tenantId: tenant.id });
        return json({ items: await Promise.all(rows.map((row) => userView(row, directory))) });
      },
    }),
    operatorAction('user.add', {
      method: 'POST',
      path: '/v1/users',
      summary: 'Add a person, and make the link by which it sets its password',
      isDangerous: true,
      body: jsonBody(newUser),
      answers: { 201: { description: 'The person, with a link that is shown this once', schema: userLinkShape } },
      handle: async ({ caller, body }) =>
        json(await userLinkView(await manage.users.add(caller, body), directory), 201),
    }),
    operatorRoute({
      method: 'GET',
      path: '/v1/users/:id',
      summary: 'One person, by id or e-mail address',
      answers: { 200: { description: 'The person', schema: userShape } },
      handle: async ({ param }) => json(await userView(await findUser(store, param('id')), directory)),
    }),
    operatorAction('user.set', {
      method: 'PATCH',
      path: '/v1/users/:id',
      summary: 'Change the roles of a person, which ends its sessions',
      isDangerous: true,
      body: jsonBody(changedUser),
      answers: { 200: { description: 'The person', schema: userShape } },
      handle: async ({ caller, param, body }) =>
        json(await userView(await manage.users.set(caller, { user: param('id'), ...body }), directory)),
    }),
    operatorAction('user.reset', {
      method: 'POST',
      path: '/v1/users/:id/reset',
      summary: 'Take password, second factor and passkeys of a person away, and make a link by which a password is set',
      isDangerous: true,
      answers: { 200: { description: 'The person, with a link that is shown this once', schema: resetUserShape } },
      handle: async ({ caller, param }) =>
        json(await resetUserView(await manage.users.reset(caller, { user: param('id') }), directory)),
    }),
    operatorAction('user.remove', {
      method: 'DELETE',
      path: '/v1/users/:id',
      summary: 'Remove a person; its sessions end at once',
      isDangerous: true,
      answers: { 204: { description: 'It is gone' } },
      async handle({ caller, param }) {
        await manage.users.remove(caller, { user: param('id') });
        return noContent();
      },
    }),
  ];
}
