/** The link of a notification: what opens it acknowledges nothing, its button does, once. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { startServer, type TestServer } from '../http/http.testing.ts';

let server: TestServer;
let link: string;
let path: string;
const call = (method: string, to: string, json?: unknown) => server.call(method, to, { key: 'all', json });
const post = (body: string) =>
  server.call('POST', link, { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
const shown = async () => (await call('GET', path)).body;

beforeEach(async () => {
  server = await startServer();
  const settings = { defaultFrom: { email: 'noreply@acme.example' } };
  await server.store.tenants.set({ tenantId: server.tenants.acme.id, now: 1, settings });
  server.deps.directory.forget();
  await call('POST', '/v1/notification-types', { name: 'job.failed', category: 'ops' });
  const asked = { type: 'job.failed', to: [{ email: 'jo@example.org' }], data: { job: '<b>backup</b>' } };
  const { body } = await call('POST', '/v1/notifications', asked);
  path = `/v1/notifications/${body.notificationId}`;
  const sign = await server.deps.linkTokens.signer();
  link = `/a/${sign('acknowledge', [server.tenants.acme.id, String(body.notificationId)])}`;
});
afterEach(() => server.close());

it('asks, and acknowledges by its button alone', async () => {
  for (const method of ['GET', 'HEAD', 'GET']) {
    const { status, text } = await server.call(method, link);
    expect(status).toBe(200);
    if (method === 'GET') expect(text).toContain('<strong>Job failed: &lt;b&gt;backup&lt;/b&gt;</strong>');
  }
  for (const body of ['', 'action=', 'List-Unsubscribe=One-Click'])
    expect((await post(body)).text).toContain('Do you see to it?');
  expect((await shown()).acknowledgedAt).toBeNull();
  const { status, headers, text } = await post('action=acknowledge');
  expect([status, headers.get('location'), headers.get('set-cookie')]).toEqual([200, null, null]);
  expect(text).toContain('Somebody sees to it');
  const first = await shown();
  expect(first.acknowledgedBy).toBe('the link');
  expect((await post('action=acknowledge')).text).toContain('Somebody sees to it');
  expect((await shown()).acknowledgedAt).toBe(first.acknowledgedAt);
  const { items } = await server.store.audit.list({ filter: { action: 'notification.acknowledge' }, limit: 9 });
  const target = path.split('/').at(-1);
  expect(items).toMatchObject([
    { actor: { kind: 'recipient', id: 'the link' }, outcome: 'done', tenant: 'acme', target },
  ]);
  expect(JSON.stringify(items)).not.toContain(link.slice('/a/'.length));
});

it('names who was first, in the language of the reader', async () => {
  await call('POST', `${path}/acknowledge`, { by: 'Jo <i>' });
  const { text } = await server.call('GET', link, { headers: { 'accept-language': 'de' } });
  expect(text).toContain('Jemand kümmert sich darum');
  expect(text).toContain('von Jo &lt;i&gt;');
});

it('means nothing where it was changed, is for something else, or its notification is gone', async () => {
  const sign = await server.deps.linkTokens.signer();
  const id = path.split('/').at(-1) ?? '';
  const wrong = [
    `${link}A`,
    `/a/${sign('unsubscribe', [server.tenants.acme.id, id])}`,
    `/a/${sign('acknowledge', [server.tenants.rival.id, id])}`,
    `/a/${sign('acknowledge', [server.tenants.acme.id, '019cf5b2-6a00-7000-8000-000000000000'])}`,
  ];
  for (const one of wrong) {
    for (const method of ['GET', 'POST']) {
      const { status, text } = await server.call(method, one);
      expect([one, status]).toEqual([one, 404]);
      expect(text).toContain('This link does not work');
    }
  }
});
