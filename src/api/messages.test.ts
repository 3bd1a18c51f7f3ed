import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Settlement } from '../db/verbs/outbox.ts';
import { type Body, startServer, submission, type TestServer } from '../http/http.testing.ts';
import {
  acceptedShape,
  batchShape,
  cancelledShape,
  contentShape,
  messageShape,
  pageOf,
  retriedShape,
  rowShape,
} from './shapes.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const post = (json: unknown, headers: Record<string, string> = {}) =>
  server.call('POST', '/v1/messages', { key: 'send', json, headers });

describe('POST /v1/messages', () => {
  test('accepts, and the message is there', async () => {
    const { status, body, headers } = await post(submission);
    expect(status).toBe(202);
    expect(acceptedShape.parse(body)).toMatchObject({ status: 'queued', suppressedRecipients: [] });
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const shown = await server.call('GET', `/v1/messages/${body.messageId}`, { key: 'read' });
    expect(messageShape.parse(shown.body)).toMatchObject({
      messageId: body.messageId,
      status: 'queued',
      from: { email: 'noreply@acme.example', name: 'Acme' },
      to: ['user@example.org'],
      lastError: null,
      sentAt: null,
      attempts: 0,
      door: 'http',
      recipients: [{ email: 'user@example.org', kind: 'to', status: 'queued' }],
      events: [{ type: 'queued', sequence: 1 }],
    });
  });

  test('writes one wide line without an address', async () => {
    const { body } = await post(submission);
    const line = server.lines.find(({ messageId }) => messageId === body.messageId);
    expect(line).toMatchObject({
      level: 'info',
      method: 'POST',
      route: '/v1/messages',
      status: 202,
      tenant: 'acme',
      source: '127.0.0.1',
      duplicate: false,
    });
    expect(line?.keyId).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.stringify(server.lines)).not.toContain('user@example.org');
    expect(JSON.stringify(server.lines)).not.toContain(server.keys.send);
  });

  test('takes the key as a bearer token too', async () => {
    const { status } = await server.call('POST', '/v1/messages', {
      json: submission,
      headers: { authorization: `Bearer ${server.keys.send}` },
    });
    expect(status).toBe(202);
  });

  test('answers the first message for the same idempotency key, by field or header', async () => {
    const first = await post({ ...submission, idempotencyKey: 'once' });
    expect(first.status).toBe(202);
    const again = await post(submission, { 'idempotency-key': 'once' });
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
    const both = await post({ ...submission, idempotencyKey: 'once' }, { 'idempotency-key': 'once' });
    expect(both.body).toEqual(first.body);
    const named = await post({ ...submission, idempotencyKey: 'é' });
    const utf8 = Buffer.from('é').toString('latin1');
    expect((await post(submission, { 'idempotency-key': utf8 })).body).toEqual(named.body);
    const absent = await post({ ...submission, idempotencyKey: null }, { 'idempotency-key': 'once' });
    expect(absent.body).toEqual(first.body);
  });

  test('refuses another payload under the same key, naming the first message', async () => {
    const first = await post({ ...submission, idempotencyKey: 'mine' });
    const other = await post({ ...submission, idempotencyKey: 'mine', subject: 'Other' });
    expect(other.status).toBe(409);
    expect(other.body).toMatchObject({ code: 'idempotency_key_reused', messageId: first.body.messageId });
  });

  test('refuses two different idempotency keys', async () => {
    const { status, body } = await post({ ...submission, idempotencyKey: 'a' }, { 'idempotency-key': 'b' });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'invalid_request', errors: [{ path: 'idempotencyKey' }] });
  });

  test('names every field that is wrong, and unknown ones with the nearest known', async () => {
    const { status, body } = await post({ ...submission, to: ['nobody', 'a@example.org'], htmlbody: 'x' });
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      { path: 'to.0', message: expect.stringContaining('not an email address') },
      { path: 'htmlbody', message: expect.stringContaining('`htmlBody`') },
    ]);
  });

  test('tells which recipients are suppressed', async () => {
    const entry = { email: 'gone@example.org', reason: 'hard_bounce' };
    await server.call('POST', '/v1/suppressions', { key: 'admin', json: entry });
    const { body } = await post({ ...submission, to: ['gone@example.org', 'user@example.org'] });
    expect(body.suppressedRecipients).toEqual(['gone@example.org']);
  });

  test('takes ten attachments, those by URL included, and no eleventh (seed 001 §5, §9)', async () => {
    const attachments = Array.from({ length: 8 }, (_, n) => ({
      filename: `${n}.txt`,
      contentType: 'text/plain',
      content: Buffer.from(`file ${n}`).toString('base64'),
    }));
    const urls = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ url: `https://files.example.com/${n}.txt` }));
    expect((await post({ ...submission, attachments, attachmentUrls: urls(2) })).status).toBe(202);
    const { status, body } = await post({ ...submission, attachments, attachmentUrls: urls(3) });
    expect(status).toBe(400);
    expect(body.errors).toEqual([{ path: 'attachments', message: 'must have at most 10 items' }]);
  });

  test.each(['<p>one<b>two', '</div><td>x', '<a href=">', '<', '<p>a & b &notanentity; c</p', '<!-- <p>x'])(
    'takes malformed HTML as it is (seed 001 §8): %s',
    async (htmlBody) => {
      const { status, body } = await post({ ...submission, textBody: 'T', htmlBody });
      expect(status).toBe(202);
      const about = (what: string) => server.call('GET', `/v1/messages/${body.messageId}/${what}`, { key: 'read' });
      expect((await about('content')).body).toMatchObject({ html: htmlBody });
      const parsed = await simpleParser((await about('raw')).text);
      expect(parsed.html).toBe(htmlBody);
    },
  );

  test('schedules', async () => {
    const scheduledAt = new Date(Date.now() + 3_600_000).toISOString();
    const { body } = await post({ ...submission, scheduledAt });
    expect(body.status).toBe('scheduled');
    const { body: shown } = await server.call('GET', `/v1/messages/${body.messageId}`, { key: 'read' });
    expect(shown.scheduledAt).toBe(scheduledAt);
  });

  test('counts in the metrics', async () => {
    const { text } = await server.call('GET', '/metrics');
    expect(text).toContain(`iep_messages_total{status="queued",tenant="${server.tenants.acme.id}",provider=""}`);
    expect(text).toMatch(/iep_accept_duration_seconds_count\{door="http"\} \d+/);
  });
});

describe('POST /v1/messages/batch', () => {
  const batch = (json: unknown, headers: Record<string, string> = {}) =>
    server.call('POST', '/v1/messages/batch', { key: 'send', json, headers });

  test.each([
    ['an object', (messages: unknown[]) => ({ messages })],
    ['a bare array', (messages: unknown[]) => messages],
  ])('answers each in order, given as %s', async (_name, wrap) => {
    const { status, body } = await batch(wrap([submission, { ...submission, to: ['nobody'] }, submission]));
    expect(status).toBe(202);
    const answer = batchShape.parse(body);
    expect(answer).toMatchObject({ accepted: 2, refused: 1 });
    expect(answer.items[1]).toMatchObject({ error: { code: 'invalid_request', errors: [{ path: 'to.0' }] } });
    expect(answer.items[0]).toMatchObject({ status: 'queued' });
  });

  test.each([
    ['nothing', { messages: [] }],
    ['too many', { messages: Array(1_001).fill(submission) }],
    ['no list', { messages: 'x' }],
    ['an unknown field', { messages: [submission], message: [] }],
  ])('refuses %s', async (_name, json) => {
    const { status, body } = await batch(json);
    expect(status).toBe(400);
    expect(body.code).toBe('invalid_request');
  });

  test('takes a thousand', async () => {
    const { body } = await batch({ messages: Array(1_000).fill(submission) });
    expect(body).toMatchObject({ accepted: 1_000, refused: 0 });
  });

  test('has no idempotency key as a whole', async () => {
    const { status } = await batch({ messages: [submission] }, { 'idempotency-key': 'x' });
    expect(status).toBe(400);
  });
});

describe('GET /v1/messages', () => {
  let own: TestServer;
  beforeAll(async () => {
    own = await startServer();
    await own.send({ subject: 'Invoice 17', metadata: { category: 'billing', tags: ['invoice'] }, groupId: 'g1' });
    await own.send({ subject: 'Welcome', to: ['other@example.net'], from: 'hello@acme.example' });
    await own.send({ subject: 'Later', scheduledAt: new Date(Date.now() + 3_600_000).toISOString() });
  });
  afterAll(() => own.close());

  const today = new Date().toISOString().slice(0, 10);
  const subjects = async (query: string) => {
    const { body, status } = await own.call('GET', `/v1/messages?${query}`, { key: 'read' });
    expect(status).toBe(200);
    return pageOf(rowShape)
      .parse(body)
      .items.map(({ subject }) => subject);
  };

  test.each([
    ['', ['Later', 'Welcome', 'Invoice 17']],
    ['status=scheduled', ['Later']],
    ['status=queued,scheduled', ['Later', 'Welcome', 'Invoice 17']],
    ['status=queued&status=scheduled', ['Later', 'Welcome', 'Invoice 17']],
    ['to=other@example.net', ['Welcome']],
    ['recipient=@example.net', ['Welcome']],
    ['from=hello@acme.example', ['Welcome']],
    ['sender=hello@acme.example', ['Welcome']],
    [`from=${today}&to=${today}`, ['Later', 'Welcome', 'Invoice 17']],
    ['to=2020-01-01', []],
    ['since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00%2B02:00', []],
    ['category=billing', ['Invoice 17']],
    ['tag=invoice', ['Invoice 17']],
    ['groupId=g1', ['Invoice 17']],
    ['q=invoice', ['Invoice 17']],
    ['dead=true', []],
    ['limit=1', ['Later']],
    ['limit=1&offset=1', ['Welcome']],
  ])('%s', async (query, expected) => {
    expect(await subjects(query)).toEqual(expected);
  });

  test('pages by cursor to the end', async () => {
    const seen: unknown[] = [];
    let cursor: unknown = '';
    do {
      const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(String(cursor))}`;
      const { body } = await own.call('GET', `/v1/messages?limit=2${query}`, { key: 'read' });
      const page = pageOf(rowShape).parse(body);
      seen.push(...page.items.map(({ subject }) => subject));
      cursor = page.cursor;
    } while (cursor !== null);
    expect(seen).toEqual(['Later', 'Welcome', 'Invoice 17']);
  });

  test.each([
    ['limt=1', 'limt'],
    ['status=sended', 'status'],
    ['limit=0', 'limit', 'must be at least 1'],
    ['limit=501', 'limit', 'must be at most 500'],
    ['limit=1.5', 'limit', 'must be a whole number'],
    ['limit=x', 'limit', 'must be a number'],
    ['limit=1&limit=2', 'limit', 'must be a number'],
    ['from=yesterday', 'from'],
    ['since=yesterday', 'since'],
    ['since=2026-02-30', 'since'],
    ['since=2026-01-01&from=2026-01-01', 'since'],
    ['cursor=x', 'cursor'],
    ['cursor=1.1&offset=1', 'offset'],
    ['dead=maybe', 'dead'],
  ])('refuses %s, naming %s', async (query, path, message = expect.any(String)) => {
    const { status, body } = await own.call('GET', `/v1/messages?${query}`, { key: 'read' });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'invalid_request', errors: [{ path, message }] });
  });
});

describe('one message', () => {
  test('its events', async () => {
    const id = await server.send();
    const { body } = await server.call('GET', `/v1/messages/${id}/events`, { key: 'read' });
    expect(body.items).toMatchObject([{ type: 'queued', sequence: 1 }]);
  });

  test('its content', async () => {
    const id = await server.send({
      subject: 'Hi {{n}}',
      htmlBody: '<p>{{n}}</p>',
      textBody: undefined,
      variables: { n: 'x' },
    });
    const { body } = await server.call('GET', `/v1/messages/${id}/content`, { key: 'read' });
    expect(contentShape.parse(body)).toMatchObject({
      kind: 'parts',
      subject: 'Hi {{n}}',
      html: '<p>{{n}}</p>',
      text: null,
      rendered: null,
      variables: { n: 'x' },
    });
  });

  test('its RFC 5322 form as it will be sent, rendered', async () => {
    const id = await server.send({ subject: 'Hi {{n}}', textBody: 'Dear {{n}}', variables: { n: 'Saif' } });
    const { status, text, headers } = await server.call('GET', `/v1/messages/${id}/raw`, { key: 'read' });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('message/rfc822');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(text).toMatch(/^Subject: Hi Saif\r$/m);
    expect(text).toMatch(/Dear Saif/);
    const again = await server.call('GET', `/v1/messages/${id}/raw`, { key: 'read' });
    expect(again.text).toBe(text);
  });

  test('has no RFC 5322 form when it cannot be rendered', async () => {
    const id = await server.send({ textBody: '{{#if x}}', variables: { x: 1 } });
    const { status, body } = await server.call('GET', `/v1/messages/${id}/raw`, { key: 'read' });
    expect(status).toBe(404);
    expect(body.detail).toContain('cannot be rendered');
  });

  test('is given another time while it is scheduled, and sent at once where none is left', async () => {
    const inDays = (days: number) => new Date(Date.now() + days * 24 * 3600_000).toISOString();
    const id = await server.send({ scheduledAt: inDays(1) });
    const reschedule = (scheduledAt: unknown, key = 'send') =>
      server.call('POST', `/v1/messages/${id}/reschedule`, { key, json: { scheduledAt } });
    const later = inDays(3);
    expect(await reschedule(later)).toMatchObject({ status: 200, body: { messageId: id, status: 'scheduled' } });
    expect((await server.call('GET', `/v1/messages/${id}`, { key: 'read' })).body).toMatchObject({
      scheduledAt: later,
    });
    expect(await reschedule(inDays(1000))).toMatchObject({ status: 400, body: { errors: [{ path: 'scheduledAt' }] } });
    expect(await reschedule('soon')).toMatchObject({ status: 400 });
    expect(await reschedule(later, 'read')).toMatchObject({ status: 403 });
    expect(await reschedule(later, 'rival')).toMatchObject({ status: 404 });

    const woken = server.woken();
    expect(await reschedule(null)).toMatchObject({ status: 200, body: { status: 'queued' } });
    expect(server.woken()).toBe(woken + 1);
    expect(await reschedule(later)).toMatchObject({ status: 409, body: { code: 'not_reschedulable' } });
  });

  test('is cancelled once', async () => {
    const id = await server.send();
    const first = await server.call('POST', `/v1/messages/${id}/cancel`, { key: 'send' });
    expect(first.body).toEqual({ messageId: id, status: 'cancelled' });
    const second = await server.call('POST', `/v1/messages/${id}/cancel`, { key: 'send' });
    expect(second).toMatchObject({ status: 409, body: { code: 'not_cancellable' } });
  });

  test('is not retried while there is nothing to retry', async () => {
    const id = await server.send();
    await server.call('POST', `/v1/messages/${id}/cancel`, { key: 'send' });
    const { status, body } = await server.call('POST', `/v1/messages/${id}/retry`, { key: 'send' });
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'not_retryable' });
  });

  test('is retried when it failed, alone and by filter', async () => {
    const own = await startServer();
    const id = await own.send({ groupId: 'g' });
    await failAll(own);
    expect((await own.call('GET', `/v1/messages/${id}`, { key: 'read' })).body.status).toBe('failed');
    const before = own.woken();
    const one = await own.call('POST', `/v1/messages/${id}/retry`, { key: 'send' });
    expect(one.body).toEqual({ messageId: id, status: 'queued' });
    expect(own.woken()).toBe(before + 1);
    await failAll(own);
    const bulk = (json: Body) => own.call('POST', '/v1/messages/retry', { key: 'send', json });
    const tried = await bulk({ status: 'failed', groupId: 'g', dryRun: true });
    expect(retriedShape.parse(tried.body)).toEqual({ matched: 1, retried: 0, messageIds: [id], cursor: null });
    expect((await own.call('GET', `/v1/messages/${id}`, { key: 'read' })).body.status).toBe('failed');
    expect((await bulk({ status: 'failed', groupId: 'g' })).body).toEqual({
      matched: 1,
      retried: 1,
      messageIds: [id],
      cursor: null,
    });
    expect((await bulk({ status: 'failed', group: 'g' })).body).toMatchObject({ errors: [{ path: 'group' }] });
    await own.close();
  });

  test('cancels by filter what waits', async () => {
    const own = await startServer();
    const id = await own.send({ groupId: 'g' });
    await own.send();
    const bulk = (json: Body) => own.call('POST', '/v1/messages/cancel', { key: 'send', json });
    const tried = await bulk({ groupId: 'g', dryRun: true });
    expect(cancelledShape.parse(tried.body)).toEqual({ matched: 1, cancelled: 0, messageIds: [id], cursor: null });
    expect((await bulk({ groupId: 'g' })).body).toMatchObject({ matched: 1, cancelled: 1, messageIds: [id] });
    expect((await own.call('GET', `/v1/messages/${id}`, { key: 'read' })).body.status).toBe('cancelled');
    expect((await bulk({ groupId: 'g' })).body).toMatchObject({ matched: 0 });
    expect((await bulk({ cursor: 'x' })).body).toMatchObject({ errors: [{ path: 'cursor' }] });
    await own.close();
  });

  test('is written to a file, with what the filters match', async () => {
    const own = await startServer();
    const id = await own.send({ groupId: 'g', subject: '=1+1', cc: ['c@example.org'], metadata: { tags: ['a', 'b'] } });
    await own.send();
    const { text, headers } = await own.call('GET', '/v1/messages/export?groupId=g', { key: 'read' });
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const [head, line = '', ...more] = text.trim().split('\r\n');
    expect(head).toMatch(/^messageId,tenant,status,dead,createdAt,/);
    expect(more).toEqual([]);
    expect(line).toContain(`${id},acme,queued,false,`);
    expect(line).toContain("c@example.org,'=1+1,,a b,g,,0,");
    await own.close();
  });
});

describe('what became of a message', () => {
  test('is told with who it was for, by which provider, after how many attempts, with what error, and when', async () => {
    const own = await startServer();
    const id = await own.send({ cc: ['c@example.org', 'd@example.org'], bcc: ['b@example.org'] });
    const shown = async () => {
      const one = messageShape.parse((await own.call('GET', `/v1/messages/${id}`, { key: 'read' })).body);
      const page = (await own.call('GET', '/v1/messages', { key: 'read' })).body;
      const [row] = pageOf(rowShape).parse(page).items;
      const { cc, bcc, provider, attempts, lastError, sentAt } = one;
      expect(row).toMatchObject({ cc, bcc, provider, attempts, lastError, sentAt });
      return { cc, bcc, provider, attempts, lastError, sentAt };
    };
    const people = { cc: ['c@example.org', 'd@example.org'], bcc: ['b@example.org'] };
    expect(await shown()).toEqual({ ...people, provider: null, attempts: 0, lastError: null, sentAt: null });

    const at = Date.now();
    const attempt = { provider: 'relay', startedAt: at, endedAt: at, outcome: 'deferred', counted: true } as const;
    const settle = async (end: Partial<Settlement>, status: 'queued' | 'sent', provider: string) => {
      for (const { message, recipients, fence } of await own.claim()) {
        const each = recipients.map(({ position }) => ({ position, status }));
        const ends = { tenantId: message.tenantId, messageId: message.id, fence, at, status, events: [] };
        await own.store.outbox.settle({ ...ends, recipients: each, attempts: [{ ...attempt, provider }], ...end });
      }
    };
    await settle({ lastError: '451 later', dueAt: at }, 'queued', 'relay');
    expect(await shown()).toEqual({ ...people, provider: 'relay', attempts: 1, lastError: '451 later', sentAt: null });
    await settle({ sentAt: at + 5 }, 'sent', 'spare');
    const sentAt = new Date(at + 5).toISOString();
    expect(await shown()).toEqual({ ...people, provider: 'spare', attempts: 2, lastError: null, sentAt });
    await own.close();
  });

  test('is found by its id, and by nobody else', async () => {
    const own = await startServer();
    const [one, other] = [await own.send(), await own.send()];
    const found = async (q: string) =>
      ((await own.call('GET', `/v1/messages?q=${q}`, { key: 'read' })).body.items as Body[]).map(
        ({ messageId }) => messageId,
      );
    expect(await found(one)).toEqual([one]);
    expect(await found(other)).toEqual([other]);
    expect((await own.call('GET', `/v1/messages?q=${one}`, { key: 'rival' })).body.items).toEqual([]);
    await own.close();
  });
});

/** Ends everything that is due as a permanent failure. */
async function failAll(own: TestServer): Promise<void> {
  for (const { message, fence } of await own.claim()) {
    const at = Date.now();
    await own.store.outbox.settle({
      tenantId: message.tenantId,
      messageId: message.id,
      fence,
      at,
      status: 'failed',
      recipients: [{ position: 0, status: 'failed', reply: '550 no' }],
      events: [{ type: 'failed', at }],
      lastError: '550 no',
    });
  }
}
