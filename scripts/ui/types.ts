/**
 * Writes src/ui/api/types.ts: the API as the dashboard knows it, made from /openapi.json. `npm run check` makes it anew
 * each time, so that a page that asks for what the API no longer has does not compile.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer } from '../../src/http/http.testing.ts';

interface Schema {
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
}
interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}
interface Operation {
  readonly parameters: readonly { name: string; in: string; required: boolean; schema: Schema }[];
  readonly requestBody?: Content & { readonly required: boolean };
  readonly responses: Readonly<Record<string, Content>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const FILE = join(import.meta.dirname, '../../src/ui/api/types.ts');

writeFileSync(FILE, typesOf(await openapi()));

async function openapi(): Promise<Document> {
  const server = await startServer();
  try {
    const { text } = await server.call('GET', '/openapi.json');
    return JSON.parse(text) as Document;
  } finally {
    await server.close();
  }
}

function typesOf({ paths, components }: Document): string {
  const nouns = Object.entries(components.schemas).map(([name, schema]) => `export type ${name} = ${typeOf(schema)};`);
  const calls = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => `  '${method.toUpperCase()} ${path}': ${callOf(one)};`),
  );
  return [
    '/** The types of the API, made from /openapi.json by scripts/ui/types.ts; never changed by hand. */',
    ...nouns,
    `/** What each call takes and answers. */\nexport interface Calls {\n${calls.join('\n')}\n}`,
  ]
    .join('\n\n')
    .concat('\n');
}

function callOf({ parameters, requestBody, responses }: Operation): string {
  const of = (kind: string) => {
    const fields = parameters.filter((one) => one.in === kind);
    return `{ ${fields.map(({ name, required, schema }) => field(name, required, schema)).join(' ')} }`;
  };
  const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const answer = [...new Set(answers.map(([, content]) => contentOf(content)))].join(' | ') || 'undefined';
  const body = requestBody === undefined ? 'undefined' : contentOf(requestBody);
  return `{ params: ${of('path')}; query: ${of('query')}; body: ${body}; answer: ${answer} }`;
}

function contentOf({ content }: Content): string {
  const json = content?.['application/json']?.schema;
  if (json !== undefined) return typeOf(json);
  return content === undefined ? 'undefined' : 'string';
}

function typeOf(schema: Schema): string {
  const { $ref, anyOf, oneOf, allOf, type } = schema;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf('/') + 1);
  const some = anyOf ?? oneOf;
  if (some !== undefined) return `(${[...new Set(some.map(typeOf))].join(' | ')})`;
  if (allOf !== undefined) return `(${allOf.map(typeOf).join(' & ')})`;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return `(${schema.enum.map((one) => JSON.stringify(one)).join(' | ')})`;
  if (typeof type === 'string' || type === undefined) return plainType(schema, type);
  return `(${type.map((one) => plainType(schema, one)).join(' | ')})`;
}

function plainType(schema: Schema, type: string | undefined): string {
  switch (type) {
    case 'object':
      return objectType(schema);
    case 'array':
      return `${schema.items === undefined ? 'unknown' : typeOf(schema.items)}[]`;
    case 'integer':
      return 'number';
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return type;
    default:
      return 'unknown';
  }
}

function objectType({ properties, required = [], additionalProperties }: Schema): string {
  const more = typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown';
  if (properties === undefined) return `Record<string, ${more}>`;
  const fields = Object.entries(properties).map(([name, schema]) => field(name, required.includes(name), schema));
  return `{ ${fields.join(' ')} }`;
}

function field(name: string, required: boolean, schema: Schema): string {
  const key = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
  return `${key}${required ? '' : '?'}: ${typeOf(schema)};`;
}
