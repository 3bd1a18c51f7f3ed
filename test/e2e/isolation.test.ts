/**
 * No tenant sees or touches what is another's. Every call that /openapi.json names is made with every key of one tenant and
 * every id of another: the answer must be that for an id which does not exist. A call that is added later is walked as soon
 * as it stands in that document; where it takes an id that is not known here, the walk says so and fails.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ListJson, NewKeyJson, TenantJson, UserLinkJson } from '../../src/cli/client/wire.ts';
import { loadConfig } from '../../src/cli/configuration.ts';
import { runCli } from '../../src/cli/program.ts';
import { fakeShell } from '../../src/cli/shell.testing.ts';
import { type Daemon, startDaemon } from '../../src/daemon/daemon.ts';
import { eventually } from '../eventually.ts';
import { heardLog } from '../heard-log.ts';

/** Stands in everything that is the victim's: what holds it where it was not asked for is a leak. */
const MARK = 'zq7alpha';
/** As like it as can be, and nobody's. */
const NOBODY = 'zq7nobdy';

let cwd: string;
let iep: <T>(...args: string[]) => Promise<T>;
let daemon: Daemon;
let url: string;
let victim: { readonly id: string; readonly key: string; readonly keyId: string; readonly keyPrefix: string };
let stranger: { readonly id: string; readonly keys: Readonly<Record<string, string>> };
let operations: readonly Operation[];
let schemas: Readonly<Record<string, Schema>>;
/** What names things of the victim, and the same for what does not exist. */
let theirs: Names;
let nobodys: Names;

interface Names {
  readonly message: string;
  readonly key: string;
  readonly slug: string;
  readonly tenant: string;
  readonly address: string;
  readonly domain: string;
  readonly text: string;
  readonly webhook: string;
  readonly delivery: string;
  readonly notification: string;
  readonly user: string;
  readonly session: string;
  /** Of the attachments of a message. */
  readonly first: string;
  /** Of a template. */
  readonly version: string;
  readonly resourceKind: string;
}

/** Links in mail. */
const SIGNED_LINKS = /^\/(?:a|p|u|t\/[co])\//;

/** Which of the victim's names a path parameter takes: the first row that matches. */
const parameters: readonly { readonly path: RegExp; readonly parameter: string; readonly name: keyof Names }[] = [
  { path: /^\/v1\/messages\//, parameter: 'id', name: 'message' },
  { path: /^\/v1\/messages\//, parameter: 'n', name: 'first' },
  { path: /^\/v1\/inbox\/messages\//, parameter: 'id', name: 'message' },
  { path: /^\/v1\/preview\//, parameter: 'token', name: 'text' },
  { path: /^\/v1\/suppressions\//, parameter: 'email', name: 'address' },
  { path: /^\/v1\/unsubscribes\//, parameter: 'email', name: 'address' },
  { path: /^\/v1\/domains\//, parameter: 'domain', name: 'domain' },
  { path: /^\/v1\/groups\//, parameter: 'groupId', name: 'text' },
  { path: /^\/v1\/notifications\//, parameter: 'id', name: 'notification' },
  { path: /^\/v1\/webhooks\//, parameter: 'id', name: 'webhook' },
  { path: /^\/v1\/webhooks\//, parameter: 'did', name: 'delivery' },
  { path: /^\/v1\/webhooks\//, parameter: 'deliveryId', name: 'delivery' },
  { path: /^\/v1\/templates\//, parameter: 'name', name: 'text' },
  { path: /^\/v1\/templates\//, parameter: 'n', name: 'version' },
  { path: /^\/v1\/users\//, parameter: 'id', name: 'user' },
  { path: /^\/v1\/sessions\//, parameter: 'id', name: 'session' },
  // Of the person who is signed in, which no key is.
  { path: /^\/v1\/session\/passkeys\//, parameter: 'id', name: 'text' },
  { path: /^\/v1\/session\/providers\//, parameter: 'name', name: 'text' },
  { path: /^\/v1\/triggers\//, parameter: 'name', name: 'text' },
  { path: /^\/api\/v1\/notification\/preferences\//, parameter: 'user_id', name: 'text' },
  { path: /^\/api\/v1\/notifications\//, parameter: 'id', name: 'message' },
  { path: /^\/v1\/(channels|topics|notification-types|rules|escalation-policies)\//, parameter: 'name', name: 'text' },
  { path: /^\/v1\/subscribers\//, parameter: 'id', name: 'text' },
  { path: /^\/v1\/resources\//, parameter: 'kind', name: 'resourceKind' },
  { path: /^\/v1\/resources\//, parameter: 'name', name: 'webhook' },
  { path: /^\/schemas\//, parameter: 'kind', name: 'text' },
  { path: SIGNED_LINKS, parameter: 'token', name: 'text' },
  { path: /^\/hooks\//, parameter: 'provider', name: 'text' },
  { path: /^\/v1\/admin\/tenants\//, parameter: 'slug', name: 'slug' },
  { path: /^\/v1\/admin\/keys\//, parameter: 'id', name: 'key' },
  // What only the operator may call has no ids of tenants beside these; nobody else comes as far as to name one.
  { path: /^\/v1\/admin\//, parameter: '', name: 'text' },
];

/** What a field of a query or a body is filled with, by its name. */
const fields: readonly { readonly name: RegExp; readonly with: keyof Names }[] = [
  { name: /^(messageId|messageIds|id|ids)$/i, with: 'message' },
  { name: /^(email|to|from|cc|bcc|recipient|sender|replyTo|address)$/i, with: 'address' },
  { name: /^(domain|domains)$/i, with: 'domain' },
  { name: /^(tenant|slug)$/i, with: 'slug' },
];

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly format?: string;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly description: string;
  readonly isStream: boolean;
  readonly query: readonly { readonly name: string; readonly required: boolean; readonly schema: Schema }[];
  readonly body?: { readonly type: string; readonly schema: Schema };
}

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-e2e-isolation-'));
  const config = {
    ...{ dataDir: './data', http: { port: 0 }, smtp: { port: 0 } },
    ...{ providers: { capture: { type: 'capture' } }, routing: { primary: 'capture' } },
    domains: { dnsServers: ['127.0.0.1:1'] },
    // What is planted moves on once, and then stays as it is while it is compared.
    webhooks: { scheduleSeconds: [86_400, 86_400, 86_400] },
  };
  const file = join(cwd, 'iep.config.yaml');
  writeFileSync(file, JSON.stringify(config));
  iep = async <T>(...args: string[]): Promise<T> => {
    const shell = fakeShell({ env: { IEP_CONFIG: file } });
    const exit = await runCli([...args, '--json'], shell);
    if (exit !== 0) throw new Error(shell.err());
    return JSON.parse(shell.out()) as T;
  };
  const addKey = (tenant: string, scopes: string) =>
    iep<NewKeyJson>('key', 'add', '--tenant', tenant, '--scopes', scopes);
  const { id } = await iep<TenantJson>('tenant', 'add', MARK, '--any-sender', 'on', '--name', `${MARK} Inc.`);
  const key = await addKey(MARK, 'send,read,admin');
  victim = { id, key: key.key, keyId: key.id, keyPrefix: key.prefix };
  const other = await iep<TenantJson>('tenant', 'add', 'stranger', '--any-sender', 'on');
  const keys: Record<string, string> = {};
  for (const scopes of ['send', 'read', 'admin', 'send,read,admin'])
    keys[scopes] = (await addKey('stranger', scopes)).key;
  stranger = { id: other.id, keys };

  daemon = await startDaemon({ config: loadConfig({ file, env: {} }).config, dev: false, log: heardLog() });
  url = `http://127.0.0.1:${daemon.http.port}`;
  operations = await readOperations();
  theirs = await plant();
  await iep('queue', 'pause');
  const nobody = (text: string) => text.replaceAll(MARK, NOBODY);
  const noId = '019cf5b2-6a00-7000-8000-3f1c8a5d9e01';
  nobodys = {
    ...{
      message: noId,
      key: noId,
      webhook: noId,
      delivery: noId,
      notification: noId,
      tenant: noId,
      user: noId,
      session: noId,
    },
    ...{ first: '0', version: '1', resourceKind: 'webhooks' },
    ...{ slug: NOBODY, text: NOBODY, address: nobody(theirs.address), domain: nobody(theirs.domain) },
  };
});

afterAll(async () => {
  await daemon?.stop('the test is over');
  rmSync(cwd, { recursive: true });
});

async function readOperations(): Promise<readonly Operation[]> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Record<string, never>>>;
    components: { schemas: Record<string, Schema> };
  };
  schemas = document.components.schemas;
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, doc]): Operation => {
      const {
        description = '',
        parameters: given = [],
        requestBody,
        responses,
      } = doc as unknown as {
        description?: string;
        parameters?: { in: string; name: string; required: boolean; schema: Schema }[];
        requestBody?: { content: Record<string, { schema: Schema }> };
        responses: Record<string, { content?: Record<string, unknown> }>;
      };
      const [body] = Object.entries(requestBody?.content ?? {});
      return {
        ...{ method: method.toUpperCase(), path, description },
        isStream: responses[200]?.content?.['text/event-stream'] !== undefined,
        query: given.filter((parameter) => parameter.in === 'query'),
        ...(body && { body: { type: body[0], schema: body[1].schema } }),
      };
    }),
  );
}

/** One of everything that the platform keeps for a tenant, the mark in each. */
async function plant(): Promise<Names> {
  const address = `${MARK}-user@example.org`;
  const domain = `${MARK}.example`;
  const make = async <T>(method: string, path: string, json: unknown): Promise<T> => {
    const { status, text } = await call(victim.key, method, path, { json });
    if (status >= 300) throw new Error(`${method} ${path}: ${text}`);
    return JSON.parse(text) as T;
  };
  await make('POST', '/v1/domains', { domain });
  await make('POST', '/v1/suppressions', { email: address, note: MARK });
  await make('POST', '/v1/unsubscribes', { email: address, category: MARK });
  await make('POST', '/v1/templates', { name: MARK, subject: MARK, html: `<p>${MARK}</p>` });
  await make('POST', '/v1/triggers', { name: MARK, on: `${MARK}.*`, template: MARK, to: [address] });
  await make('POST', '/v1/channels', { name: MARK, description: MARK, type: 'email', to: [address] });
  await make('POST', '/v1/topics', { name: MARK, description: MARK });
  await make('POST', '/v1/notification-types', { name: MARK, category: MARK });
  await make('POST', '/v1/rules', { name: MARK, on: `${MARK}.*`, type: MARK, to: [{ email: address }] });
  await make('POST', '/v1/escalation-policies', { name: MARK, steps: [{ afterMinutes: 0, to: [{ topic: MARK }] }] });
  await make('POST', '/v1/subscribers', { id: MARK, email: address, name: MARK, data: { note: MARK }, topics: [MARK] });
  await make('PUT', `/v1/subscribers/${MARK}/preferences`, { categories: { [MARK]: { enabled: false } } });
  const webhook = has('POST', '/v1/webhooks')
    ? await make<{ id: string }>('POST', '/v1/webhooks', { url: `https://${domain}/${MARK}`, events: ['sent'] })
    : undefined;
  const { notificationId } = await make<{ notificationId: string }>('POST', '/v1/notifications', {
    ...{ type: MARK, to: [{ subscriber: MARK }], data: { subject: MARK, text: MARK } },
  });
  const { messageId } = await make<{ messageId: string }>('POST', '/v1/messages', {
    ...{ from: `${MARK}@${domain}`, to: [address, `${MARK}-2@example.org`], subject: `${MARK} subject` },
    ...{ textBody: `${MARK} body`, metadata: { tags: [MARK], category: MARK, note: MARK }, groupId: MARK },
    ...{ idempotencyKey: MARK, attachments: [{ filename: `${MARK}.txt`, contentType: 'text/plain', content: 'aGk=' }] },
  });
  await eventually(async () => {
    const { text } = await call(victim.key, 'GET', `/v1/messages/${messageId}`);
    expect(JSON.parse(text)).toMatchObject({ status: 'sent' });
  });
  return {
    ...{ message: messageId, key: victim.keyId, slug: MARK, tenant: victim.id, address, domain, text: MARK },
    ...{
      notification: notificationId,
      webhook: webhook?.id ?? MARK,
      delivery: (await firstDelivery(webhook?.id)) ?? MARK,
    },
    ...(await plantPerson()),
    ...{ first: '0', version: '1', resourceKind: 'webhooks' },
  };
}

/** A member of the victim, who is signed in. */
async function plantPerson(): Promise<Pick<Names, 'user' | 'session'>> {
  const made = await iep<UserLinkJson>('user', 'add', `${MARK}@person.example`, '--role', 'viewer', '--tenant', MARK);
  const token = made.link.url.split('#')[1] ?? '';
  const signedIn = await fetch(`${url}/v1/session/link`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ token, password: 'planted for the victim' }),
  });
  const [cookie = ''] = signedIn.headers.getSetCookie();
  const told = await fetch(`${url}/v1/sessions`, { headers: { cookie: cookie.split(';')[0] ?? '' } });
  const { items } = (await told.json()) as ListJson<{ readonly id: string }>;
  return { user: made.id, session: items[0]?.id ?? '' };
}

async function firstDelivery(webhook: string | undefined): Promise<string | undefined> {
  if (webhook === undefined || !has('GET', '/v1/webhooks/{id}/deliveries')) return undefined;
  return eventually(async () => {
    const { text } = await call(victim.key, 'GET', `/v1/webhooks/${webhook}/deliveries`);
    const { items } = JSON.parse(text) as { items: { id: string; attempts: number }[] };
    const [first] = items;
    if (first === undefined || items.some(({ attempts }) => attempts === 0)) throw new Error('not tried yet');
    return first.id;
  });
}

const has = (method: string, path: string) => operations.some((one) => one.method === method && one.path === path);

interface Told {
  readonly status: number;
  readonly text: string;
}

async function call(
  key: string | undefined,
  method: string,
  path: string,
  more: { json?: unknown; body?: { type: string; text: string }; headers?: Record<string, string> } = {},
): Promise<Told> {
  const type = more.json === undefined ? more.body?.type : 'application/json';
  const body = more.json === undefined ? more.body?.text : JSON.stringify(more.json);
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(key !== undefined && { 'x-api-key': key }),
      ...(type !== undefined && { 'content-type': type }),
      ...more.headers,
    },
    ...(body !== undefined && { body }),
  });
  return { status: response.status, text: await response.text() };
}

/** The path with its parameters filled in. */
function pathOf({ path }: Operation, names: Names): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => {
    const row = parameters.find((one) => one.path.test(path) && (one.parameter === parameter || one.parameter === ''));
    if (row === undefined) {
      throw new Error(
        `${path} takes {${parameter}}: plant one for the victim, and say so in \`parameters\` of this test`,
      );
    }
    return encodeURIComponent(names[row.name]);
  });
}

/** A value that fits a schema, with as many of the names in it as there is room for. */
function sample(schema: Schema, name: string, names: Names): unknown {
  const named = schemas[schema.$ref?.replace('#/components/schemas/', '') ?? ''];
  if (named !== undefined) return sample(named, name, names);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const [option] = schema.anyOf ?? schema.oneOf ?? [];
  if (option !== undefined) return sample(option, name, names);
  switch (schema.type) {
    case 'object': {
      const wanted = Object.entries(schema.properties ?? {}).filter(
        ([property]) => schema.required?.includes(property) || fields.some((field) => field.name.test(property)),
      );
      return Object.fromEntries(wanted.map(([property, inner]) => [property, sample(inner, property, names)]));
    }
    case 'array':
      return [sample(schema.items ?? {}, name, names)];
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    default:
      if (schema.format === 'date-time') return '2026-01-01T00:00:00Z';
      if (schema.format === 'uri' || name === 'url') return `https://${names.domain}/`;
      return names[fields.find((field) => field.name.test(name))?.with ?? 'text'];
  }
}

function bodyOf({ body }: Operation, names: Names) {
  if (body === undefined) return {};
  if (body.type === 'application/json') return { json: sample(body.schema, '', names) };
  const text =
    body.type === 'text/csv'
      ? `email\n${names.address}\n`
      : `From: ${names.address}\r\nTo: ${names.address}\r\nSubject: ${names.text}\r\n\r\nx\r\n`;
  return { body: { type: body.type, text } };
}

/** What an answer tells: without what differs between any two requests, and between the names that were asked about. */
function gist({ status, text }: Told, names: Names): string {
  let rest = text.replaceAll(/"requestId":"[^"]*"/g, '').replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
  for (const name of Object.values(names))
    rest = rest.replaceAll(name, 'NAME').replaceAll(encodeURIComponent(name), 'NAME');
  return `${status} ${rest}`;
}

/** Names of the victim that stand in an answer. */
function leaks(text: string, { except = [] }: { except?: readonly string[] } = {}): readonly string[] {
  const { message, key, tenant, webhook, delivery } = theirs;
  const all = [MARK, message, key, tenant, webhook, delivery, victim.keyPrefix];
  return all.filter((name) => !except.includes(name) && text.includes(name));
}

/** Makes a subscriber of the caller's own by whatever id it names, as seed 004 has it. */
const MAKES_ITS_OWN = 'POST /api/v1/notification/preferences/{user_id}';
const withParameters = () =>
  operations.filter((operation) => operation.path.includes('{') && title(operation) !== MAKES_ITS_OWN);
const lists = () =>
  operations.filter(({ method, path, isStream }) => method === 'GET' && !path.includes('{') && !isStream);
/** Whoever names what is not there has it from then on, of its own (`src/api/ops/ops.test.ts`). */
const makers = ['POST /api/v1/notification/preferences/{user_id}'];

const title = ({ method, path }: Operation) => `${method} ${path}`;

/** All that the victim has, as the victim sees it. */
async function belongings(): Promise<string> {
  const parts: string[] = [];
  for (const operation of operations) {
    const { method, path, description, isStream } = operation;
    if (method !== 'GET' || isStream || path.startsWith('/v1/admin') || !path.startsWith('/v1')) continue;
    parts.push(`${title(operation)} ${(await call(victim.key, 'GET', pathOf(operation, theirs))).text} ${description}`);
  }
  const another = /"requestId":"[^"]*"|"(from|to)":"\d{4}-[^"]*Z"|"frame(Until)?":"[^"]*"/g;
  return parts.join('\n').replaceAll(another, '');
}

describe('another tenant’s id', () => {
  it('answers as one that does not exist, on every call and with every key, and nothing of it is changed', async () => {
    const before = await belongings();
    expect(before).toContain(theirs.message);
    expect(withParameters().length).toBeGreaterThan(15);
    for (const operation of withParameters()) {
      if (makers.includes(title(operation))) continue;
      for (const [scopes, key] of Object.entries(stranger.keys)) {
        const ask = async (names: Names) =>
          gist(await call(key, operation.method, pathOf(operation, names), bodyOf(operation, names)), names);
        const about = await ask(theirs);
        expect(about, `${title(operation)} with ${scopes}`).toBe(await ask(nobodys));
        expect(about, `${title(operation)} with ${scopes}`).toMatch(/^(4\d\d|200 \{"items":\[\])/);
      }
    }
    expect(await belongings()).toBe(before);
  });

  it('finds nothing in the queries of a list', async () => {
    for (const operation of operations.filter(({ query, isStream }) => query.length > 0 && !isStream)) {
      for (const parameter of operation.query) {
        const ask = async (names: Names) => {
          const query = new URLSearchParams({
            [parameter.name]: String(sample(parameter.schema, parameter.name, names)),
          });
          const path = `${pathOf(operation, names)}?${query}`;
          const key = stranger.keys['send,read,admin'];
          return gist(await call(key, operation.method, path, bodyOf(operation, names)), names);
        };
        if (operation.method === 'GET') {
          expect(await ask(theirs), `${title(operation)} ?${parameter.name}`).toBe(await ask(nobodys));
        }
      }
    }
  });
});

describe('what is the operator’s', () => {
  it('is refused to every key of a tenant, and to nobody’s', async () => {
    const all = operations.filter(({ path }) => path.startsWith('/v1/admin/'));
    expect(all.length).toBeGreaterThan(20);
    for (const operation of all) {
      const refusal = async (key: string | undefined) => {
        const { status, text } = await call(
          key,
          operation.method,
          pathOf(operation, theirs),
          bodyOf(operation, theirs),
        );
        return `${title(operation)} ${status} ${(JSON.parse(text) as { code?: string }).code}`;
      };
      for (const key of [...Object.values(stranger.keys), victim.key])
        expect(await refusal(key)).toBe(`${title(operation)} 403 forbidden`);
      expect(await refusal(undefined)).toBe(`${title(operation)} 401 unauthorized`);
    }
  });

  it('stands under /v1/admin, and what asks for no key is what everybody may see', async () => {
    const open: string[] = [];
    for (const operation of operations.filter(({ path }) => !path.startsWith('/v1/admin/'))) {
      const { status } = await call(undefined, operation.method, pathOf(operation, theirs), bodyOf(operation, theirs));
      if (status !== 401) open.push(operation.path);
    }
    // A frame's address shows who may see it.
    const byToken = ['/v1/preview/templates/{token}', '/v1/preview/{token}', '/v1/preview/{token}/picture'];
    // A link is what shows who somebody is, in place of a key; what a passkey signs is random.
    const byLink = ['/v1/session/link', '/v1/session/link/check', '/v1/session/passkey/options'];
    const login = '/v1/session/providers';
    const byProvider = [login, `${login}/{name}`, `${login}/{name}/begin`];
    const others = open.filter((path) => !SIGNED_LINKS.test(path));
    expect(others.sort()).toEqual([
      ...[
        '/api/v1/notification/health',
        '/health',
        '/livez',
        '/metrics',
        '/openapi.json',
        '/ready',
        '/readyz',
        '/schemas',
        '/schemas/{kind}',
        ...byToken,
        ...byLink,
        ...byProvider,
      ],
    ]);
  });
});

describe('what is listed', () => {
  it('holds nothing of another tenant', async () => {
    for (const operation of lists()) {
      for (const [scopes, key] of [...Object.entries(stranger.keys), ['no key', undefined] as const]) {
        const { text } = await call(key, 'GET', operation.path);
        // The metrics are the operator's: they name tenants by id, for who can reach the address they are bound to.
        const except = operation.path === '/metrics' ? [theirs.tenant] : [];
        expect(leaks(text, { except }), `${title(operation)} with ${scopes}`).toEqual([]);
      }
    }
    expect(lists().length).toBeGreaterThan(10);
  });

  it('counts nothing of another tenant', async () => {
    const { text } = await call(stranger.keys.read, 'GET', '/v1/stats');
    expect(JSON.parse(text)).toMatchObject({ total: 0, byStatus: {} });
  });
});

describe('the event stream', () => {
  it('tells nothing of another tenant, from whatever position', async () => {
    const abort = new AbortController();
    const response = await fetch(`${url}/v1/events/stream?after=0`, {
      headers: { 'x-api-key': stranger.keys.read ?? '' },
      signal: abort.signal,
    });
    const own = { from: 'a@own.example', to: ['b@example.org'], subject: 'own', textBody: 'x' };
    await call(stranger.keys.send, 'POST', '/v1/messages', { json: own });
    await iep('queue', 'resume');
    let heard = '';
    for await (const chunk of response.body ?? []) {
      heard += Buffer.from(chunk).toString();
      if (heard.includes('"type":"sent"')) break;
    }
    abort.abort();
    expect(leaks(heard)).toEqual([]);
    expect(heard).toContain(stranger.id);
  });
});

describe('what a caller makes', () => {
  it('is taken alike whether or not another tenant has the like', async () => {
    const makers = operations.filter(({ method, path }) => method !== 'GET' && !path.includes('{'));
    expect(makers.length).toBeGreaterThan(5);
    for (const operation of makers) {
      const ask = async (names: Names) => {
        const { status, text } = await call(
          stranger.keys['send,read,admin'],
          operation.method,
          operation.path,
          bodyOf(operation, names),
        );
        return `${status} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ''}`;
      };
      expect(await ask(theirs), title(operation)).toBe(await ask(nobodys));
    }
  });

  it('has idempotency keys of its own', async () => {
    const json = { from: 'a@own.example', to: ['b@example.org'], subject: 'x', textBody: 'x' };
    const headers = { 'idempotency-key': MARK };
    const first = await call(stranger.keys.send, 'POST', '/v1/messages', { json, headers });
    expect(first.status).toBe(202);
    expect(leaks(first.text)).toEqual([]);
    const again = await call(stranger.keys.send, 'POST', '/v1/messages', { json, headers });
    expect(JSON.parse(again.text).messageId).toBe(JSON.parse(first.text).messageId);
  });

  it('meets no suppression of another tenant', async () => {
    await call(stranger.keys.admin, 'DELETE', `/v1/suppressions/${theirs.address}`);
    const json = { from: 'a@own.example', to: [theirs.address], subject: 'x', textBody: 'x' };
    const { text } = await call(stranger.keys.send, 'POST', '/v1/messages', { json });
    expect(JSON.parse(text)).toMatchObject({ suppressedRecipients: [] });
    const mine = await call(victim.key, 'GET', `/v1/suppressions/${theirs.address}`);
    expect(mine.status).toBe(200);
  });
});

describe('the header x-iep-tenant', () => {
  it('with a key of a tenant names that tenant or is refused, the same for one that does not exist', async () => {
    for (const named of [(names: Names) => names.slug, (names: Names) => names.tenant]) {
      const ask = async (names: Names) =>
        gist(
          await call(stranger.keys.read, 'GET', '/v1/messages', { headers: { 'x-iep-tenant': named(names) } }),
          names,
        );
      expect(await ask(theirs)).toBe(await ask(nobodys));
      expect(await ask(theirs)).toMatch(/^403 .*"code":"forbidden"/);
    }
    const own = await call(stranger.keys.read, 'GET', '/v1/messages', { headers: { 'x-iep-tenant': 'stranger' } });
    expect(own.status).toBe(200);
  });
});
