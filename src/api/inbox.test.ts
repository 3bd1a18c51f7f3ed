import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Body, startServer, type TestServer } from '../http/http.testing.ts';
import { inboxRowShape, pageOf } from './shapes.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  await server.call('DELETE', '/v1/inbox/messages', { key: 'all' });
});

/** Accepts a message of acme's, and keeps it as a provider of the type `capture` does. */
async function receive(changes: Body = {}): Promise<string> {
  const id = await server.send(changes);
  for (const { message, recipients, fence } of await server.claim()) {
    const at = Date.now();
    const raw = await server.call('GET', `/v1/messages/${message.id}/raw`, { key: 'all' });
    await server.store.outbox.settle({
      ...{ tenantId: message.tenantId, messageId: message.id, fence, at, status: 'sent', sentAt: at },
      recipients: recipients.map(({ position }) => ({ position, status: 'sent' as const })),
      events: [{ type: 'sent', at }],
      kept: Buffer.from(raw.text),
    });
  }
  return id;
}

const list = (query = '', key = 'read') => server.call('GET', `/v1/inbox/messages${query}`, { key });
const idsOf = ({ body }: { body: Body }) => (body.items as Body[]).map(({ messageId }) => messageId);

describe('GET /v1/inbox/messages', () => {
  test('lists what was kept, newest first', async () => {
    const first = await receive();
    const second = await receive({
      subject: 'With a file',
      attachments: [{ filename: 'a.csv', contentType: 'text/csv', content: 'aGk=' }],
    });
    await server.send({ subject: 'Still queued' });
    const answered = await list();
    const { items } = pageOf(inboxRowShape).parse(answered.body);
    expect(items).toMatchObject([
      { messageId: second, subject: 'With a file', hasAttachments: true, to: ['user@example.org'] },
      { messageId: first, from: { email: 'noreply@acme.example', name: 'Acme' }, hasAttachments: false },
    ]);
    expect(items[1]?.size).toBeGreaterThan(100);
    expect(idsOf(await list('', 'rival'))).toEqual([]);
  });

  test('takes a whole address in any case, a part of the subject, and a time', async () => {
    const id = await receive({ to: ['Ada.L@example.org'], subject: 'Your code is 4711' });
    await receive();
    expect(idsOf(await list('?to=ada.l%40EXAMPLE.org'))).toEqual([id]);
    expect(idsOf(await list('?subject=CODE+IS'))).toEqual([id]);
    expect(idsOf(await list(`?since=${new Date(Date.now() + 60_000).toISOString()}`))).toEqual([]);
    expect((await list('?to=%40example.org')).status).toBe(400);
    expect((await list('?subject=+')).status).toBe(400);
  });

  test('waits until something matches', async () => {
    const waiting = list('?to=late%40example.org&wait=20s');
    await receive();
    const id = await receive({ to: ['late@example.org'] });
    expect(idsOf(await waiting)).toEqual([id]);
  });

  test('covers all tenants for an operator who names none, also while it waits', async () => {
    const waiting = list('?to=all%40example.org&wait=20s', 'operator');
    const id = await receive({ to: ['all@example.org'] });
    expect((await waiting).body.items).toMatchObject([{ messageId: id, tenant: 'acme' }]);
    const headers = { 'x-iep-tenant': 'rival' };
    const rivals = await server.call('GET', '/v1/inbox/messages', { key: 'operator', headers });
    expect(idsOf(rivals)).toEqual([]);
    const cleared = await server.call('DELETE', '/v1/inbox/messages', { key: 'operator' });
    expect(cleared.body).toMatchObject({ code: 'tenant_required' });
  });

  test('answers an empty list where nothing comes in time', async () => {
    expect(idsOf(await list('?wait=10ms'))).toEqual([]);
    for (const wrong of ['1h', '26s', '2m', '-1s', 'x']) {
      expect((await list(`?wait=${wrong}`)).body).toMatchObject({
        code: 'invalid_request',
        errors: [{ path: 'wait' }],
      });
    }
  });
});

describe('callers who wait', () => {
  test('are so many of a tenant, which leaves room for others; who left waits no more', async () => {
    const leaving = new AbortController();
    const wait = () =>
      fetch(`${server.url}/v1/inbox/messages?wait=20s`, {
        headers: { 'x-api-key': server.keys.read },
        signal: leaving.signal,
      });
    const waiting = Array.from({ length: 51 }, wait);
    const refused = await Promise.race(waiting);
    expect({ status: refused.status, wait: refused.headers.get('retry-after') }).toEqual({ status: 429, wait: '1' });
    expect((await list('?wait=10ms', 'rival')).status).toBe(200);
    leaving.abort();
    await Promise.allSettled(waiting);
    await expect.poll(async () => (await list('?wait=1ms')).status).toBe(200);
  });
});

describe('DELETE /v1/inbox/messages', () => {
  test('deletes what the filters match, and says how many', async () => {
    const kept = await receive();
    await receive({ subject: 'Code 1' });
    await receive({ subject: 'Code 2' });
    const deleted = await server.call('DELETE', '/v1/inbox/messages?subject=code', { key: 'admin' });
    expect({ status: deleted.status, body: deleted.body }).toEqual({ status: 200, body: { deleted: 2 } });
    expect(idsOf(await list())).toEqual([kept]);
    expect((await server.call('DELETE', '/v1/inbox/messages', { key: 'rival' })).body).toEqual({ deleted: 0 });
    expect(idsOf(await list())).toEqual([kept]);
  });
});

describe('POST /v1/inbox/messages/{id}/release', () => {
  const release = (id: string, provider = 'dev', key = 'admin') =>
    server.call('POST', `/v1/inbox/messages/${id}/release`, { key, json: { provider } });

  test('hands the kept bytes in for the same recipients, to that provider, once', async () => {
    const id = await receive({ bcc: ['hidden@example.org'], htmlBody: '<b>Hi</b>', metadata: { tags: ['t'], own: 1 } });
    const { status, body } = await release(id);
    expect({ status, state: body.status }).toEqual({ status: 202, state: 'queued' });
    expect(body.messageId).not.toBe(id);
    const [job] = await server.claim();
    expect(job?.message).toMatchObject({ provider: 'dev', tags: ['t'], metadata: { own: 1 } });
    expect(job?.recipients.map(({ address }) => address)).toEqual(['user@example.org', 'hidden@example.org']);
    const [kept, sent] = await Promise.all(
      [id, body.messageId].map(async (one) =>
        simpleParser((await server.call('GET', `/v1/messages/${one}/raw`, { key: 'all' })).text),
      ),
    );
    expect(sent?.messageId).toBe(kept?.messageId);
    expect(sent?.html).toBe(kept?.html);
    const again = await release(id);
    expect({ status: again.status, id: again.body.messageId }).toEqual({ status: 200, id: body.messageId });
  });

  test('refuses what each recipient has an own copy of: others would get the first', async () => {
    const personal = { textBody: 'For {{system.recipient}}', variables: {} };
    const id = await receive({ ...personal, bcc: ['hidden@example.org'] });
    expect(await release(id)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await release(await receive(personal))).status).toBe(202);
  });

  test('refuses what is not in the inbox, and a provider that the tenant has not', async () => {
    const id = await receive();
    const queued = await server.send();
    expect((await release(queued)).status).toBe(404);
    expect((await release('nothing')).status).toBe(404);
    expect((await release(id, 'dev', 'rival')).status).toBe(404);
    expect((await release(id, 'nowhere')).body).toMatchObject({ errors: [{ path: 'provider' }] });
  });
});

describe('GET /v1/messages/{id}/attachments/{n}', () => {
  test('offers the file under its name, whatever it is', async () => {
    const content = Buffer.from('<script>alert(1)</script>').toString('base64');
    const id = await server.send({ attachments: [{ filename: 'Übung.csv', content, contentType: 'text/csv' }] });
    const get = (n: string, key = 'read') => server.call('GET', `/v1/messages/${id}/attachments/${n}`, { key });
    const { status, text, headers } = await get('0');
    expect({ status, text }).toEqual({ status: 200, text: '<script>alert(1)</script>' });
    expect(headers.get('content-type')).toBe('text/csv');
    expect(headers.get('content-disposition')).toBe(
      `attachment; filename="_bung.csv"; filename*=UTF-8''%C3%9Cbung.csv`,
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    for (const n of ['1', '-1', 'x', '99999']) expect((await get(n)).status).toBe(404);
    expect((await get('0', 'rival')).status).toBe(404);
  });
});
