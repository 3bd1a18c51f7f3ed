/** The operator's calls: tenants, keys, the queue; and what they change for tenants. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Body, startServer, submission, type TestServer } from '../http/http.testing.ts';
import { keyShape, listOf, newKeyShape, queueShape, statsShape, tenantShape } from './shapes.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const ask = (method: string, path: string, json?: unknown) =>
  server.call(method, `/v1/admin${path}`, { key: 'operator', ...(json !== undefined && { json }) });

describe('tenants', () => {
  test('are added, shown, changed and removed', async () => {
    const added = await ask('POST', '/tenants', { slug: 'shop', settings: { primary: 'relay', maxAttempts: 3 } });
    expect(added.status).toBe(201);
    expect(tenantShape.parse(added.body)).toMatchObject({
      slug: 'shop',
      name: 'shop',
      active: true,
      settings: { primary: 'relay', maxAttempts: 3 },
    });
    const changed = await ask('PATCH', '/tenants/shop', {
      name: 'The Shop',
      settings: { primary: null, fallback: 'spare' },
    });
    expect(tenantShape.parse(changed.body)).toMatchObject({
      name: 'The Shop',
      settings: { maxAttempts: 3, fallback: 'spare' },
    });
    expect(changed.body.settings).not.toHaveProperty('primary');
    const byId = await ask('GET', `/tenants/${added.body.id}`);
    expect(byId.body).toEqual(changed.body);
    expect(
      listOf(tenantShape)
        .parse((await ask('GET', '/tenants')).body)
        .items.map(({ slug }) => slug),
    ).toContain('shop');
    expect((await ask('DELETE', '/tenants/shop')).status).toBe(204);
    expect((await ask('GET', '/tenants/shop')).status).toBe(404);
  });

  test('have slugs of their own', async () => {
    expect(await ask('POST', '/tenants', { slug: 'acme' })).toMatchObject({ status: 409, body: { code: 'conflict' } });
  });

  test.each([
    [{ slug: 'Not A Slug' }, 'slug'],
    [{ slug: '-x' }, 'slug'],
    [{ slug: '019cf5b2-6a00-7000-8000-000000000000' }, 'slug'],
    [{}, 'slug'],
    [{ slug: 'x', settings: { primry: 'a' } }, 'settings.primry'],
    [{ slug: 'x', settings: { maxAttempts: 0 } }, 'settings.maxAttempts'],
  ])('are refused as %j', async (json, path) => {
    expect(await ask('POST', '/tenants', json)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });

  test('that owe mail are not removed unless forced', async () => {
    await ask('POST', '/tenants', { slug: 'busy', settings: { anySender: true } });
    const headers = { 'x-iep-tenant': 'busy' };
    await server.call('POST', '/v1/messages', { key: 'operator', headers, json: submission });
    expect((await ask('DELETE', '/tenants/busy')).status).toBe(409);
    expect((await ask('DELETE', '/tenants/busy?force=yes')).status).toBe(400);
    expect((await ask('DELETE', '/tenants/busy?force=true')).status).toBe(204);
  });
});

describe('keys', () => {
  const issue = async (json: Body) => newKeyShape.parse((await ask('POST', '/keys', json)).body);

  test('are shown once and work', async () => {
    const made = await issue({ tenant: 'acme', scopes: ['send', 'read'], name: 'job' });
    expect(made).toMatchObject({ tenant: 'acme', scopes: ['send', 'read'], name: 'job', expiresAt: null });
    expect(made.key).toContain(made.prefix);
    expect((await server.call('POST', '/v1/messages', { key: made.key, json: submission })).status).toBe(202);
    const { body, text } = await ask('GET', '/keys?tenant=acme');
    const listed = listOf(keyShape)
      .parse(body)
      .items.find(({ id }) => id === made.id);
    expect(listed?.prefix).toBe(made.prefix);
    expect(text).not.toMatch(/argon2|\$v=19/);
    expect(text).not.toContain(made.key);
  });

  test('of the operator belong to no tenant', async () => {
    const made = await issue({ scopes: ['operator'] });
    expect(made.tenant).toBeNull();
    expect((await server.call('GET', '/v1/admin/tenants', { key: made.key })).status).toBe(200);
  });

  test.each([
    [{ scopes: ['send'] }, 'tenant'],
    [{ scopes: ['operator'], tenant: 'acme' }, 'scopes'],
    [{ scopes: [], tenant: 'acme' }, 'scopes'],
    [{ scopes: ['sned'], tenant: 'acme' }, 'scopes.0'],
    [{ scopes: ['send'], tenant: 'acme', expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    [{ scopes: ['send'], tenant: 'acme', expiresAt: 'tomorrow' }, 'expiresAt'],
  ])('are refused as %j', async (json, path) => {
    expect(await ask('POST', '/keys', json)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });

  test('of a tenant that is not there are not made', async () => {
    expect((await ask('POST', '/keys', { tenant: 'nobody', scopes: ['send'] })).status).toBe(404);
  });

  test('are revoked, at once', async () => {
    const made = await issue({ tenant: 'acme', scopes: ['read'] });
    expect((await server.call('GET', '/v1/messages', { key: made.key })).status).toBe(200);
    expect((await ask('DELETE', `/keys/${made.id}`)).status).toBe(204);
    expect((await server.call('GET', '/v1/messages', { key: made.key })).status).toBe(401);
    expect((await ask('DELETE', '/keys/nothing')).status).toBe(404);
    const { body } = await ask('GET', '/keys');
    expect(
      listOf(keyShape)
        .parse(body)
        .items.find(({ id }) => id === made.id)?.revokedAt,
    ).not.toBeNull();
  });

  test('rotate with an overlap', async () => {
    const old = await issue({ tenant: 'acme', scopes: ['read'] });
    const { status, body } = await ask('POST', `/keys/${old.id}/rotate`, { overlapSeconds: 60 });
    expect(status).toBe(201);
    const fresh = newKeyShape.parse(body);
    expect(fresh).toMatchObject({ tenant: 'acme', scopes: ['read'] });
    for (const { key } of [old, fresh]) expect((await server.call('GET', '/v1/messages', { key })).status).toBe(200);
    const after = await ask('POST', `/keys/${fresh.id}/rotate`, { overlapSeconds: 0 });
    expect(after.status).toBe(201);
    expect((await server.call('GET', '/v1/messages', { key: fresh.key })).status).toBe(401);
    expect((await ask('POST', `/keys/${old.id}/rotate`)).status).toBe(201);
  });
});

describe('the queue', () => {
  let own: TestServer;
  beforeAll(async () => {
    own = await startServer();
  });
  afterAll(() => own.close());
  const queue = async (query = '') =>
    queueShape.parse((await own.call('GET', `/v1/admin/queue${query}`, { key: 'operator' })).body);
  const lever = (name: string, json?: Body) =>
    own.call('POST', `/v1/admin/queue/${name}`, { key: 'operator', ...(json && { json }) });

  test('shows what waits, by tenant and lane', async () => {
    await own.send({ priority: 'high' });
    await own.send();
    await own.send();
    const { items, paused } = await queue();
    expect(paused).toBe(false);
    expect(items.map(({ tenant, lane, waiting }) => ({ tenant, lane, waiting }))).toEqual(
      expect.arrayContaining([
        { tenant: 'acme', lane: 'high', waiting: 1 },
        { tenant: 'acme', lane: 'normal', waiting: 2 },
      ]),
    );
    expect((await queue('?tenant=rival')).items).toEqual([]);
  });

  test('is paused and resumed, whole or for one tenant', async () => {
    expect((await lever('pause', { tenant: 'acme' })).body).toEqual({
      ...{ paused: true, tenant: 'acme' },
      ...{ allPaused: false, pausedTenants: ['acme'] },
    });
    expect((await queue()).items.every(({ paused }) => paused)).toBe(true);
    expect(await own.claim()).toEqual([]);
    const before = own.woken();
    await lever('resume', { tenant: 'acme' });
    expect(own.woken()).toBe(before + 1);
    await lever('pause');
    expect((await queue()).paused).toBe(true);
    expect(await own.claim()).toEqual([]);
    await lever('pause', { tenant: 'acme' });
    expect((await lever('resume', {})).body).toMatchObject({ allPaused: false, pausedTenants: ['acme'] });
    await lever('resume', { tenant: 'acme' });
    expect((await queue()).paused).toBe(false);
  });

  test('is flushed', async () => {
    const [job] = await own.claim();
    await own.store.outbox.release({
      messageId: job?.message.id ?? '',
      fence: job?.fence ?? 0,
      dueAt: Date.now() + 3_600_000,
    });
    expect((await lever('flush')).body).toEqual({ flushed: 1 });
  });

  test.each(['flush', 'pause', 'resume'])('%s knows its tenants and its fields', async (name) => {
    expect((await lever(name, { tenant: 'nobody' })).status).toBe(404);
    expect((await lever(name, { tenat: 'acme' })).body).toMatchObject({ errors: [{ path: 'tenat' }] });
  });
});

describe('stats', () => {
  const stats = (query: string) => server.call('GET', `/v1/stats?${query}`, { key: 'read' });

  test('count by status, of a day in hours where nothing else is asked', async () => {
    const answer = statsShape.parse((await stats('')).body);
    expect(answer.bucket).toBe('hour');
    expect(answer.total).toBeGreaterThan(0);
    expect(answer.byStatus.queued).toBe(answer.total);
    expect(answer.buckets.reduce((sum, { byStatus }) => sum + (byStatus.queued ?? 0), 0)).toBe(answer.total);
  });

  test('count days where more is asked', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const answer = statsShape.parse((await stats(`from=2026-01-01&to=${today}`)).body);
    expect(answer.bucket).toBe('day');
    expect(answer.total).toBeGreaterThan(0);
  });

  test.each([
    ['from=x', 'from'],
    ['to=x', 'to'],
    ['bucket=minute', 'bucket'],
    ['from=2026-02-01&to=2026-01-01', 'from'],
    ['from=2020-01-01&to=2026-01-01', 'from'],
    ['from=2026-01-01&to=2026-03-01&bucket=hour', 'from'],
  ])('refuse %s', async (query, path) => {
    expect(await stats(query)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });
});

describe('chores', () => {
  test('are shown to the operator, and to nobody else', async () => {
    const plan = { name: 'space', schedule: '27 * * * *', nextAt: 1_790_000_000_000 };
    const claim = { owner: 'a', now: 1_789_000_000_000, leaseMs: 1_000, plan, known: {} };
    const { row } = await server.store.chores.claim(claim);
    const ended = { endedAt: 1_789_000_000_020, outcome: 'failed' as const, detail: 'disk', failures: 2 };
    await server.store.chores.settle({ owner: 'a', row: { ...row, ...ended } });
    expect(await ask('GET', '/chores')).toMatchObject({
      status: 200,
      body: {
        items: [
          {
            ...{ name: 'space', outcome: 'failed', detail: 'disk', failures: 2, succeededAt: null },
            ...{ nextAt: '2026-09-21T14:13:20.000Z', startedAt: '2026-09-10T00:26:40.000Z' },
          },
        ],
      },
    });
    expect((await server.call('GET', '/v1/admin/chores', { key: 'admin' })).status).toBe(403);
  });
});

describe('tenants whose mail comes back', () => {
  test('show how much of their mail bounced or annoyed, each for itself', async () => {
    const { store } = server;
    for (let count = 0; count < 20; count += 1) await server.send();
    for (const { message, fence } of await server.claim()) {
      await store.outbox.settle({
        ...{ tenantId: message.tenantId, messageId: message.id, fence, at: Date.now(), status: 'bounced', events: [] },
        ...{ recipients: [{ position: 0, status: 'bounced' }], attempts: [] },
      });
    }
    const { rates } = (await ask('GET', '/tenants/acme')).body as { rates: Body[] };
    expect(rates).toMatchObject([
      { rate: 'bounced', isTooHigh: true },
      { rate: 'complained', value: 0, isTooHigh: false },
    ]);
    expect((await ask('GET', '/tenants/rival')).body.rates).toEqual([]);
  });
});
