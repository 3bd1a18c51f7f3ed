/** Notifications over HTTP: asked for once, shown with why, acknowledged, cancelled; and nothing of another tenant's. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CallInit, startServer, type TestServer } from '../http/http.testing.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
  const { acme } = server.tenants;
  const settings = { defaultFrom: { email: 'noreply@acme.example' } };
  await server.store.tenants.set({ tenantId: acme.id, now: 1, settings });
  server.deps.directory.forget();
  await addType('job.failed', { category: 'ops' });
  await addType('report', { digest: { every: 'daily' } });
});
afterEach(() => server.close());

const call = (method: string, path: string, json?: unknown, more: CallInit = {}) =>
  server.call(method, path, { key: 'all', ...(json !== undefined && { json }), ...more });
const addType = async (name: string, more: object) => {
  const { status, text } = await call('POST', '/v1/notification-types', { name, ...more });
  if (status !== 201) throw new Error(text);
};
const job = { type: 'job.failed', to: [{ email: 'Jo <jo@example.org>' }], data: { job: 'backup' } };
const notify = (more: object = {}, init: CallInit = {}) => call('POST', '/v1/notifications', { ...job, ...more }, init);

it('makes mail of what goes at once, and says what waits until when', async () => {
  const { status, body } = await notify();
  expect(status).toBe(202);
  expect(body.deliveries).toEqual([
    { subscriber: null, email: 'jo@example.org', channelName: null, channel: 'email', status: 'pending' },
  ]);
  const { body: shown } = await call('GET', `/v1/notifications/${body.notificationId}`);
  expect(shown).toMatchObject({
    ...{ type: 'job.failed', category: 'ops', data: { job: 'backup' }, counts: { pending: 1 } },
    deliveries: [{ status: 'pending', messageId: expect.stringMatching(/^[0-9a-f-]{36}$/), step: 0 }],
    timeline: [
      { text: 'asked for' },
      { text: expect.stringMatching(/^jo@example.org by email: goes now, as message /) },
    ],
  });
  const [delivery] = shown.deliveries as { messageId: string }[];
  const { body: message } = await call('GET', `/v1/messages/${delivery?.messageId}`);
  expect(message).toMatchObject({ subject: 'Job failed: backup', category: 'ops' });
  const held = await notify({ type: 'report' });
  expect(held.body.deliveries).toMatchObject([
    { status: 'held', reason: 'digest', until: expect.stringMatching(/T09:00:00/) },
  ]);
});

it('is told once for one idempotency key', async () => {
  const first = await notify({ idempotencyKey: 'k' });
  const again = await notify({}, { headers: { 'idempotency-key': 'k' } });
  expect(again.body).toEqual(first.body);
  const other = await notify({ idempotencyKey: 'k', data: {} });
  expect([other.status, other.body.code]).toEqual([409, 'idempotency_key_reused']);
  expect(other.body.notificationId).toBe(first.body.notificationId);
  const many = await Promise.all(Array.from({ length: 10 }, () => notify({ idempotencyKey: 'many' })));
  expect(new Set(many.map(({ body }) => body.notificationId)).size).toBe(1);
  expect((await call('GET', '/v1/messages')).body.items).toHaveLength(2);
});

it.each([
  ['an unknown type', { type: 'nothing' }, 'type'],
  ['nobody', { to: [] }, 'to'],
  ['no address', { to: [{ email: 'jo' }] }, 'to.0.email'],
  ['two in one', { to: [{ email: 'a@x.example', topic: 't' }] }, 'to.0'],
  ['an unknown channel', { to: [{ channel: 'ops' }] }, 'to.0.channel'],
  ['an unknown topic', { to: [{ topic: 'ops' }] }, 'to.0.topic'],
  ['too much data', { data: { text: 'x'.repeat(300_000) } }, 'data'],
])('refuses %s', async (_, more, path) => {
  const { status, body } = await notify(more);
  expect(status).toBe(400);
  expect(body.errors).toMatchObject([{ path }]);
});

it('lists, cancels and deletes, and shows nothing to another tenant', async () => {
  const { body: first } = await notify();
  const { body: second } = await notify({
    type: 'report',
    to: [{ subscriber: 'nobody' }, { email: 'al@example.org' }],
  });
  const ids = async (query: string) =>
    ((await call('GET', `/v1/notifications?${query}`)).body.items as { notificationId: string }[]).map(
      ({ notificationId }) => notificationId,
    );
  expect(await ids('')).toEqual([second.notificationId, first.notificationId]);
  expect(await ids('status=held')).toEqual([second.notificationId]);
  expect(await ids('type=job.failed&q=backup')).toEqual([first.notificationId]);
  expect(await ids('from=2020-01-01&to=2020-01-02')).toEqual([]);
  const path = `/v1/notifications/${second.notificationId}`;
  for (const [method, suffix] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/acknowledge'],
  ] as const) {
    expect((await call(method, path + suffix, undefined, { key: 'rival' })).status).toBe(404);
  }
  expect((await call('GET', '/v1/notifications', undefined, { key: 'rival' })).body.items).toEqual([]);
  expect((await call('DELETE', path)).body).toEqual({ outcome: 'cancelled' });
  expect((await call('GET', path)).body).toMatchObject({ counts: { cancelled: 1, skipped: 1 } });
  expect((await call('DELETE', path)).body).toEqual({ outcome: 'deleted' });
  expect((await call('GET', path)).status).toBe(404);
  expect((await call('DELETE', `/v1/notifications/${first.notificationId}`)).body).toEqual({ outcome: 'cancelled' });
  expect((await call('GET', '/v1/messages?status=cancelled')).body.items).toHaveLength(1);
});

it('is acknowledged by the first who does', async () => {
  const { body } = await notify();
  const path = `/v1/notifications/${body.notificationId}/acknowledge`;
  expect((await call('POST', path, { by: 'Jo' })).body).toMatchObject({ acknowledgedBy: 'Jo', isNew: true });
  expect((await call('POST', path)).body).toMatchObject({ acknowledgedBy: 'Jo', isNew: false });
});
