/** A tenant's own lists: suppressions and sender domains. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startServer, submission, type TestServer } from '../http.testing.ts';
import { pageOf, suppressionShape } from '../shapes.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.close());

const admin = (method: string, path: string, json?: unknown) =>
  server.call(method, path, { key: 'admin', ...(json === undefined ? {} : { json }) });

describe('suppressions', () => {
  test('are added, changed, listed, searched and removed', async () => {
    const added = await admin('POST', '/v1/suppressions', {
      email: 'Jo@Example.ORG',
      reason: 'complaint',
      note: 'asked',
    });
    expect(added.status).toBe(201);
    expect(suppressionShape.parse(added.body)).toMatchObject({
      email: 'jo@example.org',
      reason: 'complaint',
      note: 'asked',
    });
    await admin('POST', '/v1/suppressions', { email: 'al@example.org', expiresAt: '2099-01-01T00:00:00+01:00' });
    await admin('POST', '/v1/suppressions', { email: 'jo@example.org' });
    const { body } = await admin('GET', '/v1/suppressions');
    expect(pageOf(suppressionShape).parse(body).items).toMatchObject([
      { email: 'al@example.org', reason: 'manual', expiresAt: '2098-12-31T23:00:00.000Z' },
      { email: 'jo@example.org', reason: 'manual', note: null },
    ]);
    expect((await admin('GET', '/v1/suppressions?q=al@')).body.items).toHaveLength(1);
    expect((await admin('DELETE', '/v1/suppressions/JO%40example.org')).status).toBe(204);
    expect((await admin('DELETE', '/v1/suppressions/jo@example.org')).status).toBe(404);
    expect((await admin('DELETE', '/v1/suppressions/nothing')).status).toBe(404);
  });

  test('are paged', async () => {
    for (const name of ['a', 'b', 'c']) await admin('POST', '/v1/suppressions', { email: `${name}@example.org` });
    const first = await admin('GET', '/v1/suppressions?limit=2');
    expect(first.body.items).toHaveLength(2);
    const second = await admin('GET', `/v1/suppressions?limit=2&cursor=${first.body.cursor}`);
    expect(second.body).toMatchObject({ items: [{ email: 'c@example.org' }], cursor: null });
  });

  test.each([
    [{}, 'email'],
    [{ email: 'x' }, 'email'],
    [{ email: 'a@b.example', reason: 'bored' }, 'reason'],
    [{ email: 'a@b.example', expiresAt: 'soon' }, 'expiresAt'],
    [{ email: 'a@b.example', until: 'x' }, 'until'],
  ])('are refused as %j', async (json, path) => {
    expect(await admin('POST', '/v1/suppressions', json)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });

  const importCsv = (body: string) =>
    server.call('POST', '/v1/suppressions/import', {
      key: 'admin',
      body,
      headers: { 'content-type': 'text/csv; charset=utf-8' },
    });

  test('are imported, and exported as they can be imported again', async () => {
    const csv =
      '\uFEFFemail,note,reason,expiresAt\r\n"a@example.org","says ""no"",\nreally",hard_bounce,2099-01-01\nB@example.org,,,\n\n';
    expect((await importCsv(csv)).body).toEqual({ imported: 2 });
    const exported = await server.call('GET', '/v1/suppressions/export', { key: 'read' });
    expect(exported.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(exported.headers.get('content-disposition')).toContain('suppressions.csv');
    expect(exported.text).toMatch(
      /^email,reason,note,expiresAt,createdAt\r\na@example.org,hard_bounce,"says ""no"",\nreally",2099-01-01T00:00:00.000Z,/,
    );
    const before = (await admin('GET', '/v1/suppressions')).body;
    for (const email of ['a@example.org', 'b@example.org']) await admin('DELETE', `/v1/suppressions/${email}`);
    expect((await importCsv(exported.text)).body).toEqual({ imported: 2 });
    expect((await admin('GET', '/v1/suppressions')).body).toEqual(before);
  });

  test('are exported whole, over many pages', async () => {
    const lines = Array.from({ length: 2_500 }, (_, n) => `user${n}@example.org`);
    expect((await importCsv(`email\n${lines.join('\n')}`)).body).toEqual({ imported: 2_500 });
    const { text } = await server.call('GET', '/v1/suppressions/export', { key: 'read' });
    expect(text.trimEnd().split('\r\n')).toHaveLength(2_501);
  });

  test('are imported all or none, and every wrong line is named', async () => {
    const { status, body } = await importCsv(
      'email,reason\na@example.org,\nnobody,\nb@example.org,bored\nc@example.org,,x\n',
    );
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      { path: 'line 3', message: expect.stringContaining('email') },
      { path: 'line 4', message: expect.stringContaining('reason') },
      { path: 'line 5', message: expect.stringContaining('fields') },
    ]);
    expect((await admin('GET', '/v1/suppressions')).body.items).toEqual([]);
  });

  test.each([
    ['', ''],
    ['reason\nmanual\n', 'line 1'],
    ['email,colour\na@b.example,red\n', 'line 1'],
    ['email,email\na@b.example,a@b.example\n', 'line 1'],
    ['email\n"a@b.example\n', ''],
    ['email\n"a@b.example"x\n', ''],
  ])('are not imported from %j', async (csv, path) => {
    expect(await importCsv(csv)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });
});

describe('domains', () => {
  test('are allowed and taken back, and hold for what is sent next', async () => {
    expect((await admin('POST', '/v1/domains', { domain: 'Bücher.example' })).body).toEqual({
      domain: 'xn--bcher-kva.example',
    });
    expect((await admin('POST', '/v1/domains', { domain: 'xn--bcher-kva.example' })).status).toBe(409);
    const refused = await server.call('POST', '/v1/messages', { key: 'send', json: submission });
    expect(refused).toMatchObject({ status: 403, body: { code: 'sender_domain_not_allowed' } });
    await admin('POST', '/v1/domains', { domain: 'acme.example' });
    expect((await admin('GET', '/v1/domains')).body).toEqual({
      items: [{ domain: 'acme.example' }, { domain: 'xn--bcher-kva.example' }],
    });
    expect((await server.call('POST', '/v1/messages', { key: 'send', json: submission })).status).toBe(202);
    expect((await admin('DELETE', '/v1/domains/acme.example')).status).toBe(204);
    expect((await admin('DELETE', '/v1/domains/acme.example')).status).toBe(404);
    expect((await server.call('POST', '/v1/messages', { key: 'send', json: submission })).status).toBe(403);
  });

  test.each(['', 'localhost', 'a b.example', '[192.0.2.1]', '-x.example', 'example.com/x'])(
    '%j is none',
    async (domain) => {
      expect(await admin('POST', '/v1/domains', { domain })).toMatchObject({
        status: 400,
        body: { errors: [{ path: 'domain' }] },
      });
    },
  );
});
