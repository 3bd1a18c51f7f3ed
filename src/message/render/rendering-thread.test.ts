import { afterEach, describe, expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import { startWorker } from '../../base/embedded/worker.ts';
import { systemClock } from '../../core/clock.ts';
import type { Work } from './fill.ts';
import {
  createRenderingThread,
  defaultRenderingLimits,
  type Renderer,
  type RenderingThread,
  type WorkEnd,
} from './rendering-thread.ts';
import type { FromRenderer, ToRenderer } from './serve-renderer.ts';

const hello: Work = {
  subject: 'Hi {{name}}',
  recipient: 'a@x.example',
  text: 'Hello {{name}}',
  variables: { name: 'Ada' },
};
/** Within every count: what each step makes of `b` is what takes so long. */
const stalling: Work = {
  ...{ subject: 'x', recipient: 'a@x.example' },
  text: '{{#each i}}{{#each @root.i}}{{lookup @root.o @root.b}}{{/each}}{{/each}}',
  variables: { i: Array(60).fill(1), o: {}, b: Array(90_000).fill(7) },
};
const filled = { ok: true, rendered: { subject: 'Hi Ada', text: 'Hello Ada' } };

describe('the thread that renders', () => {
  let thread: RenderingThread | undefined;
  afterEach(() => thread?.close());

  const real = (limits = {}, heapMb = 64) => {
    const start = () => startWorker('renderer', undefined, { maxOldGenerationSizeMb: heapMb });
    thread = createRenderingThread({ start, clock: systemClock }, { ...defaultRenderingLimits, ...limits });
    return thread;
  };

  it('renders', async () => {
    expect(await real().render('acme', hello)).toEqual(filled);
  });

  it('ends a template that takes too much time, and renders what was beside it again', async () => {
    const { render } = real({ cpuMs: 300, waitMs: 60_000 });
    const all = await Promise.all([render('bad', stalling), render('acme', hello), render('other', hello)]);
    const reason = 'it takes more than 0.3 s of processor time';
    expect(all).toEqual([{ ok: false, reason }, filled, filled]);
  });

  it('ends a template that takes too much memory, and renders what was beside it again', async () => {
    const rows = Array.from({ length: 400_000 }, (_, n) => ({ n }));
    const greedy: Work = { ...hello, variables: { rows }, text: '{{rows.length}}' };
    const { render } = real({ waitMs: 60_000 }, 16);
    const [first, second] = await Promise.all([render('bad', greedy), render('acme', hello)]);
    expect(first).toEqual({ ok: false, reason: 'it needs more memory than rendering may have' });
    expect(second).toEqual(filled);
  });
});

describe('its turns', () => {
  const limits = { cpuMs: 2_000, waitMs: 4_000, awayMs: 5_000, maxWaiting: 20 };

  /** A thread that answers when it is told to. */
  function pretended() {
    const clock = createManualClock();
    const got: ToRenderer[] = [];
    const ends: WorkEnd[] = [];
    const listeners = new Map<string, (value: never) => void>();
    let cpuMs = 0;
    const started: { ended: boolean }[] = [];
    const start = (): Renderer => {
      const one = { ended: false };
      started.push(one);
      got.length = 0;
      return {
        postMessage: (job) => void got.push(job),
        on: (event: string, listener: (value: never) => void) => listeners.set(event, listener),
        cpuUsage: async () => ({ user: cpuMs * 1_000, system: 0 }),
        unref: () => undefined,
        terminate: async () => {
          one.ended = true;
        },
      };
    };
    const tell = (answer: FromRenderer) => listeners.get('message')?.(answer as never);
    return {
      clock,
      thread: createRenderingThread({ start, clock, onEnd: (end) => void ends.push(end) }, limits),
      started,
      ends,
      subjects: () => got.map(({ work }) => subjectOf(work)),
      answer(tookMs: number) {
        const { id, work } = got.shift() ?? expect.fail('the thread has nothing');
        tell({ id, filled: { ok: true, rendered: { subject: subjectOf(work) } }, tookMs, cachedBytes: 7 });
      },
      busyFor: (ms: number) => {
        cpuMs += ms;
      },
      outOfMemory: () =>
        listeners.get('error')?.(Object.assign(new Error(), { code: 'ERR_WORKER_OUT_OF_MEMORY' }) as never),
    };
  }
  const work = (subject: string): Work => ({ subject, recipient: 'a@x.example' });
  const subjectOf = (one: ToRenderer['work']) => ('subject' in one ? one.subject : 'task' in one ? one.task : 'a copy');

  it('are by the time that each tenant took', async () => {
    const { thread, subjects, answer } = pretended();
    for (let at = 0; at < 20; at += 1) void thread.render('slow', work('slow'));
    answer(500);
    for (let at = 0; at < 10; at += 1) void thread.render('quick', work('quick'));
    for (let at = 0; at < 8; at += 1) answer(500);
    expect(subjects()).toEqual(Array(8).fill('quick'));
  });

  it('are told with what came of each and what it took, and what the thread keeps is known while it lives', async () => {
    const { thread, clock, ends, answer, busyFor } = pretended();
    const all = Array.from({ length: 9 }, (_, at) => thread.render('acme', work(`${at}`)));
    answer(5);
    expect(thread.cachedBytes()).toBe(7);
    busyFor(0);
    await clock.advance(200);
    busyFor(limits.cpuMs);
    await clock.advance(200);
    await all[8];
    expect(thread.cachedBytes()).toBe(0);
    expect(ends.map(({ outcome, seconds }) => [outcome, seconds])).toEqual([
      ['done', 0.005],
      ['failed', 2],
      ...Array(7).fill(['later', 0]),
    ]);
    await thread.close();
  });

  it('go back when they do not come, and what their tenant has then as well', async () => {
    const { thread, clock } = pretended();
    const all = Array.from({ length: 12 }, () => thread.render('slow', work('slow')));
    const others = thread.render('quick', work('quick'));
    await clock.advance(limits.waitMs + 200);
    expect(await all[11]).toMatchObject({ ok: false, later: expect.any(Number) });
    expect(thread.held()).toContain('slow');
    expect(await thread.render('slow', work('slow'))).toMatchObject({ ok: false, later: expect.any(Number) });
    await expect(others).resolves.toMatchObject({ ok: false });
    await clock.advance(limits.awayMs);
    expect(thread.held()).toEqual([]);
    await thread.close();
  });

  it('end with the processor time of a message, however long a busy machine takes', async () => {
    const { thread, clock, started, subjects, answer, busyFor } = pretended();
    const first = thread.render('bad', work('first'));
    const second = thread.render('good', work('second'));
    await clock.advance(3_600_000);
    expect(started).toEqual([{ ended: false }]);
    busyFor(limits.cpuMs);
    await clock.advance(200);
    expect(await first).toEqual({ ok: false, reason: 'it takes more than 2 s of processor time' });
    expect(started).toEqual([{ ended: true }, { ended: false }]);
    expect(thread.held()).toEqual(['bad']);
    expect(subjects()).toEqual(['second']);
    answer(1);
    expect(await second).toMatchObject({ ok: true });
  });

  it('are taken alone by what was there when the memory ran out', async () => {
    const { thread, subjects, answer, outOfMemory } = pretended();
    const first = thread.render('good', work('first'));
    const second = thread.render('good', work('second'));
    outOfMemory();
    expect(subjects()).toEqual(['first']);
    answer(1);
    expect(await first).toMatchObject({ ok: true });
    expect(subjects()).toEqual(['second']);
    outOfMemory();
    outOfMemory();
    expect(await second).toEqual({ ok: false, reason: 'it needs more memory than rendering may have' });
  });

  it('end, and so does the thread, when there is nothing to do', async () => {
    const { thread, clock, started, answer } = pretended();
    void thread.render('acme', work('one'));
    answer(1);
    await clock.advance(60_000);
    expect(started).toEqual([{ ended: true }]);
    expect(clock.timers).toBe(0);
  });

  it('are none once it is closed', async () => {
    const { thread, clock } = pretended();
    const waiting = thread.render('acme', work('one'));
    await thread.close();
    expect(await waiting).toMatchObject({ ok: false, later: clock.now() });
    expect(await thread.render('acme', work('two'))).toMatchObject({ ok: false, later: expect.any(Number) });
  });
});
