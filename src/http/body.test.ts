import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { settle } from '../access/access.testing.ts';
import { IepError } from '../core/errors.ts';
import { createBodyReader, letGo } from './body.ts';
import type { Env } from './context.ts';

/** An app that answers the length of the body, or the code of the refusal. */
function setUp(limitBytes: number) {
  const reader = createBodyReader({ limitBytes: () => limitBytes });
  const app = new Hono<Env>();
  app.post('/', async (c) => c.text(String((await reader.read(c)).length)));
  app.onError((error, c) => c.text(error instanceof IepError ? error.code : String(error)));
  return async (body: RequestInit['body'], headers: Record<string, string> = {}) => {
    const init = { method: 'POST', body, headers, duplex: 'half' } as RequestInit;
    return (await app.request('/', init)).text();
  };
}

/** A body that is sent piece by piece, as the test says. */
function pieces() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(it) {
      controller = it;
    },
  });
  return {
    stream,
    send: (bytes: number) => controller?.enqueue(new Uint8Array(bytes)),
    end: () => controller?.close(),
  };
}

test('reads up to the limit, and no further', async () => {
  const post = setUp(10);
  expect(await post(null)).toBe('0');
  expect(await post('0123456789')).toBe('10');
  expect(await post('0123456789a')).toBe('message_too_large');
});

test('believes an announced length that is too much, without reading', async () => {
  const { stream } = pieces();
  expect(await setUp(10)(stream, { 'content-length': '11' })).toBe('message_too_large');
});

test('bodies that come in at once share a budget, which they give back', async () => {
  const post = setUp(10);
  const open = Array.from({ length: 8 }, pieces);
  const answers = open.map(({ stream }) => post(stream));
  for (const { send } of open) send(10);
  await settle();
  await new Promise((resolve) => setImmediate(resolve));
  expect(await post('x')).toBe('rate_limited');
  for (const { end } of open) end();
  expect(await Promise.all(answers)).toEqual(Array(8).fill('10'));
  expect(await post('0123456789')).toBe('10');
});

test('what is refused gives its share back too', async () => {
  const post = setUp(10);
  for (let n = 0; n < 20; n++) expect(await post('0123456789a')).toBe('message_too_large');
  expect(await post('x')).toBe('1');
});

test('memory is let go at once where nobody shares it, and otherwise left alone', () => {
  const own = Buffer.allocUnsafeSlow(1_000_000);
  const before = process.memoryUsage().arrayBuffers;
  letGo(own);
  expect(own.length).toBe(0);
  expect(before - process.memoryUsage().arrayBuffers).toBeGreaterThanOrEqual(1_000_000);
  const part = Buffer.from('shared').subarray(0, 3);
  letGo(part);
  expect(part.toString()).toBe('sha');
});
