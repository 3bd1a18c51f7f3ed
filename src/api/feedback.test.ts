/** The calls about what came back: an import over HTTP, its list, and what the metrics have of it. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../http/http.testing.ts';
import { feedbackShape, importedFeedbackShape, pageOf } from './shapes.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const PATH = '/v1/admin/feedback';
const take = (body: string, type = 'message/rfc822') =>
  server.call('POST', `${PATH}/import`, { key: 'operator', body, headers: { 'content-type': type } });

const complaint = (messageId: string) => `From: fbl@example.org
Message-ID: <c1@example.org>
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
--b
Content-Type: message/rfc822

Message-ID: <${messageId}@acme.example>
--b--
`;

test('an import says what each mail became, once, and the list has it', async () => {
  const messageId = await server.send();
  const known = { kind: 'complained', class: null, enhanced: null, messageId, matched: true };
  for (let times = 0; times < 2; times += 1) {
    const { status, body } = await take(complaint(messageId));
    expect(status).toBe(200);
    expect(importedFeedbackShape.parse(body)).toEqual({ reports: [{ ...known, recipient: 'user@example.org' }] });
  }
  expect((await take('Subject: hello\n\nhello\n')).body).toMatchObject({
    reports: [{ kind: 'unknown', recipient: null, messageId: null, matched: false }],
  });

  const list = await server.call('GET', `${PATH}?limit=1&since=2020-01-01`, { key: 'operator' });
  const { items, cursor } = pageOf(feedbackShape).parse(list.body);
  expect(items).toMatchObject([{ kind: 'unknown', door: 'import', tenant: null, messageId: null }]);
  const next = await server.call('GET', `${PATH}?limit=5&cursor=${cursor}`, { key: 'operator' });
  expect(pageOf(feedbackShape).parse(next.body)).toMatchObject({
    items: [{ kind: 'complained', tenant: 'acme', messageId, recipient: 'user@example.org' }],
    cursor: null,
  });
  const { text } = await server.call('GET', '/metrics');
  expect(text).toMatch(/iep_feedback_events_total\{provider="[^"]*",kind="complained"\} 1\n/);
  expect(text).toContain('iep_feedback_unmatched_total{provider=""} 1\n');
});

test('an import of something else than mail, or of too much, is refused in words', async () => {
  expect(await take('{}', 'application/json')).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
  expect(await take('x'.repeat(40_000_000))).toMatchObject({ status: 413, body: { code: 'message_too_large' } });
  expect(await server.call('GET', `${PATH}?cursor=no`, { key: 'operator' })).toMatchObject({ status: 400 });
});
