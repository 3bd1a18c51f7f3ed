/** What the door says no to before a call is reached, and how it says it. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { manualClock } from '../access/access.testing.ts';
import { IepError, refusals } from '../core/errors.ts';
import { startServer, submission, type TestServer } from '../http/http.testing.ts';
import { problemOf } from './problem.ts';
import { problemShape } from './shapes.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ bodyLimitBytes: () => 64 * 1024 });
});
afterAll(() => server.close());

const json = { 'content-type': 'application/json' };

test.each(Object.entries(refusals))('%s is a problem with a stable type, a title and a hint', (code, refusal) => {
  const problem = problemShape.parse(problemOf(new IepError(code as keyof typeof refusals, 'what happened')));
  expect(problem).toMatchObject({
    type: `urn:iep:problem:${code}`,
    code,
    status: refusal.status,
    title: refusal.title,
    hint: refusal.hint,
    detail: 'what happened',
  });
});

test('what a stranger wrote is repeated without what commands a terminal or turns text', () => {
  const hostile = 'a\u001b[2Jb\u009bc\u202ed';
  const errors = [{ path: hostile, message: hostile }];
  const said = 'a [2Jb c d';
  expect(problemOf(new IepError('invalid_request', hostile, { errors }))).toMatchObject({
    detail: said,
    errors: [{ path: said, message: said }],
  });
});

describe('a refusal', () => {
  test.each([
    ['an unknown path', 'GET', '/v1/nothing', {}, 404, 'not_found'],
    ['the root', 'GET', '/', {}, 404, 'not_found'],
    ['a path with more', 'GET', '/v1/messages/a/b/c', {}, 404, 'not_found'],
    ['an id of no form', 'GET', '/v1/messages/1%00', { key: 'read' }, 404, 'not_found'],
    ['another method', 'PUT', '/v1/messages', {}, 405, 'method_not_allowed'],
    [
      'no type',
      'POST',
      '/v1/messages',
      { key: 'send', body: new Uint8Array([123, 125]) },
      415,
      'unsupported_media_type',
    ],
    [
      'a form',
      'POST',
      '/v1/messages',
      { key: 'send', body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'unsupported_media_type',
    ],
    [
      'UTF-8 in single quotes, which is read',
      'POST',
      '/v1/messages',
      { key: 'send', body: '{}', headers: { 'content-type': "application/json; charset='utf8'" } },
      400,
      'invalid_request',
    ],
    [
      'another charset',
      'POST',
      '/v1/messages',
      { key: 'send', body: '{}', headers: { 'content-type': 'application/json; charset=latin1' } },
      415,
      'unsupported_media_type',
    ],
    [
      'a compressed body',
      'POST',
      '/v1/messages',
      { key: 'send', body: '{}', headers: { ...json, 'content-encoding': 'gzip' } },
      415,
      'unsupported_media_type',
    ],
    ['no JSON', 'POST', '/v1/messages', { key: 'send', body: '{"to":', headers: json }, 400, 'invalid_request'],
    ['an empty body', 'POST', '/v1/messages', { key: 'send', body: '', headers: json }, 400, 'invalid_request'],
    [
      'no UTF-8',
      'POST',
      '/v1/messages',
      { key: 'send', body: new Uint8Array([0x22, 0xff, 0x22]), headers: json },
      400,
      'invalid_request',
    ],
    [
      'JSON of another kind',
      'POST',
      '/v1/messages',
      { key: 'send', body: '17', headers: json },
      400,
      'invalid_request',
    ],
    [
      'too deep a nest',
      'POST',
      '/v1/messages',
      { key: 'send', body: '['.repeat(5_000) + ']'.repeat(5_000), headers: json },
      400,
      'invalid_request',
    ],
    [
      'too long a body',
      'POST',
      '/v1/messages',
      { key: 'send', body: ' '.repeat(64 * 1024 + 1), headers: json },
      413,
      'message_too_large',
    ],
    ['a query nobody knows', 'POST', '/v1/messages?dry=1', { key: 'send', json: submission }, 400, 'invalid_request'],
    [
      'too many recipients',
      'POST',
      '/v1/messages',
      { key: 'send', json: { ...submission, to: Array(1_001).fill('a@b.example') } },
      400,
      'too_many_recipients',
    ],
  ] as const)('of %s', async (_what, method, path, init, status, code) => {
    const answer = await server.call(method, path, init);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const problem = problemShape.parse(answer.body);
    expect(problem.status).toBe(status);
    expect(problem.requestId).toBe(answer.headers.get('x-request-id'));
    if (code === 'invalid_request') expect(problem.errors?.length).toBeGreaterThan(0);
  });

  test('of a method names those there are', async () => {
    const one = await server.call('PUT', '/v1/messages');
    expect(one.headers.get('allow')).toBe('GET, POST');
    expect((await server.call('POST', '/health')).headers.get('allow')).toBe('GET');
    expect((await server.call('POST', '/v1/admin/tenants/acme')).headers.get('allow')).toBe('GET, PATCH, DELETE');
  });

  test('HEAD is answered as GET, without the body', async () => {
    const { status, text } = await server.call('HEAD', '/health');
    expect({ status, text }).toEqual({ status: 200, text: '' });
  });

  test('of JSON does not repeat what was sent', async () => {
    const { body } = await server.call('POST', '/v1/messages', {
      key: 'send',
      body: '["bob@example.org" x]',
      headers: json,
    });
    expect(JSON.stringify(body)).not.toContain('bob');
  });

  test('of a long body comes while it is sent, and nothing is held of it', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 16 * 1024;
        controller.enqueue(new Uint8Array(16 * 1024));
      },
    });
    const response = await fetch(`${server.url}/v1/messages`, {
      method: 'POST',
      body: endless,
      headers: { ...json, 'x-api-key': server.keys.send },
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(413);
    expect(sent).toBeLessThan(8 * 1024 * 1024);
  });

  test('tells when to come back', async () => {
    const own = await startServer({
      overrides: { accept: () => Promise.reject(new IepError('rate_limited', 'Slow down', { retryAfterMs: 1_500 })) },
    });
    const answer = await own.call('POST', '/v1/messages', { key: 'send', json: submission });
    expect(answer).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(answer.headers.get('retry-after')).toBe('2');
    await own.close();
  });
});

describe('a name that a stranger chose', () => {
  const long = 'auth.a'.repeat(2_000);

  test('is repeated at a bounded length: a parameter', async () => {
    const answer = await server.call('GET', `/openapi.json?${long}=1`);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body).length).toBeLessThan(1_000);
  });

  test('is repeated at a bounded length: a field', async () => {
    const answer = await server.call('POST', '/v1/messages', { key: 'send', json: { ...submission, [long]: 1 } });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body).length).toBeLessThan(1_000);
  });
});

describe('a guesser', () => {
  test('is slowed, then refused, while a key that was right goes on', async () => {
    const clock = manualClock(Date.now());
    const own = await startServer({ clock });
    await own.call('GET', '/v1/messages', { key: 'read' });
    const guess = () => own.call('GET', '/v1/messages', { key: `iep_aaaaaaaa_${'x'.repeat(43)}` });
    const codes: unknown[] = [];
    for (let n = 0; n < 11; n++) {
      const answer = guess();
      // Above the third failure the answer waits for the clock.
      if (n >= 3 && n < 9)
        await eventually(() => expect(clock.pending.some((ms) => ms >= 250 && ms <= 4_000)).toBe(true));
      await clock.advance(4_000);
      codes.push((await answer).body.code);
    }
    expect(codes.slice(-2)).toEqual(['too_many_failed_logins', 'too_many_failed_logins']);
    const refused = await guess();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(200);
    expect((await own.call('GET', '/v1/messages', { key: 'read' })).status).toBe(200);
    await own.close();
  });
});

describe('a fault', () => {
  test('is logged once with its cause, and told with no more than its id', async () => {
    const own = await startServer({
      overrides: {
        accept: () => Promise.reject(new Error('the secret plan of bob@example.org', { cause: new Error('root') })),
      },
    });
    const answer = await own.call('POST', '/v1/messages', { key: 'send', json: submission });
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal' } });
    expect(answer.text).not.toMatch(/plan|root/);
    const told = own.lines.filter((line) => JSON.stringify(line).includes('secret plan'));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ level: 'error', requestId: answer.body.requestId, code: 'internal' });
    expect(JSON.stringify(told[0])).toContain('root');
    expect(JSON.stringify(told[0])).not.toContain('bob@');
    await own.close();
  });

  test('of a store that is stuck ends in store_unavailable, while the accept itself goes on', async () => {
    const clock = manualClock(Date.now());
    let finish: (() => void) | undefined;
    let finished = false;
    const own = await startServer({
      clock,
      overrides: {
        accept: async () => {
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
          finished = true;
          throw new Error('too late to be heard');
        },
      },
    });
    const answer = own.call('POST', '/v1/messages', { key: 'send', json: submission });
    await eventually(() => expect(finish).toBeDefined());
    await clock.advance(30_000);
    const { status, body, headers } = await answer;
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'store_unavailable' });
    expect(body.hint).toContain('idempotency key');
    expect(headers.get('retry-after')).toBe('10');
    finish?.();
    await eventually(() => expect(finished).toBe(true));
    await own.close();
  });
});

describe('not HTTP', () => {
  const raw = async (request: string): Promise<string> => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write(request);
    return readText(socket);
  };

  test.each([
    ['noise', 'EHLO example.com\r\n\r\n', 400],
    ['a header that never ends', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
    [
      'two lengths',
      'POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      400,
    ],
    ['a host that is none', 'GET / HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n', 400],
  ])('%s is a problem too', async (_what, request, status) => {
    const answer = await raw(request);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('application/problem+json');
    expect(problemShape.parse(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)))).toMatchObject({ status });
  });

  const head = (key: string) =>
    `POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${key}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n`;

  test('a wrong key is refused before the body has come', async () => {
    expect(await raw(`${head('iep_wrong')}connection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 401 /);
  });

  test('a body that breaks off is nobody’s fault but the caller’s', async () => {
    const before = server.lines.length;
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write(`${head(server.keys.send)}expect: 100-continue\r\n\r\n{"to"`);
    await once(socket, 'data');
    socket.destroy();
    await eventually(() =>
      expect(server.lines.slice(before)).toContainEqual(
        expect.objectContaining({ code: 'invalid_request', level: 'info' }),
      ),
    );
  });
});
