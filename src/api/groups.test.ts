/** Groups over HTTP: numbers under the names of the contract, records page by page, and no other tenant's. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer, type TestServer } from '../http/http.testing.ts';

let server: TestServer;
let first: string;
beforeAll(async () => {
  server = await startServer();
  const tenantId = server.tenants.acme.id;
  first = await server.send({ to: ['a@x.example', 'b@x.example'], groupId: 'spring/1', tracking: { opens: true } });
  await server.send({ to: ['c@x.example'], groupId: 'spring/1' });
  for (const { message, recipients, fence } of await server.claim()) {
    await server.store.outbox.settle({
      ...{ tenantId, messageId: message.id, fence, at: 1_000, status: 'sent', sentAt: 1_000, events: [] },
      recipients: recipients.map(({ position }) => ({ position, status: 'sent' as const })),
      attempts: [{ provider: 'dev', startedAt: 1_000, endedAt: 1_000, outcome: 'delivered', counted: true }],
    });
  }
  const hit = (position: number, at: number, more = {}) => ({
    ...{ messageId: first, position, kind: 'opened' as const, at, userAgent: 'Reader/1.0', ...more },
  });
  const click = { kind: 'clicked', url: 'https://example.com/' };
  const hits = [
    hit(0, 60_000),
    hit(0, 61_000),
    hit(1, 62_000),
    hit(1, 63_000, { isHead: true }),
    hit(0, 64_000, click),
  ];
  await server.store.hits.record({ hits, now: 70_000 });
});
afterAll(() => server.close());

const get = (path: string, key = 'read') => server.call('GET', path, { key });
const GROUP = '/v1/groups/spring%2F1';

it('has its numbers', async () => {
  expect((await get(`${GROUP}/analytics`)).body).toEqual({
    ...{ groupId: 'spring/1', totalSent: 3, delivered: 0 },
    ...{ opened: 3, uniqueOpened: 2, clicked: 1, uniqueClicked: 1, machineOpened: 1, machineClicked: 0 },
    ...{ bounced: 0, complained: 0, failed: 0 },
  });
});

it('has its records, page by page', async () => {
  const { body } = await get(`${GROUP}?limit=2`);
  expect(body.groupId).toBe('spring/1');
  expect(body.items).toMatchObject([
    {
      ...{
        messageId: first,
        recipient: 'a@x.example',
        subject: 'Hello',
        status: 'sent',
        opened: true,
        opens: 2,
        clicks: 1,
      },
      ...{
        sentAt: '1970-01-01T00:00:01.000Z',
        firstOpenedAt: '1970-01-01T00:01:00.000Z',
        deliveredAt: null,
        failed: false,
      },
    },
    { recipient: 'b@x.example', opens: 1, machineOpens: 1, clicked: false },
  ]);
  const rest = await get(`${GROUP}?limit=2&cursor=${body.cursor}`);
  expect(rest.body).toMatchObject({ items: [{ recipient: 'c@x.example', opened: false }], cursor: null });
  expect((await get(`${GROUP}?cursor=x`)).status).toBe(400);
});

it('is the tenant’s alone', async () => {
  for (const path of [GROUP, `${GROUP}/analytics`]) {
    expect((await get(path, 'rival')).body).toMatchObject({ status: 404, code: 'not_found' });
    expect((await get(path.replace('spring', 'autumn'))).status).toBe(404);
    expect((await get(path, 'send')).status).toBe(403);
  }
});

it('shows in the message what its readers did', async () => {
  const { body } = await get(`/v1/messages/${first}`);
  expect(body.tracking).toEqual({ opens: true, clicks: false, anonymous: false });
  expect(body.recipients).toMatchObject([
    { opens: 2, clicks: 1, machineOpens: 0, machineClicks: 0 },
    { opens: 1, clicks: 0, machineOpens: 1, machineClicks: 0 },
  ]);
});
