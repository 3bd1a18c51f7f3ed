/** Events that send mail: which triggers fit, what they send, and that the same event sends once. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CallInit, startServer, type TestServer } from '../http/http.testing.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
  const { acme } = server.tenants;
  await server.store.tenants.set({
    ...{ tenantId: acme.id, now: 1 },
    settings: { defaultFrom: { email: 'noreply@acme.example', name: 'Acme' } },
  });
  server.deps.directory.forget();
  await server.store.templates.add({
    ...{ tenantId: acme.id, uses: [], publish: true, now: 1, max: 9 },
    definition: {
      ...{ name: 'invitation', kind: 'template', syntax: 'handlebars', subject: 'Hello {{Name}}', text: 'Hi {{Name}}' },
      variables: [{ name: 'Name', type: 'string', required: true }],
      locales: {},
    },
  });
});
afterEach(() => server.close());

const invited = {
  name: 'invited',
  on: 'user.*',
  template: 'invitation',
  to: ['{{data.email}}'],
  variables: { Name: '{{data.name}}' },
};
const event = { type: 'user.invited', id: 'e1', data: { email: 'jo@example.org', name: 'Jo', plan: 'pro' } };

async function add(more: object = {}, key = 'admin') {
  const { status, body, text } = await server.call('POST', '/v1/triggers', { key, json: { ...invited, ...more } });
  if (status !== 201) throw new Error(text);
  return body;
}

const tell = (json: unknown, init: CallInit = {}) => server.call('POST', '/v1/events', { key: 'send', json, ...init });
const sent = async () =>
  (await server.claim()).map(({ message, recipients }) => [
    recipients.map(({ address }) => address).join(),
    message.content.kind === 'parts' ? message.content.variables : undefined,
  ]);

it('sends the template to whom the event names, from the default sender', async () => {
  await add();
  const { status, body } = await tell(event);
  expect(status).toBe(202);
  expect(body).toEqual({
    ...{ eventId: 'e1', duplicate: false, skipped: [] },
    triggered: [{ trigger: 'invited', messageId: expect.any(String) }],
  });
  const [job] = await server.claim();
  expect(job?.message).toMatchObject({
    from: { email: 'noreply@acme.example', name: 'Acme' },
    to: [{ email: 'jo@example.org' }],
    content: { template: { name: 'invitation', version: 1 }, variables: { Name: 'Jo' } },
  });
});

it('triggers nothing again with the same id, also when it comes twice at once', async () => {
  await add();
  const both = await Promise.all([tell(event), tell(event)]);
  const again = await tell({ ...event, data: { email: 'else@example.org', name: 'X' } });
  expect(again.body).toMatchObject({ duplicate: true });
  expect(new Set([...both, again].map(({ body }) => JSON.stringify(body.triggered))).size).toBe(1);
  expect(await sent()).toEqual([['jo@example.org', { Name: 'Jo' }]]);
  const { body } = await tell({ ...event, id: undefined });
  expect(body).toMatchObject({ eventId: expect.stringMatching(/^[0-9a-f-]{36}$/), triggered: [{}] });
  expect((await server.call('GET', '/metrics')).text).toContain('iep_caller_events_total{outcome="duplicate"}');
});

describe('whether a trigger fits', () => {
  it.each([
    [{ on: 'user.invited' }, 1],
    [{ on: '*' }, 1],
    [{ on: 'user.removed' }, 0],
    [{ on: 'user' }, 0],
    [{ active: false }, 0],
    [{ when: { path: 'data.plan', op: 'eq', value: 'pro' } }, 1],
    [{ when: { path: 'data.plan', op: 'eq', value: 'free' } }, 0],
    [
      {
        when: { all: [{ path: 'type', op: 'starts_with', value: 'user' }, { not: { path: 'data.no', op: 'exists' } }] },
      },
      1,
    ],
  ])('%j', async (more, messages) => {
    await add(more);
    const { body } = await tell(event);
    expect(body).toMatchObject({ skipped: [] });
    expect(await sent()).toHaveLength(messages);
  });
});

describe('a trigger that fits and sends nothing says why', () => {
  it.each<[object, object, string]>([
    [{}, { data: { name: 'Jo' } }, '{{data.email}} names nothing to write to'],
    [{}, { data: { email: 'no address', name: 'Jo' } }, 'no address is not an address'],
    [{}, { data: { email: 'jo@example.org' } }, 'Name'],
    [{ template: 'nothing' }, {}, 'no template of this tenant is called nothing'],
    [{ to: undefined, subscribers: ['{{data.plan}}'] }, {}, 'no subscriber pro is there'],
  ])('%j %j', async (more, about, reason) => {
    await add({ ...more, name: 'faulty' });
    await add({ to: ['other@example.org'], variables: { Name: 'fixed' } });
    const { status, body } = await tell({ ...event, ...about });
    expect(status).toBe(202);
    expect(body).toMatchObject({
      triggered: [{ trigger: 'invited' }],
      skipped: [{ trigger: 'faulty', reason: expect.stringContaining(reason) }],
    });
    expect(await sent()).toHaveLength(1);
  });
});

it('writes to each subscriber in its language', async () => {
  const { id: tenantId } = server.tenants.acme;
  await server.store.subscribers.put({ tenantId, id: 'u1', email: 'a@example.org', locale: 'de', max: 9, now: 1 });
  await server.store.subscribers.put({ tenantId, id: 'u2', email: 'b@example.org', max: 9, now: 1 });
  await add({ to: undefined, subscribers: ['{{data.users}}'], variables: { Name: 'x' } });
  const { body } = await tell({ type: 'user.x', data: { users: ['u1', 'u2', 'u1'] } });
  expect(body.triggered).toHaveLength(2);
  const jobs = await server.claim();
  expect(
    jobs.map(({ message: { to, content } }) => [to[0]?.email, content.kind === 'parts' && content.template?.locale]),
  ).toEqual([
    ['a@example.org', 'de'],
    ['b@example.org', undefined],
  ]);
});

it('gives the template the members of data where the trigger says no variables', async () => {
  await add({ variables: undefined });
  await tell({ ...event, data: { email: 'jo@example.org', Name: 'Jo' } });
  expect(await sent()).toEqual([['jo@example.org', { email: 'jo@example.org', Name: 'Jo' }]]);
});

describe('events', () => {
  it('may be CloudEvents, structured, or binary with their attributes in headers', async () => {
    await add();
    const cloud = { specversion: '1.0', source: '/app', comexampleextension: 'x', ...event };
    const structured = await tell(cloud, {
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    });
    expect(structured.body).toMatchObject({ eventId: 'e1', triggered: [{}] });
    const headers = { 'ce-specversion': '1.0', 'ce-id': 'e%C3%A9', 'ce-type': 'user.invited', 'ce-source': '/app' };
    const binary = await tell(event.data, { headers });
    expect(binary.body).toMatchObject({ eventId: 'eé', triggered: [{}] });
    expect((await tell({ ...cloud, specversion: '0.3' })).status).toBe(400);
    expect((await tell({ ...cloud, time: '2026-13-01T00:00:00Z' })).status).toBe(400);
    expect((await tell({ ...cloud, source: undefined })).body.errors).toMatchObject([{ path: 'source' }]);
  });

  it('are those of their source, where they are CloudEvents', async () => {
    await add();
    const cloud = { specversion: '1.0', source: '/app', ...event };
    expect((await tell(cloud)).body).toMatchObject({ eventId: 'e1', duplicate: false });
    expect((await tell(cloud)).body).toMatchObject({ eventId: 'e1', duplicate: true });
    expect((await tell({ ...cloud, source: '/other' })).body).toMatchObject({ eventId: 'e1', duplicate: false });
    expect((await tell(event)).body).toMatchObject({ eventId: 'e1', duplicate: false });
    expect((await tell({ ...event, source: '/app' })).body).toMatchObject({ eventId: 'e1', duplicate: true });
    expect(await sent()).toHaveLength(3);
  });

  it('may be CloudEvents with their data in base64, or with none', async () => {
    await add();
    const { data, ...rest } = { specversion: '1.0', source: '/app', ...event };
    const encoded = Buffer.from(JSON.stringify(data)).toString('base64');
    expect((await tell({ ...rest, data_base64: encoded })).body).toMatchObject({ triggered: [{ trigger: 'invited' }] });
    const deep = Buffer.from('['.repeat(50) + ']'.repeat(50)).toString('base64');
    for (const [wrong, message] of [
      [{ data_base64: encoded, data }, 'does not go with data'],
      [{ data_base64: '!' }, 'is not JSON in base64'],
      [{ data_base64: Buffer.from('{').toString('base64') }, 'is not JSON in base64'],
      [{ data_base64: encoded, datacontenttype: 'text/xml' }, 'must hold JSON, as datacontenttype says'],
      [{ data_base64: deep }, 'nests deeper than 40 levels'],
    ] as const) {
      expect((await tell({ ...rest, id: 'e2', ...wrong })).body.errors).toEqual([{ path: 'data_base64', message }]);
    }
    const headers = { 'ce-specversion': '1.0', 'ce-id': 'e3', 'ce-type': 'user.invited', 'ce-source': '/app' };
    const { status, body } = await server.call('POST', '/v1/events', { key: 'send', headers });
    expect({ status, eventId: body.eventId }).toEqual({ status: 202, eventId: 'e3' });
    expect((await server.call('POST', '/v1/events', { key: 'send' })).status).toBe(400);
  });

  it.each(['a\nb', 'a\0', '\ud800'])('have no id such as %j, which others would share', async (id) => {
    expect((await tell({ ...event, id })).body.errors).toEqual([
      { path: 'id', message: 'must hold no control characters' },
    ]);
  });

  it('that name more than anybody could write to say so, and are kept short', async () => {
    await add({ to: undefined, subscribers: ['{{data.ids}}'] });
    const ids = Array.from({ length: 5_000 }, (_, at) => `nobody-${at}`);
    const { body } = await tell({ ...event, data: { ids } });
    expect(body.triggered).toEqual([]);
    expect(body.skipped).toHaveLength(101);
    expect((body.skipped as object[]).at(-1)).toEqual({ reason: '4900 more, which are not named' });
    await add({ name: 'large', to: ['{{data.email}}'], variables: { Name: '{{data.s}}'.repeat(1_000) } });
    const { body: large } = await tell({ ...event, id: 'e2', data: { email: 'jo@example.org', s: 'x'.repeat(9_000) } });
    expect(large.skipped).toContainEqual({
      trigger: 'large',
      reason: 'its placeholders come to more than 1048576 characters',
    });
  });

  it('send again once their id is forgotten', async () => {
    await add();
    await tell(event);
    await server.store.triggers.sweepEvents({ before: Number.MAX_SAFE_INTEGER, limit: 10 });
    const { body } = await tell(event);
    expect(body).toMatchObject({ duplicate: false, triggered: [{ trigger: 'invited' }] });
    const [{ messageId }] = body.triggered as [{ messageId: string }];
    expect((await server.call('GET', `/v1/messages/${messageId}`, { key: 'read' })).status).toBe(200);
  });

  it('may come as a list, with an answer each', async () => {
    await add();
    const { status, body } = await tell([event, { type: 'x' }, { no: 1 }, event]);
    expect(status).toBe(202);
    expect(body.items).toMatchObject([
      { eventId: 'e1' },
      { triggered: [], skipped: [] },
      { error: { code: 'invalid_request' } },
      { eventId: 'e1', triggered: [{ messageId: expect.any(String) }] },
    ]);
    expect(await sent()).toHaveLength(1);
    expect((await tell([])).status).toBe(400);
    expect((await tell(Array(1_001).fill({ type: 'x' }))).status).toBe(400);
  });

  it.each([
    [{}, 'type'],
    [{ type: '' }, 'type'],
    [{ type: 'x', id: 7 }, 'id'],
    [{ type: 'x', dat: {} }, 'dat'],
    [{ type: 'x', data: 'y'.repeat(300_000) }, 'data'],
  ])('%j is refused', async (json, path) => {
    const { status, body } = await tell(json);
    expect({ status, paths: (body.errors as { path: string }[]).map((error) => error.path) }).toEqual({
      status: 400,
      paths: [path],
    });
  });

  it('are held to the limits of the tenant, and are not lost by them', async () => {
    const { id: tenantId } = server.tenants.acme;
    await server.store.tenants.set({ tenantId, settings: { ratePerMinute: 1 }, now: 1 });
    server.deps.directory.forget();
    await add();
    expect((await tell(event)).status).toBe(202);
    const refused = await tell({ ...event, id: 'e2' });
    expect({ status: refused.status, code: refused.body.code }).toEqual({ status: 429, code: 'rate_limited' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await server.store.tenants.set({ tenantId, settings: { ratePerMinute: null }, now: 1 });
    server.deps.directory.forget();
    expect((await tell({ ...event, id: 'e2' })).body).toMatchObject({ duplicate: false, triggered: [{}] });
  });
});

describe('/v1/triggers', () => {
  it('adds, shows, changes and removes', async () => {
    expect(await add({ priority: 'high' })).toMatchObject({
      name: 'invited',
      tenant: 'acme',
      active: true,
      when: null,
    });
    expect((await server.call('POST', '/v1/triggers', { key: 'admin', json: invited })).status).toBe(409);
    const json = { active: false, priority: null, to: null, subscribers: ['u1'] };
    const changed = await server.call('PATCH', '/v1/triggers/invited', { key: 'admin', json });
    expect(changed.body).toMatchObject({ active: false, priority: null, to: null, subscribers: ['u1'], on: 'user.*' });
    expect((await server.call('GET', '/v1/triggers', { key: 'read' })).body.items).toMatchObject([{ name: 'invited' }]);
    expect((await server.call('DELETE', '/v1/triggers/invited', { key: 'admin' })).status).toBe(204);
    expect((await server.call('GET', '/v1/triggers/invited', { key: 'admin' })).status).toBe(404);
  });

  it.each([
    [{ name: 'No Name' }, 'name'],
    [{ on: 'user*x' }, 'on'],
    [{ when: { all: [{ path: 'a', op: 'like' }] } }, 'when.all.0.op'],
    [{ subscribers: ['x'] }, 'to'],
    [{ to: undefined }, 'to'],
    [{ variables: { x: 'y'.repeat(20_000) } }, 'variables'],
  ])('refuses %j', async (more, path) => {
    const { status, body } = await server.call('POST', '/v1/triggers', { key: 'admin', json: { ...invited, ...more } });
    expect({ status, path: (body.errors as { path: string }[])[0]?.path }).toEqual({ status: 400, path });
  });

  it('tells what an event would send and why not, and sends nothing', async () => {
    await add({ when: { path: 'data.plan', op: 'eq', value: 'pro' } });
    const test = (json: object) => server.call('POST', '/v1/triggers/invited/test', { key: 'read', json });
    expect((await test(event)).body).toEqual({
      ...{ trigger: 'invited', fits: true, reasons: [] },
      messages: [{ to: ['jo@example.org'], template: 'invitation', variables: { Name: 'Jo' } }],
    });
    const other = await test({ ...event, data: { plan: 'free' } });
    expect(other.body).toMatchObject({ fits: false, reasons: ['when: data.plan is "free", wanted eq "pro"'] });
    expect((await test({ ...event, data: { plan: 'pro' } })).body).toMatchObject({
      ...{ fits: true, messages: [], reasons: ['{{data.email}} names nothing to write to'] },
    });
    expect(await sent()).toEqual([]);
    expect((await tell(event)).body).toMatchObject({ duplicate: false });
  });

  it('is of one tenant alone', async () => {
    await add();
    expect((await server.call('GET', '/v1/triggers', { key: 'rival' })).body.items).toEqual([]);
    expect((await server.call('PATCH', '/v1/triggers/invited', { key: 'rival', json: { active: false } })).status).toBe(
      404,
    );
    expect((await tell(event, { key: 'rival' })).body).toMatchObject({ triggered: [], skipped: [] });
    expect((await tell(event)).body).toMatchObject({ duplicate: false, triggered: [{}] });
  });
});
