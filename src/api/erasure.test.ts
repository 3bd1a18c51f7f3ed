/** A subscriber that is erased takes its own mail and notifications along, and leaves what others have and what was counted. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { startServer, type TestServer } from '../http/http.testing.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
  await server.store.tenants.set({
    ...{ tenantId: server.tenants.acme.id, now: 1 },
    settings: { anySender: true, defaultFrom: { email: 'noreply@acme.example' } },
  });
  server.deps.directory.forget();
  for (const id of ['jo', 'al']) await call('POST', '/v1/subscribers', { id, email: `${id}@example.org` });
});
afterEach(() => server.close());

const call = (method: string, path: string, json?: unknown, key = 'all') =>
  server.call(method, path, { key, ...(json !== undefined && { json }) });
const erase = () => call('DELETE', '/v1/subscribers/jo?erase=true');

async function send(...to: string[]): Promise<string> {
  const json = { from: 'a@acme.example', to, subject: 'Hello', textBody: 'Hi' };
  const { body, text } = await call('POST', '/v1/messages', json);
  if (typeof body.messageId !== 'string') throw new Error(text);
  return body.messageId;
}

const statusOf = async (path: string) => (await call('GET', path)).status;

it('takes along the mail that went to nobody else, also what waits', async () => {
  const own = await send('jo@example.org');
  const both = await send('jo@example.org', 'al@example.org');
  const other = await send('al@example.org');
  expect((await erase()).status).toBe(204);
  expect(await statusOf(`/v1/messages/${own}`)).toBe(404);
  expect(await statusOf(`/v1/messages/${both}`)).toBe(200);
  expect(await statusOf(`/v1/messages/${other}`)).toBe(200);
  expect(await statusOf('/v1/subscribers/jo')).toBe(404);
  expect((await call('GET', '/v1/stats')).body).toMatchObject({ total: 3 });
  const { text } = await server.call('GET', '/v1/admin/audit?limit=1', { key: 'operator' });
  expect(text).toContain('subscriber.remove');
  expect(text.replaceAll('\\', '')).toContain('"erased":{"messages":1,"notifications":0}');
});

it('leaves mail alone that is under way, says so, and goes on when asked again', async () => {
  const own = await send('jo@example.org');
  const [job] = await server.claim();
  const refused = await erase();
  expect({ status: refused.status, detail: refused.body.detail }).toMatchObject({
    ...{ status: 409, detail: expect.stringContaining('1 message to this subscriber') },
  });
  expect(await statusOf('/v1/subscribers/jo')).toBe(200);
  await server.store.outbox.release({ messageId: own, fence: job?.fence ?? 0, dueAt: 1 });
  expect((await erase()).status).toBe(204);
  expect(await statusOf(`/v1/messages/${own}`)).toBe(404);
});

it('takes along the notifications that nobody else was told of', async () => {
  await call('POST', '/v1/notification-types', { name: 'job.failed' });
  const notify = async (...to: string[]) => {
    const json = {
      type: 'job.failed',
      to: to.map((subscriber) => ({ subscriber })),
      data: { subject: 'x', text: 'y' },
    };
    const { body, text } = await call('POST', '/v1/notifications', json);
    if (typeof body.notificationId !== 'string') throw new Error(text);
    return body.notificationId;
  };
  const own = await notify('jo');
  const both = await notify('jo', 'al');
  expect((await erase()).status).toBe(204);
  expect(await statusOf(`/v1/notifications/${own}`)).toBe(404);
  expect(await statusOf(`/v1/notifications/${both}`)).toBe(200);
});

it('without `erase` nothing but the subscriber goes', async () => {
  const own = await send('jo@example.org');
  expect((await call('DELETE', '/v1/subscribers/jo')).status).toBe(204);
  expect(await statusOf(`/v1/messages/${own}`)).toBe(200);
});

it('is of one tenant alone', async () => {
  const own = await send('jo@example.org');
  expect((await call('DELETE', '/v1/subscribers/jo?erase=true', undefined, 'rival')).status).toBe(404);
  expect(await statusOf(`/v1/messages/${own}`)).toBe(200);
});
