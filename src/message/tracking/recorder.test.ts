import { expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import type { NewHit } from '../../db/verbs/hits.ts';
import { createHitRecorder } from './recorder.ts';

function setUp({ fails = 0 } = {}) {
  const clock = createManualClock();
  const batches: (readonly NewHit[])[] = [];
  const faults: unknown[] = [];
  const counts = { written: 0, dropped: 0 };
  let left = fails;
  const recorder = createHitRecorder({
    clock,
    store: {
      hits: {
        async record({ hits }) {
          left -= 1;
          if (left >= 0) throw new Error('the disk is full');
          batches.push(hits);
          return hits.map(() => ({ tenantId: 't', actor: 'human', rule: 'r', isKept: true }));
        },
      },
    },
    metrics: {
      hit: () => {
        counts.written += 1;
      },
      hitsDropped: (count) => {
        counts.dropped += count;
      },
    },
    onFault: (error) => faults.push(error),
  });
  const hit = (more: Partial<NewHit> = {}): NewHit => ({
    ...{ messageId: 'm', position: 0, kind: 'opened', at: clock.now(), ...more },
  });
  const click = (url: string, more: Partial<NewHit> = {}) => hit({ kind: 'clicked', url, ...more });
  return { clock, recorder, batches, faults, counts, hit, click };
}

it('writes what came within a second in one commit', async () => {
  const { clock, recorder, batches, counts, hit } = setUp();
  recorder.take(hit());
  recorder.take(hit({ position: 1 }));
  await clock.advance(999);
  expect(batches).toEqual([]);
  await clock.advance(1_000);
  expect(batches).toHaveLength(1);
  expect(batches[0]).toHaveLength(2);
  expect(counts).toEqual({ written: 2, dropped: 0 });
});

it('tells the first of many links what followed it', async () => {
  const { clock, recorder, batches, click } = setUp();
  for (const name of ['a', 'b', 'c', 'c']) {
    recorder.take(click(name));
    await clock.advance(200);
  }
  recorder.take(click('a', { position: 1 }));
  await clock.advance(3_000);
  const all = batches.flat();
  expect(all.map(({ linksAtOnce }) => linksAtOnce)).toEqual([3, 3, 3, 3, undefined]);
});

it('tells an open that the decoy was followed with it', async () => {
  const { clock, recorder, batches, hit, click } = setUp();
  recorder.take(hit());
  recorder.take(click('a'));
  await clock.advance(300);
  recorder.take(click('x', { isDecoy: true }));
  recorder.take(hit({ position: 1 }));
  await clock.advance(3_000);
  expect(batches.flat().map(({ isDecoy }) => isDecoy)).toEqual([true, true, true, undefined]);
});

it('tries again when the store takes nothing', async () => {
  const { clock, recorder, batches, faults, counts, hit } = setUp({ fails: 2 });
  recorder.take(hit());
  await clock.advance(1_000);
  expect(faults).toHaveLength(1);
  await clock.advance(3_000);
  expect(batches).toHaveLength(1);
  expect(counts).toEqual({ written: 1, dropped: 0 });
});

it('holds so many of one copy, and counts the others as dropped', async () => {
  const { clock, recorder, batches, counts, hit } = setUp();
  for (let at = 0; at < 1_000; at += 1) recorder.take(hit());
  recorder.take(hit({ position: 1 }));
  await clock.advance(1_000);
  expect(batches.flat()).toHaveLength(201);
  expect(counts.dropped).toBe(800);
  recorder.take(hit());
  await clock.advance(2_000);
  expect(batches.flat()).toHaveLength(202);
});

it('writes all at its end', async () => {
  const { recorder, batches, counts, hit } = setUp();
  recorder.take(hit());
  await recorder.close();
  expect(batches.flat()).toHaveLength(1);
  const failing = setUp({ fails: 9 });
  failing.recorder.take(failing.hit());
  await failing.recorder.close();
  expect([counts.dropped, failing.counts.dropped]).toEqual([0, 1]);
});
