/** A tenant's own lists: suppressions and sender domains. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startServer, submission, type TestServer } from '../http/http.testing.ts';
import {
  domainReportShape,
  domainsShape,
  importedShape,
  listOf,
  pageOf,
  rowShape,
  suppressionDetailShape,
  suppressionPutShape,
  suppressionRowShape,
} from './shapes.ts';
import { webhookShape } from './webhook-views.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.close());

const admin = (method: string, path: string, json?: unknown) =>
  server.call(method, path, { key: 'admin', ...(json !== undefined && { json }) });
const operator = (method: string, path: string, json?: unknown) =>
  server.call(method, path, {
    ...{ key: 'operator', headers: { 'x-iep-tenant': 'acme' } },
    ...(json !== undefined && { json }),
  });

describe('suppressions', () => {
  test('are added, changed, listed, searched and removed', async () => {
    const added = await admin('POST', '/v1/suppressions', {
      email: 'Jo@Example.ORG',
      reason: 'complaint',
      note: 'asked',
    });
    expect(added.status).toBe(201);
    expect(suppressionPutShape.parse(added.body)).toMatchObject({
      email: 'jo@example.org',
      reason: 'complaint',
      note: 'asked',
      change: 'added',
    });
    await admin('POST', '/v1/suppressions', { email: 'al@example.org', expiresAt: '2099-01-01T00:00:00+0100' });
    const again = await admin('POST', '/v1/suppressions', { email: 'jo@example.org' });
    expect(again.body).toEqual({ ...added.body, change: 'unchanged' });
    const noted = await admin('POST', '/v1/suppressions', { email: 'jo@example.org', reason: 'manual', note: 'again' });
    expect(noted.body).toMatchObject({
      reason: 'manual',
      note: 'again',
      createdAt: added.body.createdAt,
      change: 'changed',
    });
    const { body } = await admin('GET', '/v1/suppressions');
    expect(pageOf(suppressionRowShape).parse(body).items).toMatchObject([
      { email: 'al@example.org', reason: 'manual', expiresAt: '2098-12-31T23:00:00.000Z' },
      { email: 'jo@example.org', reason: 'manual', note: 'again' },
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
    [{ email: 'a@b.example', expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    [{ email: 'a@b.example', until: 'x' }, 'until'],
  ])('are refused as %j', async (json, path) => {
    expect(await admin('POST', '/v1/suppressions', json)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });

  const importCsv = (body: string, query = '') =>
    server.call('POST', `/v1/suppressions/import${query}`, {
      key: 'admin',
      body,
      headers: { 'content-type': 'text/csv; charset=utf-8' },
    });

  test('are imported, and exported as they can be imported again', async () => {
    const csv =
      '\uFEFFemail,note,reason,expiresAt\r\n"a@example.org","says ""no"",\nreally",hard_bounce,2099-01-01\nB@example.org,,,\n\n';
    expect((await importCsv(csv)).body).toMatchObject({ imported: 2, refused: 0 });
    const exported = await server.call('GET', '/v1/suppressions/export', { key: 'read' });
    expect(exported.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(exported.headers.get('content-disposition')).toContain('suppressions.csv');
    expect(exported.text).toMatch(
      /^email,reason,note,expiresAt,createdAt\r\na@example.org,hard_bounce,"says ""no"",\nreally",2099-01-01T00:00:00.000Z,/,
    );
    const before = (await admin('GET', '/v1/suppressions')).body;
    for (const email of ['a@example.org', 'b@example.org']) await admin('DELETE', `/v1/suppressions/${email}`);
    expect((await importCsv(exported.text)).body).toMatchObject({ imported: 2, refused: 0 });
    expect((await admin('GET', '/v1/suppressions')).body).toEqual(before);
  });

  test('are exported whole, over many pages', async () => {
    const lines = Array.from({ length: 2_500 }, (_, n) => `user${n}@example.org`);
    expect((await importCsv(`email\n${lines.join('\n')}`)).body).toMatchObject({ imported: 2_500, refused: 0 });
    const { text } = await server.call('GET', '/v1/suppressions/export', { key: 'read' });
    expect(text.trimEnd().split('\r\n')).toHaveLength(2_501);
  });

  test('are at most as many as the operator allows', async () => {
    const lines = (count: number) => Array.from({ length: count }, (_, n) => `user${n}@example.org`);
    const refused = await importCsv(`email\n${lines(3_001).join('\n')}`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(refused.body.detail).toMatch(
      /at most 3000 .*`suppressions\.maxPerTenant`\. The first 3000 of the file were added\./,
    );
    expect(await admin('POST', '/v1/suppressions', { email: 'one@example.org' })).toMatchObject({
      ...{ status: 409, body: { code: 'conflict', detail: expect.not.stringContaining('the file') } },
    });
    expect((await importCsv(`email,note\n${lines(3_000).join(',again\n')}`)).status).toBe(200);
    expect((await admin('POST', '/v1/suppressions', { email: 'user1@example.org', note: 'x' })).status).toBe(201);
  });

  const wrongLines =
    'email,reason,expiresAt\na@example.org,\nnobody,\nb@example.org,bored\nc@example.org,,,x\n*@Gone.example,\n' +
    'd@example.org,,2020-01-01\n';
  const report = [
    { path: 'line 3', message: expect.stringContaining('email') },
    { path: 'line 4', message: expect.stringContaining('reason') },
    { path: 'line 5', message: expect.stringContaining('fields') },
    { path: 'line 7', message: 'expiresAt must lie in the future' },
  ];

  test('are imported, and every wrong line is reported', async () => {
    const { status, body } = await importCsv(wrongLines);
    expect({ status, body }).toMatchObject({ status: 200, body: { imported: 2, refused: 4, errors: report } });
    expect((await admin('GET', '/v1/suppressions')).body.items).toMatchObject([
      { email: '*@gone.example' },
      { email: 'a@example.org' },
    ]);
  });

  test('are imported all or none where that is asked for', async () => {
    const { status, body } = await importCsv(wrongLines, '?strict=true');
    expect({ status, errors: body.errors }).toEqual({ status: 400, errors: report });
    expect((await admin('GET', '/v1/suppressions')).body.items).toEqual([]);
  });

  test('are reported up to a thousand wrong lines, and counted beyond', async () => {
    const { body } = await importCsv(`email\n${'nobody\n'.repeat(1_200)}`);
    expect(body).toMatchObject({ imported: 0, refused: 1_200 });
    expect(body.errors).toHaveLength(1_000);
  });

  test('are never weakened by an import, which may be tried first', async () => {
    await admin('POST', '/v1/suppressions', { email: 'jo@example.org', reason: 'complaint', note: 'said no' });
    const csv = 'Email;Reason;Expires;Team\njo@example.org;manual;2099-01-01;x\nal@example.org;Unsubscribe;;\nbad;;;\n';
    const counts = { imported: 2, added: 1, changed: 0, unchanged: 1, refused: 1 };
    const answer = { ...counts, errors: [{ path: 'line 4' }], ignoredColumns: ['Team'] };
    expect((await importCsv(csv, '?dryRun=true')).body).toMatchObject({ ...answer, dryRun: true });
    expect((await admin('GET', '/v1/suppressions')).body.items).toHaveLength(1);
    expect((await importCsv(csv)).body).toMatchObject({ ...answer, dryRun: false });
    expect((await admin('GET', '/v1/suppressions')).body.items).toMatchObject([
      { email: 'al@example.org', reason: 'unsubscribe' },
      { email: 'jo@example.org', reason: 'complaint', note: 'said no', expiresAt: null },
    ]);
  });

  test('are counted by what an import did to them, and a dry run foretells it', async () => {
    const many = Array.from({ length: 1_500 }, (_, at) => `n${at}@example.org`);
    await importCsv(`email\n${many.slice(0, 600).join('\n')}`);
    const lines = [...many, 'n0@example.org,complaint', 'n1499@example.org', 'n1499@example.org,unsubscribe'];
    const csv = `email,reason\n${lines.join('\n')}\n`;
    const counts = { imported: 1_503, added: 900, changed: 2, unchanged: 601, refused: 0 };
    expect((await importCsv(csv, '?dryRun=true')).body).toMatchObject(counts);
    expect(importedShape.parse((await importCsv(csv)).body)).toMatchObject(counts);
    expect((await importCsv(csv)).body).toMatchObject({ added: 0, changed: 0, unchanged: 1_503 });
  });

  test.each([
    ['text/csv; charset=iso-8859-1', Buffer.from('email,note\nl1@example.org,Stra\u00dfe\n', 'latin1')],
    ['text/csv', Buffer.from('email,note\nl1@example.org,Stra\u00dfe\n', 'latin1')],
    ['text/plain', Buffer.from('\ufeffemail\tnote\r\nl1@example.org\tStra\u00dfe\r\n', 'utf16le')],
    ['application/json; charset=utf-8', Buffer.from('[{"email":"l1@example.org","note":"Stra\u00dfe"}]')],
  ])('are imported from %s', async (type, body) => {
    const headers = { 'content-type': type };
    const answer = await server.call('POST', '/v1/suppressions/import', {
      key: 'admin',
      body: new Uint8Array(body),
      headers,
    });
    expect(answer.body).toMatchObject({ imported: 1, refused: 0 });
    expect((await admin('GET', '/v1/suppressions/l1@example.org')).body).toMatchObject({ note: 'Straße' });
  });

  test('are filtered by reason, and listed when they have expired', async () => {
    await importCsv('email,reason\na@example.org,manual\nb@example.org,complaint\n');
    const expired = { email: 'c@example.org', reason: 'manual', createdAt: 0, expiresAt: 1 } as const;
    await server.store.suppressions.add({ tenantId: server.tenants.acme.id, entries: [expired] });
    const emails = async (query: string) =>
      ((await admin('GET', `/v1/suppressions?${query}`)).body.items as { email: string }[]).map(
        ({ email }) => email[0],
      );
    expect(await emails('reason=complaint')).toEqual(['b']);
    expect(await emails('state=active')).toEqual(['a', 'b']);
    expect(await emails('state=expired')).toEqual(['c']);
    expect(await emails('state=all&reason=manual')).toEqual(['a', 'c']);
    expect((await admin('GET', '/v1/suppressions?state=gone')).status).toBe(400);
  });

  test('are shown with what led to them, the entry of a domain for its addresses', async () => {
    await admin('POST', '/v1/suppressions', { email: '*@Gone.example', note: 'closed' });
    expect((await admin('GET', '/v1/suppressions/jo@gone.example')).body).toMatchObject({
      email: '*@gone.example',
      note: 'closed',
      evidence: [],
    });
    expect((await admin('GET', '/v1/suppressions/jo@sub.gone.example')).status).toBe(404);
    const messageId = await server.send({ to: ['jo@gone.example'] });
    const at = 1_790_000_000_000;
    await server.deps.store.feedback.record({
      door: 'import',
      feedback: [{ kind: 'complained', at, data: { diagnostic: 'abuse' }, about: { messageId } }],
      now: at,
    });
    expect(suppressionDetailShape.parse((await admin('GET', '/v1/suppressions/jo@gone.example')).body)).toMatchObject({
      email: 'jo@gone.example',
      reason: 'complaint',
      evidence: [{ at: '2026-09-21T14:13:20.000Z', messageId, reply: 'abuse' }],
    });
    const found = await admin('GET', '/v1/suppressions?q=*@gone');
    expect(found.body.items).toMatchObject([{ email: '*@gone.example' }, { email: 'jo@gone.example' }]);
    const { text } = await server.call('GET', '/v1/suppressions/export', { key: 'read' });
    expect(text).toContain('\r\n*@gone.example,manual,closed,');
    expect((await admin('DELETE', '/v1/suppressions/*@gone.example')).status).toBe(204);
    expect((await admin('GET', '/v1/suppressions/al@gone.example')).status).toBe(404);
  });

  test('of a domain hold for all of its addresses', async () => {
    await admin('POST', '/v1/suppressions', { email: '@Example.org' });
    const to = ['user@example.org', 'user@sub.example.org'];
    const { body } = await server.call('POST', '/v1/messages', { key: 'send', json: { ...submission, to } });
    expect(body.suppressedRecipients).toEqual(['user@example.org']);
    expect((await server.claim())[0]?.suppressed).toEqual([0]);
  });

  test.each([
    ['', ''],
    ['reason\nmanual\n', 'line 1'],
    ['email,email\na@b.example,a@b.example\n', 'line 1'],
  ])('are not imported from %j', async (csv, path) => {
    expect(await importCsv(csv)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });
});

describe('domains', () => {
  test('are allowed and taken back, and hold for what is sent next', async () => {
    const held = { key: 'operator', json: { settings: { anySender: false } } };
    await server.call('PATCH', '/v1/admin/tenants/acme', held);
    const added = await operator('POST', '/v1/domains', { domain: 'Bücher.example' });
    expect(domainReportShape.parse(added.body)).toMatchObject({ domain: 'xn--bcher-kva.example', verified: false });
    expect((await admin('POST', '/v1/domains', { domain: 'XN--bcher-kva.example.' })).status).toBe(409);
    const refused = await server.call('POST', '/v1/messages', { key: 'send', json: submission });
    expect(refused).toMatchObject({ status: 403, body: { code: 'sender_domain_not_allowed' } });
    await operator('POST', '/v1/domains', { domain: 'acme.example' });
    expect(domainsShape.parse((await admin('GET', '/v1/domains')).body).items).toMatchObject([
      { domain: 'acme.example' },
      { domain: 'xn--bcher-kva.example' },
    ]);
    expect((await server.call('POST', '/v1/messages', { key: 'send', json: submission })).status).toBe(202);
    expect(await admin('DELETE', '/v1/domains/acme.example')).toMatchObject({ status: 403 });
    expect((await operator('DELETE', '/v1/domains/acme.example')).status).toBe(204);
    expect((await operator('DELETE', '/v1/domains/acme.example')).status).toBe(404);
    expect((await server.call('POST', '/v1/messages', { key: 'send', json: submission })).status).toBe(403);
    await server.call('PATCH', '/v1/admin/tenants/acme', { ...held, json: { settings: { anySender: true } } });
    expect((await server.call('POST', '/v1/messages', { key: 'send', json: submission })).status).toBe(202);
  });

  test('that a tenant adds itself count once they are verified, and no tenant hears whose another is', async () => {
    const rival = (domain: string) => server.call('POST', '/v1/domains', { key: 'rival', json: { domain } });
    const own = domainReportShape.parse((await admin('POST', '/v1/domains', { domain: 'own.example' })).body);
    expect(own).toMatchObject({ usable: false, addedBy: 'tenant', shared: false });
    expect(own.notes.join()).toMatch(/once it is verified.*The setting anySender is on/);
    expect((await rival('own.example')).status).toBe(201);
    await operator('POST', '/v1/domains', { domain: 'acme.example' });
    for (const domain of ['acme.example', 'mail.acme.example']) {
      const refused = await rival(domain);
      expect(refused).toMatchObject({ status: 409, body: { code: 'conflict' } });
      expect(refused.text).toContain('belongs to another tenant of this platform');
    }
    const from = { ...submission, from: { email: 'ceo@acme.example' } };
    const sent = await server.call('POST', '/v1/messages', { key: 'rival', json: from });
    expect(sent).toMatchObject({ status: 403, body: { code: 'sender_domain_not_allowed' } });
    expect(await admin('POST', '/v1/domains', { domain: 'x.example', shared: true })).toMatchObject({ status: 403 });
    expect((await admin('DELETE', '/v1/domains/own.example')).status).toBe(204);
  });

  test('that tenants share have keys that only the operator changes', async () => {
    const shared = { domain: 'group.example', shared: true };
    await operator('POST', '/v1/domains', shared);
    const headers = { 'x-iep-tenant': 'rival' };
    const second = await server.call('POST', '/v1/domains', { key: 'operator', headers, json: shared });
    const first = domainReportShape.parse((await admin('GET', '/v1/domains/group.example')).body);
    expect(domainReportShape.parse(second.body).records).toEqual(first.records);
    expect((await admin('POST', '/v1/domains/group.example/rotate', {})).status).toBe(403);
    expect((await operator('POST', '/v1/domains/group.example/rotate', {})).status).toBe(200);
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

describe('lists of an operator that names no tenant', () => {
  const shapes = {
    '/v1/messages': pageOf(rowShape),
    '/v1/suppressions': pageOf(suppressionRowShape),
    '/v1/webhooks': listOf(webhookShape),
    '/v1/domains': domainsShape,
  };

  async function make(key: 'all' | 'rival', domain: string): Promise<void> {
    const calls = [
      ['/v1/messages', submission],
      ['/v1/suppressions', { email: 'jo@x.example' }],
      ['/v1/webhooks', { url: 'https://hooks.example.com/' }],
      ['/v1/domains', { domain }],
    ] as const;
    for (const [path, json] of calls) expect((await server.call('POST', path, { key, json })).status).toBeLessThan(300);
  }

  test.each(Object.entries(shapes))('%s', async (path, shape) => {
    await make('all', 'one.example');
    await make('rival', 'two.example');
    const { items } = shape.parse((await server.call('GET', path, { key: 'operator' })).body);
    expect(new Set(items.map(({ tenant }) => tenant))).toEqual(new Set(['acme', 'rival']));
    const own = shape.parse((await server.call('GET', path, { key: 'rival' })).body);
    expect(new Set(own.items.map(({ tenant }) => tenant))).toEqual(new Set(['rival']));
  });

  test('page through what all have', async () => {
    for (const key of ['all', 'rival'] as const) {
      for (const email of ['a@x.example', 'b@x.example']) {
        await server.call('POST', '/v1/suppressions', { key, json: { email } });
      }
    }
    const seen: string[] = [];
    for (let next: string | null = ''; next !== null; ) {
      const after: string = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`;
      const { body } = await server.call('GET', `/v1/suppressions?limit=1${after}`, { key: 'operator' });
      const page = pageOf(suppressionRowShape).parse(body);
      seen.push(...page.items.map(({ tenant, email }) => `${tenant} ${email}`));
      next = page.cursor;
    }
    expect(seen).toEqual(['acme a@x.example', 'acme b@x.example', 'rival a@x.example', 'rival b@x.example']);
  });
});
