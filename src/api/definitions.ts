/** The calls of definitions: the same five of each kind. */

import * as z from 'zod';
import type { DefinitionFields } from '../db/verbs/definitions.ts';
import type { DefinitionDesk } from '../manage/definitions/desk.ts';
import { definitionName } from '../manage/definitions/fields.ts';
import type { DefinitionKind } from '../manage/definitions/kind.ts';
import {
  channelShape,
  definitionView,
  escalationPolicyShape,
  notificationTypeShape,
  ruleShape,
  topicShape,
} from './definition-views.ts';
import type { AppDeps } from './deps.ts';
import { ofEach } from './of-each.ts';
import { patchOf } from './patch-body.ts';
import { json, noContent } from './reply.ts';
import { jsonBody, type Route, tenantAction, tenantOrAllRoute, tenantRoute } from './route.ts';
import { listOf } from './shapes.ts';

export function definitionRoutes({ manage: { definitions }, directory }: AppDeps): readonly Route[] {
  const { topics, channels, notificationTypes, rules, escalationPolicies } = definitions;
  return [
    ...routesOf(topics, topicShape, directory),
    ...routesOf(channels, channelShape, directory),
    ...routesOf(notificationTypes, notificationTypeShape, directory),
    ...routesOf(rules, ruleShape, directory),
    ...routesOf(escalationPolicies, escalationPolicyShape, directory),
  ];
}

/** `shape`: what a call answers for one. */
function routesOf(
  desk: DefinitionDesk & { readonly kind: DefinitionKind },
  shape: z.ZodObject,
  directory: AppDeps['directory'],
): readonly Route[] {
  const { path, noun, action, summaries, fields, secrets, made } = desk.kind;
  const one = `${path}/:name`;
  const isPrivate = secrets.length > 0;
  const answer = (description: string) => ({ description, schema: shape });
  return [
    tenantOrAllRoute(['read', 'admin'], {
      method: 'GET',
      path,
      summary: summaries.list,
      answers: { 200: { description: 'All of them, by tenant and name', schema: listOf(shape) } },
      async handle({ tenant }) {
        const meant = tenant === undefined ? await directory.all() : [tenant];
        const items = await ofEach(meant, async (owner) =>
          (await desk.list(owner)).map((it) => definitionView(shape, it, owner)),
        );
        return json({ items });
      },
    }),
    tenantAction(`${action}.add`, {
      method: 'POST',
      path,
      summary: summaries.add,
      body: { ...jsonBody(z.strictObject({ name: definitionName, ...fields })), isPrivate },
      answers: {
        201: {
          description: `The ${noun}${made === undefined ? '' : '; what was made for it is shown this once'}`,
          schema: shape,
        },
      },
      async handle({ caller, tenant, body: { name, ...said } }) {
        const { definition, made: shownOnce } = await desk.add(caller, { tenant, name, fields: said });
        return json({ ...definitionView(shape, definition, tenant), ...shownOnce }, 201);
      },
    }),
    tenantRoute(['read', 'admin'], {
      method: 'GET',
      path: one,
      summary: summaries.get,
      answers: { 200: answer(`The ${noun}`) },
      handle: async ({ tenant, param }) => json(definitionView(shape, await desk.get(tenant, param('name')), tenant)),
    }),
    tenantAction(`${action}.set`, {
      method: 'PATCH',
      path: one,
      summary: summaries.set,
      body: { ...jsonBody(patchOf(fields)), isPrivate },
      answers: { 200: answer(`The ${noun}`) },
      async handle({ caller, tenant, param, body }) {
        const changes = body as DefinitionFields;
        return json(definitionView(shape, await desk.set(caller, { tenant, name: param('name'), changes }), tenant));
      },
    }),
    tenantAction(`${action}.remove`, {
      method: 'DELETE',
      path: one,
      summary: summaries.remove,
      answers: { 204: { description: 'It is gone' } },
      async handle({ caller, tenant, param }) {
        await desk.remove(caller, { tenant, name: param('name') });
        return noContent();
      },
    }),
  ];
}
