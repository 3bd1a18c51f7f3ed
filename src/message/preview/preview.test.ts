import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import { startWorker } from '../../base/embedded/worker.ts';
import { systemClock } from '../../core/clock.ts';
import { createPreview } from './preview.ts';

const bytes = Buffer.from('Subject: s\r\n\r\nhello\r\n');
const frame = { kind: 'frame', scheme: 'light' } as const;

describe('the thread that reads mail for people', () => {
  it('answers one after another, and ends', async () => {
    let started = 0;
    const preview = createPreview({
      clock: systemClock,
      start() {
        started += 1;
        return startWorker('preview', undefined);
      },
    });
    const answers = await Promise.all([1, 2, 3].map(() => preview.look('t', bytes, frame)));
    for (const answer of answers)
      expect(answer).toMatchObject({ kind: 'frame', page: expect.stringContaining('hello') });
    expect(started).toBe(1);
    await preview.close();
    await expect(preview.look('t', bytes, frame)).rejects.toMatchObject({ code: 'shutting_down' });
  });

  it('is ended where one mail takes too long, and the next has another', async () => {
    const clock = createManualClock();
    const threads: StuckThread[] = [];
    const preview = createPreview({
      clock,
      start() {
        const thread = new StuckThread();
        threads.push(thread);
        return thread as unknown as Worker;
      },
    });
    const slow = preview.look('t', bytes, frame);
    const next = preview.look('t', bytes, frame);
    const told = expect(slow).rejects.toMatchObject({ code: 'preview_failed' });
    await clock.advance(20_000);
    await told;
    expect(threads.map(({ isEnded }) => isEnded)).toEqual([true, false]);
    threads[1]?.emit('message', { kind: 'frame', page: 'p' });
    expect(await next).toEqual({ kind: 'frame', page: 'p' });
  });

  it('takes so many of a tenant that wait, and others still', async () => {
    const preview = createPreview({ clock: createManualClock(), start: () => new StuckThread() as unknown as Worker });
    const asked = Array.from({ length: 22 }, () => preview.look('t', bytes, frame));
    await expect(asked.at(-1)).rejects.toMatchObject({ code: 'preview_busy' });
    const other = preview.look('u', bytes, frame);
    const all = Promise.allSettled([...asked, other]);
    await preview.close();
    expect((await all).every(({ status }) => status === 'rejected')).toBe(true);
  });
});

class StuckThread extends EventEmitter {
  isEnded = false;
  unref(): void {}
  postMessage(): void {}
  async terminate(): Promise<number> {
    this.isEnded = true;
    return 1;
  }
}
