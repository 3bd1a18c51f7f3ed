/** Who manages a tenant turns mail off for those who asked for it, on again, and sees who did by themselves. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer, type TestServer } from '../http/http.testing.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const list = async (query = '', key = 'admin') =>
  (await server.call('GET', `/v1/unsubscribes${query}`, { key })).body.items as Record<string, unknown>[];
const add = (json: unknown) => server.call('POST', '/v1/unsubscribes', { key: 'admin', json });
const remove = async (path: string) =>
  (await server.call('DELETE', `/v1/unsubscribes/${path}`, { key: 'admin' })).status;
const send = async (category: string) => {
  const json = {
    from: 'a@acme.example',
    to: ['jo@example.org'],
    subject: 's',
    textBody: 't',
    unsubscribe: { category },
  };
  const { body } = await server.call('POST', '/v1/messages', { key: 'send', json });
  return body.suppressedRecipients;
};

it('is asked for by a message, which shows it', async () => {
  const id = await server.send({ to: ['jo@example.org'], unsubscribe: { category: 'offers' } });
  const { body } = await server.call('GET', `/v1/messages/${id}`, { key: 'read' });
  expect(body.unsubscribe).toEqual({ category: 'offers' });
});

it('adds, lists and removes, by category and all together', async () => {
  const first = await add({ email: 'Jo@Example.ORG', category: 'news' });
  expect([first.status, first.body]).toEqual([201, { email: 'jo@example.org', category: 'news', change: 'added' }]);
  expect((await add({ email: 'jo@example.org', category: 'news' })).body.change).toBe('unchanged');
  expect([await send('news'), await send('billing')]).toEqual([['jo@example.org'], []]);
  await add({ email: 'jo@example.org' });
  expect(await send('billing')).toEqual(['jo@example.org']);
  expect(await list()).toMatchObject([
    { email: 'jo@example.org', category: null, way: 'manual', tenant: 'acme' },
    { email: 'jo@example.org', category: 'news', way: 'manual' },
  ]);
  expect(await list('?category=')).toHaveLength(1);
  expect(await list('?category=news&q=JO')).toHaveLength(1);
  expect(await list('', 'rival')).toEqual([]);
  expect(await remove('jo@example.org?category=other')).toBe(404);
  expect(await remove('jo@example.org?category=news')).toBe(204);
  expect(await remove('jo@example.org')).toBe(204);
  expect(await remove('jo@example.org')).toBe(404);
  expect([await send('news'), await send('billing')]).toEqual([[], []]);
});

it.each([
  [{ email: 'jo' }],
  [{ email: 'jo@example.org', category: '' }],
  [{ email: 'jo@example.org', reason: 'x' }],
  [{}],
])('refuses %j', async (json) => {
  expect((await add(json)).body).toMatchObject({ code: 'invalid_request' });
  expect(await remove('nobody')).toBe(404);
});
