import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../http/http.testing.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const message = [
  'From: App <app@acme.example>',
  'To: user@example.org',
  'Cc: copy@example.org',
  'Bcc: hidden@example.org',
  'Subject: Hello',
  '',
  'It works.',
  '.',
  'Bye.',
  '',
].join('\r\n');

function send(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  return server.call('POST', '/v1/messages/raw', {
    key: 'all',
    body,
    headers: { 'content-type': 'message/rfc822', ...headers },
  });
}

const show = async (id: unknown) => (await server.call('GET', `/v1/messages/${id}`, { key: 'read' })).body;
const rawOf = async (id: unknown) => (await server.call('GET', `/v1/messages/${id}/raw`, { key: 'read' })).text;

test('goes to those its header names, and goes out as it came in, without Bcc', async () => {
  const { status, body } = await send(message);
  expect(status).toBe(202);
  const shown = await show(body.messageId);
  expect(shown).toMatchObject({ from: { email: 'app@acme.example', name: 'App' }, subject: 'Hello', door: 'http' });
  expect((shown.recipients as { email: string }[]).map(({ email }) => email).sort()).toEqual([
    'copy@example.org',
    'hidden@example.org',
    'user@example.org',
  ]);
  const raw = await rawOf(body.messageId);
  expect(raw).not.toContain('hidden@');
  expect(raw.slice(raw.indexOf('\r\n\r\n'))).toBe('\r\n\r\nIt works.\r\n.\r\nBye.\r\n');
  const { body: content } = await server.call('GET', `/v1/messages/${body.messageId}/content`, { key: 'read' });
  expect(content).toMatchObject({ kind: 'raw', subject: 'Hello', html: null, text: null, rendered: null });
});

test('the envelope in the headers stands above the message’s own', async () => {
  const { body } = await send(message, {
    'x-iep-mail-from': 'bounces@acme.example',
    'x-iep-rcpt-to': 'other@example.org, %22a%2Cb%22@example.org',
  });
  const shown = await show(body.messageId);
  expect(shown.envelopeFrom).toBe('bounces@acme.example');
  expect(shown.recipients).toMatchObject([{ email: 'other@example.org' }, { email: '"a,b"@example.org' }]);
});

test('its envelope is read as every list of addresses is', async () => {
  const { body } = await send(message, {
    'x-iep-mail-from': 'Bounces <bounces@acme.example>',
    'x-iep-rcpt-to': '"x, y"@example.org, Jo <jo@example.org>; bob.@example.org',
  });
  const shown = await show(body.messageId);
  expect(shown.envelopeFrom).toBe('bounces@acme.example');
  expect(shown.recipients).toMatchObject([
    { email: '"x, y"@example.org' },
    { email: 'jo@example.org' },
    { email: 'bob.@example.org' },
  ]);
});

test('a list that no header of HTTP holds stands in the message, and does not go out', async () => {
  const addresses = Array.from({ length: 1000 }, (_, at) => `somebody.with.a.name.${at}@department.example.org`);
  const list = [...addresses.slice(1), '%22a%2Cb%22@example.org'].join(',\r\n\t');
  const { status, body } = await send(`X-IEP-Rcpt-To: ${list}\r\nX-IEP-Rcpt-To: second@example.org\r\n${message}`);
  expect(status).toBe(202);
  const { recipients } = (await show(body.messageId)) as { recipients: { email: string }[] };
  expect(recipients.map(({ email }) => email).sort()).toEqual(['"a,b"@example.org', ...addresses.slice(1)].sort());
  expect(await rawOf(body.messageId)).not.toMatch(/rcpt-to|somebody/i);
});

test('addresses in the headers of the request are in UTF-8, or in ISO 8859-1 where they are not', async () => {
  const utf8 = (text: string) => Buffer.from(text).toString('latin1');
  const { body } = await send(message, {
    'x-iep-mail-from': 'søren@acme.example',
    'x-iep-rcpt-to': utf8('bücher@example.org'),
  });
  const shown = await show(body.messageId);
  expect(shown.envelopeFrom).toBe('søren@acme.example');
  expect(shown.recipients).toMatchObject([{ email: 'bücher@example.org' }]);
});

test('the list of the request stands above that of the message', async () => {
  const { body } = await send(`X-IEP-Rcpt-To: other@example.org\r\n${message}`, { 'x-iep-rcpt-to': 'jo@example.org' });
  expect((await show(body.messageId)).recipients).toMatchObject([{ email: 'jo@example.org' }]);
});

test('the null sender is empty', async () => {
  const { body } = await send(message, { 'x-iep-mail-from': '' });
  expect((await show(body.messageId)).envelopeFrom).toBe('');
});

test('an idempotency key holds here too', async () => {
  const first = await send(message, { 'idempotency-key': 'raw-1' });
  expect(first.status).toBe(202);
  const again = await send(message, { 'idempotency-key': 'raw-1' });
  expect(again.status).toBe(200);
  expect(again.body.messageId).toBe(first.body.messageId);
});

test('a large one is kept whole', async () => {
  const text = `${message}${'0123456789abcdef\r\n'.repeat(40_000)}`;
  const { body } = await send(text);
  expect((await rawOf(body.messageId)).endsWith(text.slice(text.indexOf('It works.')))).toBe(true);
});

describe('refuses', () => {
  test.each([
    ['nothing', '', {}],
    ['no recipient', 'From: app@acme.example\r\nSubject: x\r\n\r\nx\r\n', {}],
    ['a reverse path that is none', message, { 'x-iep-mail-from': 'nobody' }],
    ['a recipient that is none', message, { 'x-iep-rcpt-to': 'a@example.org, nobody' }],
    ['a recipient in the message that is not an address', `X-IEP-Rcpt-To: a@example.org, nobody\r\n${message}`, {}],
    ['no recipient in the field for them', `X-IEP-Rcpt-To:\r\n${message}`, {}],
    ['an encoding that is none', message, { 'x-iep-rcpt-to': '%zz' }],
    ['two idempotency keys', `X-IEP-Idempotency-Key: one\r\n${message}`, { 'idempotency-key': 'other' }],
  ])('%s', async (_what, body, headers) => {
    const answer = await send(body, headers);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  test('JSON', async () => {
    expect((await send('{}', { 'content-type': 'application/json' })).status).toBe(415);
  });
});
