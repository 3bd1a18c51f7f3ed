/** What a tenant may do, as the API says it: limits with their fields, refusals with their paths, settings from the config. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../../test/manual-clock.ts';
import { type TenantSettingsChange, tenantSettingsSchema } from '../core/tenant-settings.ts';
import { type Body, startServer, submission, type TestServer } from '../http/http.testing.ts';
import { problemShape, tenantShape } from './shapes.ts';

const NOW = 1_800_000_000_000;

let server: TestServer;
let clock: ManualClock;
let days = 0;
beforeAll(async () => {
  clock = createManualClock(NOW);
  server = await startServer({
    clock,
    overrides: {
      declaredTenants: () => new Map([['rival', { name: 'rival', active: true, settings: { ratePerDay: 9 } }]]),
    },
  });
});
afterAll(() => server.close());
afterEach(async () => {
  const none = Object.fromEntries(Object.keys(tenantSettingsSchema.shape).map((name) => [name, null]));
  await set({ ...none, anySender: true });
  // Longer than any window, and a moment at which each of its spans begins.
  await clock.advance(NOW + ++days * 2 * 86_400_000 - clock.now());
});

const set = async (settings: TenantSettingsChange, more: Body = {}) => {
  const answer = await server.call('PATCH', '/v1/admin/tenants/acme', { key: 'operator', json: { settings, ...more } });
  expect(answer.status, answer.text).toBe(200);
};
const send = (changes: Body = {}) =>
  server.call('POST', '/v1/messages', { key: 'send', json: { ...submission, ...changes } });
const hits = async () =>
  Number(/^iep_rate_limit_hits_total\{.*\} (\d+)$/m.exec(await server.deps.metrics.render())?.[1] ?? 0);

describe('rate limits', () => {
  test('are told with every answer, and say when there is room', async () => {
    const before = await hits();
    await set({ ratePerMinute: 2, ratePerDay: 100 });
    const first = await send();
    expect(first.status).toBe(202);
    expect(first.headers.get('ratelimit')).toBe('"minute";r=1;t=61, "day";r=99;t=87300');
    expect(first.headers.get('ratelimit-policy')).toBe('"minute";q=2;w=60, "day";q=100;w=86400');
    await clock.advance(20_000);
    expect((await send()).headers.get('ratelimit')).toBe('"minute";r=0;t=41, "day";r=98;t=87280');
    const refused = await send();
    expect(refused.status).toBe(429);
    expect(problemShape.parse(refused.body)).toMatchObject({
      code: 'rate_limited',
      detail: 'This tenant may submit 2 messages in any minute',
      retryAfterSeconds: 41,
    });
    expect(refused.headers.get('retry-after')).toBe('41');
    expect(refused.headers.get('ratelimit')).toBe('"minute";r=0;t=41, "day";r=98;t=87280');
    expect((await hits()) - before).toBe(1);
    await clock.advance(41_000);
    expect((await send()).status).toBe(202);
    expect((await send()).status).toBe(429);
  });

  test('answer a batch item by item: what fits, in order, and a problem for each of the rest', async () => {
    const before = await hits();
    await set({ ratePerHour: 60 });
    const messages = Array.from({ length: 100 }, () => submission);
    const { status, body, headers } = await server.call('POST', '/v1/messages/batch', { key: 'send', json: messages });
    expect([status, body.accepted, body.refused]).toEqual([202, 60, 40]);
    const items = body.items as { messageId?: string; error?: Body }[];
    expect(items.map(({ error }) => error === undefined)).toEqual(messages.map((_, at) => at < 60));
    expect(items[60]?.error).toMatchObject({ status: 429, code: 'rate_limited', retryAfterSeconds: 3660 });
    expect(headers.get('ratelimit')).toBe('"hour";r=0;t=3660');
    expect((await hits()) - before).toBe(40);
  });

  test('cost nothing for what is refused or was there already', async () => {
    await set({ ratePerMinute: 2 });
    expect((await send({ idempotencyKey: 'k' })).status).toBe(202);
    for (const changes of [{ idempotencyKey: 'k' }, { to: [] }, { idempotencyKey: 'k', subject: 'Other' }])
      await send(changes);
    expect((await send()).headers.get('ratelimit')).toContain('"minute";r=0');
    expect(await send({ idempotencyKey: 'k' })).toMatchObject({ status: 200 });
  });

  test('are the tenant’s own, and nothing is said of them to one that has none', async () => {
    const { headers } = await send();
    expect([headers.get('ratelimit'), headers.get('ratelimit-policy')]).toEqual([null, null]);
    await set({ ratePerMinute: 1 });
    await send();
    expect((await send()).status).toBe(429);
    expect((await server.call('POST', '/v1/messages', { key: 'rival', json: submission })).status).toBe(202);
  });

  test('hold for whole messages', async () => {
    await set({ ratePerMinute: 1 });
    const raw = () =>
      server.call('POST', '/v1/messages/raw', {
        key: 'send',
        body: 'From: a@acme.example\r\nTo: b@example.org\r\n\r\nx\r\n',
        headers: { 'content-type': 'message/rfc822' },
      });
    const first = await raw();
    expect([first.status, first.headers.get('ratelimit')]).toEqual([202, '"minute";r=0;t=61']);
    expect((await raw()).status).toBe(429);
  });
});

describe('domains', () => {
  test('of recipients are told one by one', async () => {
    await set({ recipientDomains: ['example.org'] });
    const { status, body } = await send({ to: ['a@example.org', 'b@other.example'], bcc: ['c@more.example'] });
    expect(status).toBe(403);
    expect(body).toMatchObject({ code: 'recipient_domain_not_allowed', errors: [{ path: 'to.1' }, { path: 'bcc.0' }] });
    expect((await send({ to: ['a@sub.example.org'] })).status).toBe(202);
  });

  test('of answers are the tenant’s', async () => {
    await set({ replyToDomains: ['acme.example'] });
    expect(await send({ replyTo: 'a@other.example' })).toMatchObject({
      status: 403,
      body: { code: 'reply_to_domain_not_allowed', errors: [{ path: 'replyTo' }] },
    });
    expect((await send({ replyTo: 'a@help.acme.example' })).status).toBe(202);
  });

  test('must be verified where the tenant says so', async () => {
    await set({ requireVerifiedDomains: true });
    expect(await send()).toMatchObject({ status: 403, body: { code: 'sender_domain_not_verified' } });
  });
});

describe('the default sender', () => {
  const anonymous = { from: undefined };

  test('is who mail is from that names none, also in a batch', async () => {
    expect(await send(anonymous)).toMatchObject({
      status: 400,
      body: {
        errors: [{ path: 'from', message: expect.stringContaining('iep tenant set acme --default-from ADDRESS') }],
      },
    });
    await set({ defaultFrom: { email: 'noreply@acme.example', name: 'Acme' } });
    const { body } = await send(anonymous);
    const { from: _, ...rest } = submission;
    const batch = await server.call('POST', '/v1/messages/batch', { key: 'send', json: [rest] });
    const [item] = batch.body.items as Body[];
    for (const id of [body.messageId, item?.messageId]) {
      const found = await server.call('GET', `/v1/messages/${id}`, { key: 'read' });
      expect(found.body.from).toEqual({ email: 'noreply@acme.example', name: 'Acme' });
    }
  });

  test('is held to the sender domains like any other', async () => {
    await set({ anySender: false, defaultFrom: { email: 'noreply@elsewhere.example' } });
    expect(await send(anonymous)).toMatchObject({ status: 403, body: { code: 'sender_domain_not_allowed' } });
  });
});

describe('settings', () => {
  const patch = (slug: string, json: Body) =>
    server.call('PATCH', `/v1/admin/tenants/${slug}`, { key: 'operator', json });

  test.each([
    [{ primary: 'nowhere' }, 'settings.primary'],
    [{ route: ['dev', 'nowhere'] }, 'settings.route.1'],
    [{ split: { nowhere: 1 } }, 'settings.split.nowhere'],
  ])('name providers that are there: not %j', async (settings, path) => {
    const message = 'no provider is called "nowhere"; there are: dev, relay, spare';
    const refused = { status: 400, body: { errors: [{ path, message }] } };
    expect(await patch('acme', { settings })).toMatchObject(refused);
    const made = await server.call('POST', '/v1/admin/tenants', { key: 'operator', json: { slug: 'new', settings } });
    expect(made).toMatchObject(refused);
  });

  test('that stand in the configuration are shown as such, and stay', async () => {
    const { body } = await server.call('GET', '/v1/admin/tenants/rival', { key: 'operator' });
    expect(tenantShape.parse(body).fromConfig).toEqual(['name', 'active', 'ratePerDay']);
    expect(await patch('rival', { settings: { ratePerDay: null } })).toMatchObject({
      status: 409,
      body: { code: 'set_by_config', errors: [{ path: 'settings.ratePerDay' }] },
    });
    expect(await patch('rival', { name: 'Other' })).toMatchObject({
      status: 409,
      body: { errors: [{ path: 'name' }] },
    });
    expect(await patch('rival', { active: false })).toMatchObject({
      status: 409,
      body: { errors: [{ path: 'active' }] },
    });
    const removal = await server.call('DELETE', '/v1/admin/tenants/rival?force=true', { key: 'operator' });
    expect(removal).toMatchObject({ status: 409, body: { code: 'set_by_config' } });
    expect((await patch('rival', { name: 'rival', settings: { ratePerDay: 9, ratePerHour: 3 } })).status).toBe(200);
  });
});

describe('a tenant that is not active', () => {
  test('is refused with its keys, keeps what waits, and goes on from there', async () => {
    await server.claim();
    await server.send();
    await set({}, { active: false });
    for (const key of ['send', 'read', 'admin']) {
      expect(await server.call('GET', '/v1/messages', { key })).toMatchObject({
        status: 403,
        body: { code: 'tenant_inactive' },
      });
    }
    const asOperator = { key: 'operator', headers: { 'x-iep-tenant': 'acme' } };
    expect(await server.call('POST', '/v1/messages', { ...asOperator, json: submission })).toMatchObject({
      body: { code: 'tenant_inactive' },
    });
    expect(await server.claim()).toEqual([]);
    const { body } = await server.call('GET', '/v1/admin/queue?tenant=acme', { key: 'operator' });
    expect(body.items).toMatchObject([{ tenant: 'acme', active: false, due: 1 }]);
    const woken = server.woken();
    await set({}, { active: true });
    expect(server.woken()).toBe(woken + 1);
    expect(await server.claim()).toHaveLength(1);
  });
});
