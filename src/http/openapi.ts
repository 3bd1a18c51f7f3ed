/** /openapi.json: OpenAPI 3.1, made from the routes themselves and the schemas that check them. */

import * as z from 'zod';
import { type RefusalCode, refusals } from '../core/errors.ts';
import type { AccessRule } from './auth.ts';
import { PROBLEM_TYPE } from './errors.ts';
import { content } from './reply.ts';
import { publicRoute, type Route, type RouteDoc } from './route.ts';
import { problemShape } from './shapes.ts';

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
      return content({ type: 'application/json', body: text });
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
    components: {
      schemas: { Problem: schemaOf(problemShape, 'output') },
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'A key as `iep key add` makes it' },
        bearer: { type: 'http', scheme: 'bearer' },
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
      : { security: [{ apiKey: [] }, { bearer: [] }], description: describeAccess(route.access) }),
    parameters: [...pathParameters(route.path), ...queryParameters(route), ...headerParameters(route)],
    ...(route.body === undefined ? {} : { requestBody: requestBody(route.body) }),
    responses: {
      ...Object.fromEntries(Object.entries(route.answers).map(([status, answer]) => [status, response(answer)])),
      default: {
        description: 'A refusal, or a fault of the platform',
        content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

/** `getMessagesById`: unique, because the method and the path are. */
function operationId({ method, path }: RouteDoc): string {
  const words = path
    .split('/')
    .filter((part) => part !== '' && part !== 'v1')
    .map((part) => (part.startsWith(':') ? `by-${part.slice(1)}` : part.replaceAll('.', '-')));
  return [method.toLowerCase(), ...words.join('-').split('-')]
    .map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');
}

function tagOf(path: string): string {
  const [, first = '', second = ''] = path.split('/');
  return first === 'v1' ? second : 'platform';
}

function describeAccess(access: AccessRule): string {
  if (access.kind === 'operator') return 'Needs an operator’s key.';
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
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function headerParameters({ headers = {}, ...route }: RouteDoc & Partial<Route>): JsonSchema[] {
  const isTenants = route.access?.kind === 'tenant' || route.access?.kind === 'tenant-or-all';
  const all = {
    ...headers,
    ...(isTenants ? { 'x-iep-tenant': 'Slug of the tenant an operator acts for; not needed while there is one' } : {}),
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
        ...(body.example === undefined ? {} : { example: body.example }),
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

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
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
