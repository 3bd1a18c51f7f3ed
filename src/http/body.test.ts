import { PassThrough } from 'node:stream';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import { quiet } from '../access/access.testing.ts';
import { systemClock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { createBodyReader, letGo } from './body.ts';
import type { Env } from './context.ts';

/** An app that answers the length of the body, or the code of the refusal. */
function setUp(limitBytes: number) {
  // Refusals that are held back come at once.
  const clock = { ...systemClock, after: (_: number, fn: () => void) => systemClock.after(0, fn) };
  const reader = createBodyReader({ clock }, { limitBytes: () => limitBytes });
  const app = new Hono<Env>();
  app.post('/', async (c) => {
    const { bytes, held } = await reader.read(c, 'acme');
    held.giveBack();
    return c.text(String(bytes.length));
  });
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
  const limit = 1_000_000;
  const post = setUp(limit);
  const open = Array.from({ length: 9 }, pieces);
  const answers = open.map(({ stream }) => post(stream));
  for (const { send } of open) send(limit);
  await quiet();
  await new Promise((resolve) => setImmediate(resolve));
  expect(await post('x'.repeat(limit))).toBe('rate_limited');
  for (const { end } of open.slice(0, 8)) end();
  expect((await Promise.all(answers)).toSorted()).toEqual([...Array(8).fill(String(limit)), 'rate_limited']);
  expect(await post('x'.repeat(limit))).toBe(String(limit));
});

test('pieces of one byte take no more memory than their bytes', async () => {
  const { stream, send, end } = pieces();
  const answer = setUp(1_000_000)(stream);
  for (let n = 0; n < 100_000; n += 1) send(1);
  end();
  expect(await answer).toBe('100000');
});

/** A request over a socket, of which the test sends the pieces. */
async function incomingBody() {
  const clock = createManualClock();
  const reader = createBodyReader({ clock }, { limitBytes: () => 1_000_000 });
  const app = new Hono<Env>();
  app.post('/', async (c) => c.text(String((await reader.read(c, 'acme')).bytes.length)));
  app.onError((error, c) => c.text(error instanceof IepError ? error.code : String(error)));
  const incoming = new PassThrough();
  const answer = app.request('/', { method: 'POST' }, { incoming } as unknown as Env['Bindings']);
  return { clock, incoming, answer: Promise.resolve(answer).then((response) => response.text()) };
}

test('a body that has stopped is given up', async () => {
  const { clock, incoming, answer } = await incomingBody();
  incoming.write(Buffer.alloc(32 * 1024));
  await clock.advance(30_000);
  incoming.write(Buffer.alloc(32 * 1024 - 1));
  await clock.advance(30_000);
  expect(await answer).toBe('too_slow');
  expect(clock.timers).toBe(0);
});

test('one that goes on is waited for', async () => {
  const { clock, incoming, answer } = await incomingBody();
  for (let piece = 0; piece < 20; piece += 1) {
    incoming.write(Buffer.alloc(32 * 1024));
    await clock.advance(30_000);
  }
  incoming.end();
  expect(await answer).toBe(String(20 * 32 * 1024));
  expect(clock.timers).toBe(0);
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
