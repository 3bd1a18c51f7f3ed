/** Large bodies, read by the real thread and over a real socket: the same answers as small ones get. */

import { randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import { startWorker } from '../base/embedded/worker.ts';
import { startServer, submission, type TestServer } from './http.testing.ts';
import { createLargeJson, type LargeJson } from './large-json.ts';

const pdf = Buffer.concat([Buffer.from('%PDF-1.4\n'), randomBytes(3_000_000)]);
const attachment = (content: string) => ({ filename: 'a.pdf', contentType: 'application/pdf', content });

describe('a large body', () => {
  let server: TestServer;
  let largeJson: LargeJson;
  beforeAll(async () => {
    largeJson = createLargeJson({ start: () => startWorker('json-reader', undefined), clock: createManualClock() });
    server = await startServer({ overrides: { largeJson } });
  });
  afterAll(async () => {
    await server.close();
    await largeJson.close();
  });
  const post = (json: unknown, path = '/v1/messages') => server.call('POST', path, { key: 'all', json });
  const stored = async (id: unknown) => {
    const call = await fetch(`${server.url}/v1/messages/${id}/raw`, { headers: { 'x-api-key': server.keys.all } });
    const text = await call.text();
    return Buffer.from(text.slice(text.indexOf('JVBERi')).split('--')[0] ?? '', 'base64');
  };

  it('is accepted with its attachments whole, alone and in a batch', async () => {
    const message = { ...submission, attachments: [attachment(pdf.toString('base64'))] };
    const one = await post(message);
    expect(one.status).toBe(202);
    expect(Buffer.compare(await stored(one.body.messageId), pdf)).toBe(0);
    for (const body of [[message, { to: [] }, message], { messages: [message, { to: [] }, message] }]) {
      const many = await post(body, '/v1/messages/batch');
      const items = many.body.items as { messageId?: string; error?: { code: string } }[];
      expect(items.map(({ error }) => error?.code)).toEqual([undefined, 'invalid_request', undefined]);
      expect(Buffer.compare(await stored(items[2]?.messageId), pdf)).toBe(0);
    }
  });

  it('is refused as a small one is', async () => {
    const long = 'x'.repeat(600_000);
    const broken = await server.call('POST', '/v1/messages', {
      key: 'all',
      body: `{"a":"${long}"`,
      headers: { 'content-type': 'application/json' },
    });
    expect(broken).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ path: '' }] } });
    const notBase64 = { ...submission, attachments: [attachment(`${long}!`)] };
    expect(await post(notBase64)).toMatchObject({ status: 400, body: { errors: [{ path: 'attachments.0.content' }] } });
    const notText = { ...submission, attachments: [{ ...attachment(''), content: [long] }] };
    expect(await post(notText)).toMatchObject({ status: 400, body: { errors: [{ path: 'attachments.0.content' }] } });
    const notPdf = { ...submission, attachments: [attachment(randomBytes(600_000).toString('base64'))] };
    expect(await post(notPdf)).toMatchObject({ status: 400, body: { code: 'attachment_type_mismatch' } });
  });

  it('cannot pass numbers off as decoded bytes', async () => {
    const like = { 0: 37, length: 1, filler: 'x'.repeat(600_000) };
    const faked = { ...submission, attachments: [{ ...attachment(''), content: like }] };
    expect(await post(faked)).toMatchObject({ status: 400, body: { errors: [{ path: 'attachments.0.content' }] } });
  });
});

it('tells those who wait when the thread dies, and starts another for the next', async () => {
  const clock = createManualClock();
  let started = 0;
  const largeJson = createLargeJson({
    start() {
      started += 1;
      return started === 1
        ? new Worker("throw new Error('broken')", { eval: true })
        : startWorker('json-reader', undefined);
    },
    clock,
  });
  await expect(largeJson.read(Buffer.from('{}'))).rejects.toThrow('broken');
  expect(await largeJson.read(Buffer.from('{"a":1}'))).toEqual({ a: 1 });
  expect(started).toBe(2);
  await largeJson.close();
});

it('ends the thread when it has had nothing to do', async () => {
  const clock = createManualClock();
  const threads: Worker[] = [];
  const largeJson = createLargeJson({
    start() {
      threads.push(startWorker('json-reader', undefined));
      return threads.at(-1) as Worker;
    },
    clock,
  });
  await largeJson.read(Buffer.from('1'));
  const ended = new Promise((resolve) => threads[0]?.once('exit', resolve));
  await clock.advance(61_000);
  await ended;
  expect(await largeJson.read(Buffer.from('2'))).toBe(2);
  expect(threads).toHaveLength(2);
  await largeJson.close();
});
