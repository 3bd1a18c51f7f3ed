import { expect, test } from 'vitest';
import { quiet as settle } from '../../test/manual-clock.ts';
import { createTurnstile } from './turnstile.ts';

function setUp(options = { atOnce: 2, maxWaiting: 4, maxWaitingPerSource: 3, tooMany: 'Too many wait' }) {
  const turnstile = createTurnstile(options);
  const started: string[] = [];
  const finish: (() => void)[] = [];
  const enter = (source: string, name: string) =>
    turnstile.pass(source, () => {
      started.push(name);
      return new Promise<string>((resolve) => finish.push(() => resolve(name)));
    });
  return { enter, started, finish };
}

test('lets no more through than it may, and the sources in turn', async () => {
  const { enter, started, finish } = setUp();
  const all = [enter('a', 'a1'), enter('a', 'a2'), enter('a', 'a3'), enter('a', 'a4'), enter('b', 'b1')];
  await settle();
  expect(started).toEqual(['a1', 'a2']);
  finish[0]?.();
  await settle();
  finish[1]?.();
  await settle();
  expect(started).toEqual(['a1', 'a2', 'a3', 'b1']);
  finish[2]?.();
  finish[3]?.();
  await settle();
  finish[4]?.();
  expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
});

test('refuses a source that queues too much, and goes on with the others', async () => {
  const { enter, started, finish } = setUp();
  for (let n = 0; n < 5; n++) void enter('a', `a${n}`);
  await expect(enter('a', 'one too many')).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 1_000 });
  void enter('b', 'b');
  await expect(enter('c', 'queue is full')).rejects.toMatchObject({ code: 'rate_limited' });
  finish[0]?.();
  finish[1]?.();
  await settle();
  expect(started).toContain('b');
});

test('work that fails gives its turn back', async () => {
  const turnstile = createTurnstile({ atOnce: 1, maxWaiting: 1, maxWaitingPerSource: 1, tooMany: 'Too many wait' });
  await expect(turnstile.pass('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await turnstile.pass('a', async () => 'next')).toBe('next');
});
