/** Whatever is sent to the main door: an answer below 500, no fault in the log, no rejection that nobody handles. */

import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { acceptedShape, problemShape } from '../api/shapes.ts';
import { type Body, startServer, submission, type TestServer } from './http.testing.ts';

let server: TestServer;
const rejections: unknown[] = [];
const note = (reason: unknown) => rejections.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', note);
  server = await startServer();
});
afterAll(async () => {
  await server.close();
  process.off('unhandledRejection', note);
});
afterEach(() => {
  expect(rejections).toEqual([]);
  expect(server.lines.filter(({ level }) => level === 'error')).toEqual([]);
});

async function check(init: { json?: unknown; body?: Uint8Array<ArrayBuffer> }, path = '/v1/messages'): Promise<number> {
  const { status, body, text } = await server.call('POST', path, {
    key: 'send',
    headers: { 'content-type': 'application/json' },
    ...init,
  });
  expect(status, text).toBeLessThan(500);
  if (status >= 400) problemShape.parse(body);
  else if (path === '/v1/messages') acceptedShape.parse(body);
  return status;
}

/** Values that programs send where they should not: from nothing to text that other systems choke on. */
const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    '',
    '\0',
    '\r\nBcc: x@example.org',
    '\ud800',
    '{{#if',
    '{{__proto__}}',
    'a@b.example',
    '"a b"@c.example',
    '__proto__',
    'constructor',
  ),
);
const oddValue = fc.oneof(fc.jsonValue({ maxDepth: 4 }), oddText, fc.constantFrom(null, [], {}, 0, -1, 1e308, true));
const address = fc.oneof(
  fc.emailAddress(),
  oddText,
  fc.record({ email: fc.oneof(fc.emailAddress(), oddText), name: oddText }, { requiredKeys: ['email'] }),
  oddValue,
);

/** A message of which any part may be odd. */
const oddSubmission = fc.record(
  {
    from: address,
    to: fc.oneof(fc.array(address, { maxLength: 4 }), oddValue),
    cc: fc.oneof(fc.array(address, { maxLength: 2 }), oddValue),
    bcc: fc.oneof(fc.array(address, { maxLength: 2 }), oddValue),
    replyTo: address,
    subject: fc.oneof(oddText, oddValue),
    htmlBody: fc.oneof(oddText, oddValue),
    textBody: fc.oneof(oddText, oddValue),
    variables: fc.oneof(fc.dictionary(oddText, oddValue, { maxKeys: 3 }), oddValue),
    attachments: fc.oneof(
      fc.array(
        fc.record(
          {
            filename: oddText,
            content: fc.oneof(fc.base64String({ maxLength: 80 }), oddText),
            contentType: fc.oneof(fc.constant('text/plain'), oddText),
            contentId: oddText,
          },
          { requiredKeys: ['filename', 'content'] },
        ),
        { maxLength: 2 },
      ),
      oddValue,
    ),
    metadata: fc.oneof(
      fc.record({ category: oddText, tags: fc.array(oddText, { maxLength: 3 }), more: oddValue }, { requiredKeys: [] }),
      oddValue,
    ),
    priority: fc.oneof(fc.constantFrom('high', 'normal', 'low'), oddValue),
    idempotencyKey: fc.oneof(oddText, oddValue),
    scheduledAt: fc.oneof(
      fc.constantFrom('2026-11-22T09:30:00Z', '2099-01-01T00:00:00Z', '0000-00-00T00:00:00Z', '9999-12-31T23:59:60Z'),
      oddValue,
    ),
    groupId: fc.oneof(oddText, oddValue),
    headers: fc.oneof(fc.dictionary(oddText, oddText, { maxKeys: 3 }), oddValue),
    provider: fc.oneof(fc.constant('dev'), oddValue),
  },
  { requiredKeys: [] },
);

test('messages of which any part is odd', async () => {
  await fc.assert(
    fc.asyncProperty(oddSubmission, (json) => check({ json }).then(() => true)),
    { numRuns: 300 },
  );
});

test('messages that are right but for one part', async () => {
  const one: fc.Arbitrary<Body> = oddSubmission.chain((odd) => {
    const names = Object.keys(odd);
    return names.length === 0
      ? fc.constant(submission)
      : fc.constantFrom(...names).map((name) => ({ ...submission, [name]: (odd as Body)[name] }));
  });
  const statuses = new Set<number>();
  await fc.assert(
    fc.asyncProperty(one, async (json) => {
      statuses.add(await check({ json }));
    }),
    { numRuns: 400 },
  );
  // Some are right after all; a fuzz that only ever hears 400 tests the first check alone.
  expect([...statuses]).toEqual(expect.arrayContaining([202, 400]));
});

test('what was accepted can be shown, whole and raw', async () => {
  const { body } = await server.call('GET', '/v1/messages?limit=500', { key: 'read' });
  const ids = (body.items as { messageId: string }[]).map(({ messageId }) => messageId);
  expect(ids.length).toBeGreaterThan(10);
  for (const id of ids.slice(0, 60)) {
    for (const part of ['', '/content', '/events', '/raw']) {
      const answer = await server.call('GET', `/v1/messages/${id}${part}`, { key: 'read' });
      expect(answer.status === 200 || (part === '/raw' && answer.status === 404), `${part}: ${answer.text}`).toBe(true);
    }
  }
});

test('batches of anything', async () => {
  const items = fc.array(fc.oneof(oddSubmission, fc.constant(submission), oddValue), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(fc.oneof(items, fc.record({ messages: items }), oddValue), (json) =>
      check({ json }, '/v1/messages/batch').then(() => true),
    ),
    { numRuns: 150 },
  );
});

test('bytes of any kind', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) =>
      check({ body: new Uint8Array(bytes) }).then(() => true),
    ),
    { numRuns: 150 },
  );
});

test('queries of any kind', async () => {
  const name = fc.oneof(
    fc.constantFrom('status', 'from', 'to', 'since', 'limit', 'offset', 'cursor', 'q', 'recipient', 'tag'),
    oddText,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, oddText), { maxLength: 4 }), async (pairs) => {
      const query = new URLSearchParams(pairs.map(([key, value]) => [key, value.toWellFormed()]));
      const { status, text } = await server.call('GET', `/v1/messages?${query}`, { key: 'read' });
      expect(status, text).toBeLessThan(500);
    }),
    { numRuns: 150 },
  );
});
