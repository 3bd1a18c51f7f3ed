/** Webhooks over the API: endpoints, trying them out, what was delivered, and sending it again. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Tenant } from '../db/verbs/tenants.ts';
import { startServer, type TestServer } from '../http/http.testing.ts';
import { keyOf } from '../manage/manage.testing.ts';
import { createWebhookDesk } from '../manage/webhooks.ts';
import type { Post, Posted } from '../webhooks/post.ts';
import { isSecret } from '../webhooks/signing.ts';
import { type Receiver, startReceiver } from '../webhooks/webhooks.testing.ts';
import { listOf, pageOf } from './shapes.ts';
import { deliveryDetailShape, deliveryShape, newWebhookShape, testedShape, webhookShape } from './webhook-views.ts';

let server: TestServer;
let receiver: Receiver;
beforeEach(async () => {
  server = await startServer();
  receiver = await startReceiver();
});
afterEach(async () => {
  await receiver.close();
  await server.close();
});

const PATH = '/v1/webhooks';
const admin = (method: string, path: string, json?: unknown) =>
  server.call(method, path, { key: 'admin', ...(json !== undefined && { json }) });
const add = async (more: object = {}) => {
  const { status, body, text } = await admin('POST', PATH, { url: receiver.url, ...more });
  if (status !== 201) throw new Error(text);
  return newWebhookShape.parse(body);
};
/** One delivery of a message of acme's, claimed. */
const claimed = async () => {
  await server.send();
  await server.store.webhooks.fanOut({ limit: 100, now: Date.now() });
  const now = Date.now();
  const limits = { limit: 1, maxPerEndpoint: 9, maxPerTenant: 9, maxDoubtful: 9 };
  const { jobs } = await server.store.webhooks.claim({ owner: 't', now, leaseMs: 60_000, ...limits });
  const [job] = jobs;
  if (job === undefined) throw new Error('nothing was due');
  return job;
};

describe('endpoints', () => {
  test('are made with a secret that is shown once, changed, listed and removed', async () => {
    const made = await add({ events: ['sent', 'message.failed', 'retry_scheduled', 'message.sent'], description: 'd' });
    expect(made).toMatchObject({
      url: receiver.url,
      events: ['message.sent', 'message.failed', 'message.retrying'],
      description: 'd',
      active: true,
    });
    expect(isSecret(made.secret)).toBe(true);
    const { secret, ...shown } = made;
    expect(webhookShape.parse((await admin('GET', `${PATH}/${made.id}`)).body)).toEqual(shown);
    const listed = await admin('GET', PATH);
    expect(listOf(webhookShape).parse(listed.body).items).toEqual([shown]);
    expect(listed.text).not.toContain(secret);
    const changed = await admin('PUT', `${PATH}/${made.id}`, { events: ['*'], active: false, description: '' });
    expect(webhookShape.parse(changed.body)).toMatchObject({
      events: ['*'],
      active: false,
      description: null,
      disabledReason: 'it was turned off by hand',
    });
    expect((await admin('PUT', `${PATH}/${made.id}`, { active: true })).body).toMatchObject({ disabledReason: null });
    expect((await admin('DELETE', `${PATH}/${made.id}`)).status).toBe(204);
    expect((await admin('DELETE', `${PATH}/${made.id}`)).status).toBe(404);
    expect(JSON.stringify(server.lines)).not.toContain(secret);
  });

  test.each([
    [{}, 'url'],
    [{ url: 'ftp://example.com/' }, 'url'],
    [{ url: 'https://me:pw@example.com/' }, 'url'],
    [{ url: 'http://169.254.169.254/latest/meta-data' }, 'url'],
    [{ url: 'http://[::ffff:10.0.0.1]/' }, 'url'],
    [{ url: 'http://0x7f.2/' }, 'url'],
    [{ url: `https://example.com/${'x'.repeat(2_048)}` }, 'url'],
    [{ url: 'https://example.com/', events: ['delivred'] }, 'events.0'],
    [{ url: 'https://example.com/', events: [] }, 'events'],
    [{ url: 'https://example.com/', secret: 'hunter2' }, 'secret'],
    [{ url: 'https://example.com/', event: ['sent'] }, 'event'],
  ])('are refused as %j', async (json, path) => {
    const { status, body, text } = await admin('POST', PATH, json);
    expect({ status, body }).toMatchObject({ status: 400, body: { errors: [{ path }] } });
    expect(text).not.toContain('hunter2');
  });

  test('are another tenant’s to nobody', async () => {
    const { id } = await add();
    const rival = (method: string, path: string, json?: unknown) =>
      server.call(method, `${PATH}/${id}${path}`, { key: 'rival', ...(json !== undefined && { json }) });
    const answers = await Promise.all([
      rival('GET', ''),
      rival('PUT', '', { active: false }),
      rival('DELETE', ''),
      rival('POST', '/rotate'),
      rival('POST', '/test'),
      rival('GET', '/deliveries'),
      rival('POST', '/replay', { missed: true }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(Array(7).fill(404));
    expect((await server.call('GET', PATH, { key: 'rival' })).body.items).toEqual([]);
  });
});

describe('a secret', () => {
  test('may be given with a change, and is not shown again', async () => {
    const { id } = await add();
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const changed = await admin('PUT', `${PATH}/${id}`, { url: receiver.url, events: ['sent'], secret });
    expect(changed).toMatchObject({ status: 200, body: { events: ['message.sent'] } });
    expect(changed.body).toMatchObject({ previousSecretUntil: expect.any(String) });
    expect(changed.text).not.toContain(secret);
    expect((await admin('PUT', `${PATH}/${id}`, { secret: 'hunter2' })).status).toBe(400);
  });

  test('is sealed in the store, and may be the caller’s own', async () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const made = await add({ secret });
    expect(made.secret).toBe(secret);
    const row = await server.store.webhooks.get({ tenantId: server.tenants.acme.id, webhookId: made.id });
    expect(row?.secret).not.toContain('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    expect(server.deps.vault.open(row?.secret ?? '', `webhook:${made.id}`)).toBe(secret);
  });

  test('is rotated; for a while the old one signs too', async () => {
    const made = await add();
    const { body } = await admin('POST', `${PATH}/${made.id}/rotate`, { overlapSeconds: 60 });
    const rotated = newWebhookShape.parse(body);
    expect(rotated.secret).not.toBe(made.secret);
    expect(rotated.previousSecretUntil).not.toBeNull();
    await admin('POST', `${PATH}/${made.id}/test`);
    expect(receiver.heard[0]?.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    await admin('POST', `${PATH}/${made.id}/rotate`, { overlapSeconds: 0 });
    await admin('POST', `${PATH}/${made.id}/test`);
    expect(receiver.heard[1]?.headers['webhook-signature']).toMatch(/^v1,\S+$/);
  });
});

describe('a test', () => {
  test('posts a sample and answers what came back', async () => {
    const { id } = await add({ events: ['failed'] });
    receiver.answer(() => ({ status: 418, body: 'short and stout' }));
    const { status, body } = await admin('POST', `${PATH}/${id}/test`);
    expect(status).toBe(200);
    const tested = testedShape.parse(body);
    expect(tested).toMatchObject({ ok: false, status: 418, answer: 'short and stout', error: null });
    expect(tested.request.body).toBe(receiver.heard[0]?.body);
    expect(tested.request.headers['webhook-id']).toBe(receiver.heard[0]?.headers['webhook-id']);
    expect(receiver.heard[0]?.json).toMatchObject({ event: 'message.failed', data: { test: true } });
  });

  test('of one tenant whose endpoints are slow keeps no other tenant from its own', async () => {
    const { promise: held, resolve: answer } = Promise.withResolvers<Posted>();
    const attempt = { startedAt: 0, durationMs: 0, request: {}, status: 204 };
    const quick = Promise.resolve({ attempt, refused: false });
    const post: Post = ({ endpoint }) => (endpoint.url.endsWith('slow') ? held : quick);
    const desk = createWebhookDesk({
      ...server.deps,
      post,
      wake: () => undefined,
      refusalOf: () => undefined,
      allowNetworks: () => [],
    });
    const endpoint = async (tenant: Tenant, url: string) => ({
      tenant,
      webhookId: (await desk.add(keyOf(tenant), { tenant, url, events: ['*'] })).endpoint.id,
    });
    const slow = await endpoint(server.tenants.acme, 'https://acme.example/slow');
    const other = await endpoint(server.tenants.rival, 'https://rival.example/quick');

    const tests = Array.from({ length: 10 }, () => desk.test(keyOf(slow.tenant), slow));
    await expect(desk.test(keyOf(slow.tenant), slow)).rejects.toMatchObject({ code: 'rate_limited' });
    expect((await desk.test(keyOf(other.tenant), other)).posted).toMatchObject({ attempt });
    answer({ attempt, refused: false });
    await Promise.all(tests);
    expect((await desk.test(keyOf(slow.tenant), slow)).posted).toMatchObject({ attempt });
  });

  test('says why there is no answer, and goes nowhere it may not', async () => {
    const { id } = await add();
    const { port } = new URL(receiver.url);
    receiver.answer(() => new Promise(() => undefined));
    const slow = testedShape.parse((await admin('POST', `${PATH}/${id}/test`)).body);
    expect(slow).toMatchObject({ ok: false, status: null, error: 'no answer within 3 s' });
    // The name is allowed when it is written down; what it leads to is looked at when it is posted to.
    await server.store.webhooks.set({
      tenantId: server.tenants.acme.id,
      webhookId: id,
      url: `http://[::1]:${port}/`,
      now: Date.now(),
    });
    const closed = testedShape.parse((await admin('POST', `${PATH}/${id}/test`)).body);
    expect(closed).toMatchObject({ ok: false, status: null, error: expect.stringContaining('private and reserved') });
    expect(receiver.heard).toHaveLength(1);
  });
});

describe('deliveries', () => {
  test('are listed, and shown with every request and answer', async () => {
    const { id } = await add();
    const job = await claimed();
    const listed = await admin('GET', `${PATH}/${id}/deliveries?status=pending`);
    expect(pageOf(deliveryShape).parse(listed.body).items).toMatchObject([
      { id: job.deliveryId, event: 'message.queued', sequence: 1, status: 'pending', attempts: 0 },
    ]);
    await server.store.webhooks.settle({
      ...{ deliveryId: job.deliveryId, fence: job.fence, at: Date.now(), delivered: true, quick: true },
      attempt: { startedAt: Date.now(), durationMs: 7, request: { 'webhook-id': job.deliveryId }, status: 200 },
      ...{ lastAnswer: '200', offAfterMs: 1 },
    });
    const shown = await admin('GET', `${PATH}/${id}/deliveries/${job.deliveryId}`);
    const detail = deliveryDetailShape.parse(shown.body);
    expect(detail).toMatchObject({ status: 'delivered', lastAnswer: '200', attemptLog: [{ number: 1, status: 200 }] });
    expect(JSON.parse(detail.body)).toMatchObject({ event: 'message.queued', messageId: job.content.event.messageId });
    expect((await admin('GET', `${PATH}/${id}/deliveries/nothing`)).status).toBe(404);
    expect(await admin('GET', `${PATH}/${id}/deliveries?cursor=x`)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'cursor', message: 'is not a cursor of an earlier answer' }] },
    });
  });

  test('are sent again, one or many, and the worker is told', async () => {
    const { id } = await add();
    const job = await claimed();
    const before = server.woken();
    const again = await admin('POST', `${PATH}/${id}/deliveries/${job.deliveryId}/replay`);
    expect(again).toMatchObject({ status: 202, body: { id: job.deliveryId, status: 'pending' } });
    expect(server.woken()).toBe(before + 1);
    const replay = (json: object) => admin('POST', `${PATH}/${id}/replay`, json);
    const since = new Date(Date.now() - 60_000).toISOString();
    expect((await replay({ from: since, dryRun: true })).body).toEqual({ matched: 1, dryRun: true, cursor: null });
    expect((await replay({ from: since, to: since })).body).toMatchObject({ matched: 0 });
    expect((await replay({ missed: true })).body).toMatchObject({ matched: 0 });
    expect((await replay({ messageId: job.content.event.messageId })).body).toMatchObject({ matched: 1 });
    for (const messageId of ['nothing', '019cf5b2-6a00-7000-8000-3f1c8a5d9e01']) {
      expect(await replay({ messageId, dryRun: true })).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
    expect((await replay({})).status).toBe(400);
    expect((await replay({ from: since, cursor: 'x' })).status).toBe(400);
    await admin('PUT', `${PATH}/${id}`, { active: false });
    expect(await replay({ from: since })).toMatchObject({ status: 409, body: { code: 'conflict' } });
  });
});
