/** The main thread's side of the store's threads, over a thread that answers when the test says so. */

import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import type { VerbCall } from './engine.ts';
import { createReaderExecutor, createWriterExecutor } from './executor.ts';
import type { FromThread, ToReader, ToWriter } from './thread.ts';

class FakeThread extends EventEmitter {
  readonly heard: (ToWriter | ToReader)[] = [];

  postMessage(message: ToWriter | ToReader): void {
    this.heard.push(message);
    this.emit('heard');
    if (message.kind === 'close') this.emit('exit');
  }

  say(message: FromThread): void {
    this.emit('message', message);
  }

  /** Answers all calls of the batch that is under way. */
  commit(): void {
    const batch = this.heard.findLast((message) => message.kind === 'batch');
    const answers = batch?.kind === 'batch' ? batch.calls.map(() => ({ ok: true as const, value: 'done' })) : [];
    this.say({ kind: 'batch', answers, durationMs: 1 });
  }
}

async function open(create: typeof createReaderExecutor) {
  const thread = new FakeThread();
  const opening = create(thread as unknown as Worker);
  thread.say({ kind: 'ready' });
  return { thread, executor: await opening };
}

const openWriter = () => open((worker) => createWriterExecutor(worker, {}));
const openReader = () => open(createReaderExecutor);

const ping: VerbCall = { verb: 'ping', input: undefined };
const scan = (tenantId: string): VerbCall => ({ verb: 'messages.list', input: { tenantId } });
const callsOf = (message: ToWriter | ToReader | undefined) => (message?.kind === 'batch' ? message.calls.length : 0);
/** A writer is told at the end of a turn of the event loop, a reader at once. */
const heard = (thread: FakeThread, count: number) =>
  new Promise<void>((resolve) => {
    const look = () => (thread.heard.length >= count ? resolve() : thread.once('heard', look));
    look();
  });

it('gives up a write that has not begun, and tells of one that has', async () => {
  const { thread, executor } = await openWriter();
  const underWay = new AbortController();
  const first = executor.run(ping, underWay.signal);
  await heard(thread, 1);
  const waiting = new AbortController();
  const second = executor.run(ping, waiting.signal);
  const third = executor.run(ping);
  underWay.abort();
  waiting.abort();
  await expect(second).rejects.toMatchObject({ code: 'store_unavailable' });
  thread.commit();
  expect(await first).toBe('done');
  await heard(thread, 2);
  expect(thread.heard.map(callsOf)).toEqual([1, 1]);
  thread.commit();
  expect(await third).toBe('done');
  await expect(executor.run(ping, waiting.signal)).rejects.toMatchObject({ code: 'store_unavailable' });
});

it('holds only so much for a disk that is stuck', async () => {
  const { thread, executor } = await openWriter();
  executor.run(ping).catch(() => undefined);
  await heard(thread, 1);
  const held = Array.from({ length: 20_000 }, () => executor.run(ping));
  await expect(executor.run(ping)).rejects.toMatchObject({ code: 'store_unavailable' });
  thread.emit('error', new Error('the end'));
  expect((await Promise.allSettled(held)).every(({ status }) => status === 'rejected')).toBe(true);
});

it.each([
  ['the writer', openWriter, ping],
  ['the reader', openReader, scan('acme')],
] as const)('answers what waits, and what comes then, when %s dies', async (_name, openExecutor, call) => {
  const { thread, executor } = await openExecutor();
  const underWay = executor.run(call);
  await heard(thread, 1);
  const waiting = executor.run(call);
  thread.emit('exit');
  for (const one of [underWay, waiting, executor.run(call)]) {
    await expect(one).rejects.toMatchObject({ code: 'store_unavailable' });
  }
  await executor.close();
});

it('drops a scan whose caller has left, also one that is under way', async () => {
  const { thread, executor } = await openReader();
  const caller = new AbortController();
  const leaving = executor.run(scan('acme'), caller.signal);
  const staying = executor.run(scan('acme'));
  caller.abort();
  await expect(leaving).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(thread.heard.map(({ kind }) => kind)).toEqual(['scan', 'scan', 'drop']);
  thread.say({ kind: 'scanned', id: 1, answer: { ok: true, value: 'late' } });
  thread.say({ kind: 'scanned', id: 2, answer: { ok: true, value: 'page' } });
  expect(await staying).toBe('page');
});

it('lets a tenant have so many scans at once, and others theirs', async () => {
  const { thread, executor } = await openReader();
  const held = Array.from({ length: 100 }, () => executor.run(scan('acme')));
  await expect(executor.run(scan('acme'))).rejects.toMatchObject({ code: 'rate_limited' });
  const other = executor.run(scan('globex'));
  thread.say({ kind: 'scanned', id: 1, answer: { ok: true, value: 'page' } });
  await held[0];
  executor.run(scan('acme')).catch(() => undefined);
  expect(thread.heard).toHaveLength(102);
  const ends = Promise.allSettled([...held, other]);
  await executor.close();
  expect((await ends).filter(({ status }) => status === 'rejected')).toHaveLength(100);
});
