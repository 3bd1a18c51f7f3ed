/** Resources: manifests are applied as a whole, and what is there is given back in their form. */

import * as z from 'zod';
import { IepError } from '../core/errors.ts';
import type { Owner, ResourceKind } from '../manage/resources/kind.ts';
import { documentsIn } from '../manage/resources/manifest.ts';
import type { AppDeps } from './deps.ts';
import { cursorField, limitField } from './paging.ts';
import { json, noContent } from './reply.ts';
import { publicRoute, type Route, tenantOrAllAction, tenantOrAllRoute } from './route.ts';
import { appliedShape, kindsShape, pageOf, resourceShape } from './shapes.ts';

const label = z
  .string()
  .regex(/^[^=]+=/, 'must be KEY=VALUE')
  .transform((text) => ({ key: text.slice(0, text.indexOf('=')), value: text.slice(text.indexOf('=') + 1) }));

const applying = z.strictObject({
  dryRun: z.stringbool().default(false).describe('Only tell what would change'),
  delete: z.stringbool().default(false).describe('Take away what the manifests declare'),
  prune: label
    .optional()
    .describe('A label, `KEY=VALUE`: what was applied before with it, and is in none of the manifests, is taken away'),
});

function readDocuments(input: unknown): readonly unknown[] {
  return input instanceof Uint8Array ? documentsIn(input) : [input];
}

export function resourceRoutes({ resources, directory }: AppDeps): readonly Route[] {
  const { kinds } = resources;

  function kindOf(named: string): ResourceKind {
    const wanted = named.toLowerCase();
    const kind = kinds.find((one) => one.plural === wanted || one.kind.toLowerCase() === wanted);
    if (kind !== undefined) return kind;
    throw new IepError(
      'not_found',
      `This version has no such kind; it has ${kinds.map(({ plural }) => plural).join(', ')}`,
    );
  }

  async function ownersOf(kind: ResourceKind, { principal, tenant }: Asking): Promise<readonly Owner[]> {
    if (kind.isOperators && principal.kind !== 'operator') {
      throw new IepError('forbidden', `Only the operator sees resources of the kind ${kind.kind}`);
    }
    if (kind.of === 'platform') return [{ isNew: false }];
    const tenants = tenant === undefined ? await directory.all() : [tenant];
    const platform = kind.isPlatforms === undefined ? [] : [{ isNew: false }];
    return [...tenants.map((one) => ({ tenant: one, isNew: false })), ...platform];
  }

  return [
    tenantOrAllAction('resources.apply', {
      isDangerous: true,
      method: 'POST',
      path: '/v1/apply',
      summary: 'Apply manifests: all of them, or none where one is refused',
      query: applying,
      body: {
        type: 'application/yaml',
        takes: /yaml|json|^text\/plain$/,
        required: true,
        example: 'apiVersion: iep/v1\nkind: Subscriber\nmetadata:\n  name: jo\nspec:\n  email: jo@example.com\n',
        read: readDocuments,
        isPrivate: true,
      },
      answers: { 200: { description: 'What was done, or with `dryRun` what would be', schema: appliedShape } },
      async handle({ caller, tenant, query, note, body: documents }) {
        note({ documents: documents.length, dryRun: query.dryRun });
        const { dryRun, prune } = query;
        const applied = await resources.apply(caller, { documents, tenant, dryRun, remove: query.delete, prune });
        return json({ dryRun, items: applied });
      },
    }),
    tenantOrAllRoute(['read', 'admin'], {
      method: 'GET',
      path: '/v1/resources/:kind',
      summary: 'The resources of a kind, as manifests',
      query: z.strictObject({ limit: limitField, cursor: cursorField }),
      answers: { 200: { description: 'A page, by tenant', schema: pageOf(resourceShape) } },
      async handle({ param, query: { limit, cursor }, ...call }) {
        const kind = kindOf(param('kind'));
        const page = await resources.list(kind, { owners: await ownersOf(kind, call), limit, cursor });
        return json({ items: page.items, cursor: page.cursor ?? null });
      },
    }),
    tenantOrAllRoute(['read', 'admin'], {
      method: 'GET',
      path: '/v1/resources/:kind/:name',
      summary: 'One resource, as a manifest with its status',
      answers: { 200: { description: 'The resource', schema: resourceShape } },
      async handle({ param, ...call }) {
        const kind = kindOf(param('kind'));
        return json(await resources.get(kind, { owners: await ownersOf(kind, call), name: param('name') }));
      },
    }),
    tenantOrAllAction('resources.apply', {
      isDangerous: true,
      method: 'DELETE',
      path: '/v1/resources/:kind/:name',
      summary: 'Take a resource away',
      answers: { 204: { description: 'It is gone' } },
      async handle({ param, caller, ...call }) {
        const kind = kindOf(param('kind'));
        const { metadata } = await resources.get(kind, { owners: await ownersOf(kind, call), name: param('name') });
        const { name, namespace } = metadata;
        const about = { name, ...(namespace !== undefined && { namespace }) };
        const documents = [{ apiVersion: kind.apiVersion, kind: kind.kind, metadata: about }];
        await resources.apply(caller, { documents, tenant: call.tenant, dryRun: false, remove: true });
        return noContent();
      },
    }),
    publicRoute({
      method: 'GET',
      path: '/schemas',
      summary: 'The kinds of resources',
      answers: { 200: { description: 'The kinds, in the order in which they are made', schema: kindsShape } },
      handle: () =>
        json({
          items: kinds.map(({ kind, plural, apiVersion, summary }) => ({
            kind,
            plural,
            apiVersion,
            description: summary,
          })),
        }),
    }),
    publicRoute({
      method: 'GET',
      path: '/schemas/:kind',
      summary: 'The JSON Schema of a kind of resource, such as /schemas/webhook.json',
      answers: { 200: { description: 'The schema', type: 'application/schema+json' } },
      handle({ param }) {
        const kind = kindOf(param('kind').replace(/\.json$/, ''));
        return { status: 200, type: 'application/schema+json', body: JSON.stringify(schemaOf(kind)) };
      },
    }),
  ];
}

type Asking = Pick<Parameters<Parameters<typeof tenantOrAllRoute>[1]['handle']>[0], 'principal' | 'tenant'>;

/** Of a whole manifest. */
function schemaOf({ apiVersion, kind, summary, schema }: ResourceKind): unknown {
  const { $schema, ...spec } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const text = { type: 'string' };
  return {
    ...{ $schema, title: kind, description: summary, type: 'object' },
    required: ['apiVersion', 'kind', 'metadata'],
    properties: {
      apiVersion: { const: apiVersion },
      kind: { const: kind },
      metadata: {
        type: 'object',
        required: ['name'],
        properties: { name: text, namespace: text, labels: { type: 'object', additionalProperties: text } },
      },
      spec,
      status: { type: 'object' },
    },
  };
}
