/** /openapi.json: OpenAPI 3.1, made from the routes themselves and the schemas that check them. */

import * as z from 'zod';
import { type RefusalCode, refusals } from '../core/errors.ts';
import { eventTypes } from '../core/message.ts';
import { webhookName } from '../webhooks/event-name.ts';
import type { AccessRule } from './access-rule.ts';
import * as definitionShapes from './definition-views.ts';
import { operationId } from './operation-id.ts';
import * as peopleShapes from './people-views.ts';
import { PROBLEM_TYPE } from './problem.ts';
import { ofType } from './reply.ts';
import { publicRoute, type Route, type RouteDoc } from './route.ts';
import * as shapes from './shapes.ts';
import { submissionBody } from './submission-schema.ts';
import * as subscriberShapes from './subscriber-views.ts';
import { templateDiffShape } from './template-diff.ts';
import * as templateShapes from './template-views.ts';
import * as webhookShapes from './webhook-views.ts';

type JsonSchema = Record<string, unknown>;

/** The route that serves the document, which describes itself too. */
export function openapiRoute(others: readonly Route[], version: string): Route {
  let text: string | undefined;
  const self: Route = publicRoute({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document',
    answers: { 200: { description: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) } },
    handle() {
      // Made when it is first asked for: most runs of the executable never are.
      text ??= JSON.stringify(openapiDocument([...others, self], version));
      return ofType({ type: 'application/json', body: text });
    },
  });
  return self;
}

function openapiDocument(routes: readonly Route[], version: string): JsonSchema {
  const paths: Record<string, JsonSchema> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'IEP, the Internal Email Platform',
      version,
      description: describeProblems(),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths,
    webhooks: webhooks(),
    components: {
      schemas: namedSchemas(),
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'A key as `iep key add` makes it' },
        bearer: { type: 'http', scheme: 'bearer' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'iep_session',
          description: 'Set by POST /v1/session; over HTTPS its name begins with __Host-',
        },
      },
    },
  };
}

function operation(route: Route): JsonSchema {
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: [tagOf(route.path)],
    ...(route.access.kind === 'public'
      ? { security: [] }
      : { security: securityOf(route.access), description: describeAccess(route.access) }),
    parameters: [...pathParameters(route.path), ...queryParameters(route), ...headerParameters(route)],
    ...(route.body !== undefined && { requestBody: requestBody(route.body) }),
    responses: {
      ...Object.fromEntries(Object.entries(route.answers).map(([status, answer]) => [status, response(answer)])),
      default: {
        description: 'A refusal, or a fault of the platform',
        content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

function securityOf({ kind }: AccessRule): JsonSchema[] {
  const session = { session: [] };
  return kind === 'person' ? [session] : [{ apiKey: [] }, { bearer: [] }, session];
}

function tagOf(path: string): string {
  const [, first = '', second = ''] = path.split('/');
  return first === 'v1' ? second : 'platform';
}

function describeAccess(access: AccessRule): string {
  if (access.kind === 'person') return 'Needs the cookie of somebody who is signed in.';
  if (access.kind === 'operator') return 'Needs an operator’s key, or an owner or operator who is signed in.';
  const scopes = 'scopes' in access ? access.scopes.join(' or ') : '';
  return `Needs a key with the scope ${scopes}; an operator’s key with the header x-iep-tenant does as well.`;
}

function pathParameters(path: string): JsonSchema[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters({ query }: RouteDoc): JsonSchema[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(query, 'input') as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema,
  }));
}

function headerParameters({ headers = {}, ...route }: RouteDoc & Partial<Route>): JsonSchema[] {
  const isTenants = route.access?.kind === 'tenant' || route.access?.kind === 'tenant-or-all';
  const all = {
    ...headers,
    ...(isTenants && { 'x-iep-tenant': 'Slug of the tenant an operator acts for; not needed while there is one' }),
  };
  return Object.entries(all).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }));
}

function requestBody(body: NonNullable<RouteDoc['body']>): JsonSchema {
  return {
    required: body.required,
    content: {
      [body.type]: {
        schema: body.schema === undefined ? { type: 'string' } : schemaOf(body.schema, 'input'),
        ...(body.example !== undefined && { example: body.example }),
      },
    },
  };
}

function response(answer: RouteDoc['answers'][number]): JsonSchema {
  const { description, schema, type } = answer;
  if (schema !== undefined) {
    return { description, content: { 'application/json': { schema: schemaOf(schema, 'output') } } };
  }
  return type === undefined ? { description } : { description, content: { [type]: { schema: { type: 'string' } } } };
}

/** Schemas that have a name of their own, which clients are generated with. */
const names: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ...Object.entries({
    ...shapes,
    ...definitionShapes,
    ...subscriberShapes,
    ...webhookShapes,
    ...peopleShapes,
    ...templateShapes,
    templateDiffShape,
  }).flatMap(([name, shape]) =>
    shape instanceof z.ZodObject ? [[shape, capital(name.replace(/Shape$/, ''))] as const] : [],
  ),
  [submissionBody, 'Submission'],
]);

function namedSchemas(): JsonSchema {
  const entries = [...names].map(([schema, name]) => {
    const type = schema as z.ZodType;
    return [name, inlineSchema(type, type === submissionBody ? 'input' : 'output')] as const;
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const name = names.get(schema);
  return name === undefined ? inlineSchema(schema, io) : reference(name);
}

/** Written out, but for what it holds that has a name. */
function inlineSchema(root: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(root, {
    io,
    override({ zodSchema, jsonSchema }) {
      const held: unknown = zodSchema;
      const name = held === root ? undefined : names.get(held);
      if (name === undefined) return;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
      Object.assign(jsonSchema, reference(name));
    },
  });
  return rest;
}

function reference(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** What IEP posts to endpoints: each event is a webhook of its own. */
function webhooks(): JsonSchema {
  const header = (name: string, description: string) => ({
    ...{ name, in: 'header', required: true, description },
    schema: { type: 'string' },
  });
  return Object.fromEntries(
    eventTypes.map((type) => [
      webhookName(type),
      {
        post: {
          operationId: `on${type.split('_').map(capital).join('')}`,
          summary: `A message: ${type.replaceAll('_', ' ')}`,
          parameters: [
            header('webhook-id', 'The same on every try of this event to this endpoint'),
            header('webhook-timestamp', 'Seconds since 1970, of this try'),
            header('webhook-signature', 'Standard Webhooks: `v1,` and the base64 of HMAC-SHA256'),
            header('x-iep-signature', '`sha256=` and the hex of HMAC-SHA256 over the body'),
          ],
          requestBody: {
            required: true,
            content: { 'application/json': { schema: reference('WebhookPayload') } },
          },
          responses: { '2XX': { description: 'Taken; anything else is tried again' } },
        },
      },
    ]),
  );
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function describeProblems(): string {
  const rows = Object.entries(refusals) as [RefusalCode, (typeof refusals)[RefusalCode]][];
  const lines = rows.map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`);
  return [
    'Refusals are problem documents (RFC 9457); `code` is stable.',
    '',
    '| code | status | what happened |',
    '|---|---|---|',
    ...lines,
  ].join('\n');
}
