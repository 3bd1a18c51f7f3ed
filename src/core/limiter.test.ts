import { describe, expect, test } from 'vitest';
import { quiet as settle } from '../../test/manual-clock.ts';
import { createLimiter, type LimiterOptions } from './limiter.ts';

const tooMany = () => new Error('too many wait');

function setUp(options: LimiterOptions = { atOnce: 2, waiting: { atOnce: 4, ofOne: 3 }, tooMany }) {
  const limiter = createLimiter(options);
  const started: string[] = [];
  const finish = new Map<string, () => void>();
  const enter = (owner: string, name: string) =>
    limiter.pass(owner, () => {
      started.push(name);
      return new Promise<string>((resolve) => finish.set(name, () => resolve(name)));
    });
  const end = async (name: string) => {
    finish.get(name)?.();
    await settle();
  };
  return { limiter, enter, started, end };
}

test('a permit now or not at all: one owner takes no more than its share, all together no more than there is', () => {
  const limiter = createLimiter({ atOnce: 3, ofOne: 2 });
  const leave = limiter.take('a');
  expect(leave).toBeDefined();
  expect(limiter.take('a')).toBeDefined();
  expect(limiter.take('a')).toBeUndefined();
  expect(limiter.take('b')).toBeDefined();
  expect(limiter.take('b')).toBeUndefined();
  leave?.();
  expect(limiter.take('b')).toBeDefined();
  expect(limiter.take('a')).toBeUndefined();
});

describe('a permit in turn', () => {
  test('for no more than there are, and the owners in turn', async () => {
    const { enter, started, end } = setUp();
    const all = [enter('a', 'a1'), enter('a', 'a2'), enter('a', 'a3'), enter('a', 'a4'), enter('b', 'b1')];
    await settle();
    expect(started).toEqual(['a1', 'a2']);
    await end('a1');
    await end('a2');
    expect(started).toEqual(['a1', 'a2', 'a3', 'b1']);
    await end('a3');
    await end('b1');
    await end('a4');
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
  });

  test('is refused to an owner of whom too many wait, and the others go on', async () => {
    const { enter, started, end } = setUp();
    for (let n = 0; n < 5; n++) void enter('a', `a${n}`);
    await expect(enter('a', 'one too many')).rejects.toThrow('too many wait');
    void enter('b', 'b');
    await expect(enter('c', 'the line is full')).rejects.toThrow('too many wait');
    await end('a0');
    await end('a1');
    expect(started).toContain('b');
  });

  test('passes over an owner who has its share, until one of its own leaves', async () => {
    const { limiter, enter, started, end } = setUp({ atOnce: 3, ofOne: 1, waiting: { atOnce: 4 }, tooMany });
    for (const name of ['a1', 'a2']) void enter('a', name);
    void enter('b', 'b1');
    await settle();
    expect([started, limiter.take('a')]).toEqual([['a1', 'b1'], undefined]);
    await end('b1');
    expect(started).toEqual(['a1', 'b1']);
    await end('a1');
    expect(started).toEqual(['a1', 'b1', 'a2']);
  });

  test('comes back from work that fails', async () => {
    const limiter = createLimiter({ atOnce: 1 });
    await expect(limiter.pass('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await limiter.pass('a', async () => 'next')).toBe('next');
  });
});
