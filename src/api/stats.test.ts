/** What became of recipients, over HTTP: a tenant sees its own alone, the operator those of all, divided as it asks. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, submission, type TestServer } from '../http/http.testing.ts';
import { analyticsShape, statsShape } from './shapes.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const template = { name: 'welcome', subject: 'Welcome', text: 'Hello' };
  await server.call('POST', '/v1/templates', { key: 'admin', json: template });
  await server.send({ template: 'welcome', subject: undefined, textBody: undefined });
  await server.send();
  const json = { ...submission, from: 'a@elsewhere.example', metadata: { category: 'invoices, paid' } };
  await server.call('POST', '/v1/messages', { key: 'rival', json });
  const now = Date.now();
  const { jobs } = await server.store.outbox.claim({ owner: 'a', now, leaseMs: 1_000, limit: 9, skipTenants: [] });
  for (const { message, recipients, fence } of jobs) {
    const isRival = message.tenantId === server.tenants.rival.id;
    const provider = isRival ? 'backup' : 'relay';
    await server.store.outbox.settle({
      ...{ tenantId: message.tenantId, messageId: message.id, fence, at: now, status: 'sent', events: [] },
      recipients: recipients.map(({ position }) => ({ position, status: 'sent' })),
      attempts: [{ provider, startedAt: now, endedAt: now, outcome: 'delivered', counted: true }],
    });
  }
  const [first] = jobs.filter(({ message }) => message.tenantId === server.tenants.acme.id);
  const about = { messageId: first?.message.id ?? '' };
  const told = { at: now, recipient: first?.recipients[0]?.address ?? '', data: {}, about };
  const feedback = (['delivered', 'opened', 'complained'] as const).map((kind) => ({ ...told, kind }));
  await server.store.feedback.record({ door: 'import', feedback, now });
  const { acme, rival } = server.tenants;
  const refused = [
    { tenantId: acme.id, limit: 'rateLimited', count: 2 },
    { tenantId: rival.id, limit: 'tooLarge', count: 1 },
  ] as const;
  await server.store.tallies.refuse({ refused, now });
});
afterAll(() => server.close());

async function stats(key: 'read' | 'rival' | 'operator', query = '', headers = {}) {
  return statsShape.parse((await server.call('GET', `/v1/stats${query}`, { key, headers })).body);
}

test('a tenant has its own counts and rates', async () => {
  expect(await stats('read')).toMatchObject({
    ...{ recipients: 2, delivered: 1, bounced: 0, complained: 1, opened: 1, clicked: 0 },
    rates: { delivered: 0.5, bounced: 0, complained: 0.5, opened: 0.5, clicked: 0 },
  });
  expect(await stats('rival')).toMatchObject({ recipients: 1, delivered: 0, complained: 0 });
});

test('and no other’s, however it asks', async () => {
  const mine = await stats('rival', '?by=provider');
  expect(mine.byProvider).toMatchObject([{ provider: 'backup', recipients: 1, delivered: 0 }]);
  expect((await stats('rival', '?by=tenant')).byTenant).toMatchObject([{ tenant: 'rival', recipients: 1 }]);
});

test('the operator has those of all, of one, and divided', async () => {
  const all = await stats('operator', '?by=provider');
  expect(all).toMatchObject({ recipients: 3, delivered: 1 });
  expect(all.byProvider).toMatchObject([
    { provider: 'backup', recipients: 1 },
    { provider: 'relay', recipients: 2, rates: { complained: 0.5 } },
  ]);
  const { byTenant } = await stats('operator', '?by=tenant');
  expect(byTenant).toMatchObject([
    { tenant: 'acme', recipients: 2 },
    { tenant: 'rival', recipients: 1 },
  ]);
  expect(await stats('operator', '', { 'x-iep-tenant': 'rival' })).toMatchObject({ recipients: 1 });
});

test('by template: mail that was made with none, and with each', async () => {
  expect((await stats('read', '?by=template')).byTemplate).toMatchObject([
    { template: '', recipients: 1, delivered: 0 },
    { template: 'welcome', recipients: 1, delivered: 1, rates: { complained: 1 } },
  ]);
  expect((await stats('rival', '?by=template')).byTemplate).toMatchObject([{ template: '', recipients: 1 }]);
  expect((await stats('operator', '?by=template')).byTemplate).toMatchObject([{ recipients: 2 }, { recipients: 1 }]);
});

test('what limits refused is counted for its tenant', async () => {
  const none = { rateLimited: 0, tooManyRecipients: 0, tooLarge: 0 };
  expect((await stats('read')).refused).toEqual({ ...none, rateLimited: 2 });
  expect((await stats('rival')).refused).toEqual({ ...none, tooLarge: 1 });
  const all = await stats('operator', '?by=tenant');
  expect(all.refused).toEqual({ ...none, rateLimited: 2, tooLarge: 1 });
  expect(all.byTenant?.map(({ refused }) => refused.rateLimited)).toEqual([2, 0]);
});

test('counts whole hours, and says which', async () => {
  const { counted } = await stats('read', '?from=2026-01-01T10:20:00Z&to=2026-01-01T12:00:01Z');
  expect(counted).toEqual({ from: '2026-01-01T10:00:00.000Z', to: '2026-01-01T13:00:00.000Z' });
  expect(await stats('read', '?from=2026-01-01&to=2026-01-02')).toMatchObject({
    recipients: 0,
    rates: { delivered: null },
  });
});

test('is divided by nothing else', async () => {
  expect(await server.call('GET', '/v1/stats?by=subject', { key: 'read' })).toMatchObject({ status: 400 });
});

describe('analytics', () => {
  const series = async (key: 'read' | 'rival' | 'operator', query: string) =>
    analyticsShape.parse((await server.call('GET', `/v1/analytics?${query}`, { key })).body);

  test('has a series for each, with the most recipients first, and the rest together', async () => {
    const { items, bucket } = await series('operator', 'by=provider&top=1');
    expect(bucket).toBe('hour');
    expect(items).toMatchObject([
      { name: 'relay', isRest: false, recipients: 2, delivered: 1, rates: { complained: 0.5 } },
      { name: '', isRest: true, recipients: 1 },
    ]);
    expect(items[0]?.buckets).toMatchObject([{ recipients: 2, delivered: 1, rates: { delivered: 0.5 } }]);
    const named = async (by: string) => (await series('operator', `by=${by}`)).items.map(({ name }) => name);
    expect(await named('tenant')).toEqual(['acme', 'rival']);
    expect(await named('category')).toEqual(['', 'invoices, paid']);
    expect(await named('template')).toEqual(['', 'welcome']);
    expect((await series('read', 'template=welcome')).items).toMatchObject([{ recipients: 1, delivered: 1 }]);
    expect((await series('rival', 'template=welcome')).items).toEqual([]);
    expect((await series('operator', 'bucket=day')).items).toMatchObject([{ name: '', recipients: 3 }]);
    expect((await series('operator', 'provider=backup')).items).toMatchObject([{ recipients: 1 }]);
  });

  test('show a tenant its own alone', async () => {
    expect((await series('rival', 'by=tenant')).items).toMatchObject([{ name: 'rival', recipients: 1 }]);
    expect((await series('read', 'category=invoices%2C+paid')).items).toEqual([]);
  });

  test('are a file with every series', async () => {
    const { text, headers } = await server.call('GET', '/v1/analytics/export?by=category', { key: 'operator' });
    expect(headers.get('content-disposition')).toContain('analytics.csv');
    const [head, ...lines] = text.trim().split('\r\n');
    expect(head).toBe(
      'at,category,recipients,delivered,bounced,complained,opened,clicked,openedByMachine,clickedByMachine',
    );
    expect(lines.map((line) => line.slice(line.indexOf(',')))).toEqual([
      ',,2,1,0,1,1,0,0,0',
      ',"invoices, paid",1,0,0,0,0,0,0,0',
    ]);
  });

  test('refuse what they are not divided by', async () => {
    expect(await server.call('GET', '/v1/analytics?by=subject', { key: 'read' })).toMatchObject({ status: 400 });
  });
});
