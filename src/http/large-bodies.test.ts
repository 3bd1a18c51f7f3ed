import { expect, test } from 'vitest';
import { IepError } from '../core/errors.ts';
import { createLargeBodies } from './large-bodies.ts';

const KIB = 1024;

function setUp() {
  const bodies = createLargeBodies();
  const begun: string[] = [];
  const pass = (name: string, bytes: number, { owner = 'acme', isWanted = (): boolean => true } = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const state = { begun: false, back: false };
    const held = {
      take: () => undefined,
      begin: () => {
        state.begun = true;
      },
      giveBack: () => {
        state.back = true;
      },
      displaced(_: IepError) {},
    };
    const done = bodies.pass({ bytes: new Uint8Array(bytes), held }, { owner, isWanted }, () => {
      begun.push(name);
      return promise;
    });
    return { end: resolve, fail: reject, done, held, state };
  };
  return { begun, pass };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('large bodies of one caller wait for room, in the order they came', async () => {
  const { begun, pass } = setUp();
  const first = pass('first', 700 * KIB);
  const second = pass('second', 700 * KIB);
  pass('third', 100 * KIB);
  await turn();
  expect(begun).toEqual(['first']);
  expect(second.state).toEqual({ begun: false, back: false });
  first.end();
  await turn();
  expect(begun).toEqual(['first', 'second', 'third']);
  expect(first.state).toEqual({ begun: true, back: true });
  second.end();
  await second.done;
});

test('callers take turns: one with many bodies waits behind itself', async () => {
  const { begun, pass } = setUp();
  const all = ['a1', 'a2', 'a3', 'a4'].map((name) => pass(name, 900 * KIB));
  all.push(pass('b1', 900 * KIB, { owner: 'rival' }));
  for (const { end } of all) end();
  await Promise.all(all.map(({ done }) => done));
  expect(begun).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
});

test('a small body never waits', async () => {
  const { begun, pass } = setUp();
  pass('large', 900 * KIB);
  pass('next', 900 * KIB);
  pass('small', 4 * KIB);
  await turn();
  expect(begun).toEqual(['large', 'small']);
});

test('one that is larger than all the room goes alone', async () => {
  const { begun, pass } = setUp();
  const huge = pass('huge', 30 * 1024 * KIB);
  const after = pass('after', 100 * KIB);
  await turn();
  expect(begun).toEqual(['huge']);
  huge.end();
  await turn();
  expect(begun).toEqual(['huge', 'after']);
  after.end();
  await after.done;
});

test('work that fails gives its room back', async () => {
  const { begun, pass } = setUp();
  const broken = pass('broken', 900 * KIB);
  pass('next', 900 * KIB);
  broken.fail(new Error('refused'));
  await expect(broken.done).rejects.toThrow('refused');
  await turn();
  expect(begun).toEqual(['broken', 'next']);
  expect(broken.state.back).toBe(true);
});

test('one that waits may lose its memory; what has begun may not', async () => {
  const { begun, pass } = setUp();
  const first = pass('first', 900 * KIB);
  const second = pass('second', 900 * KIB);
  const third = pass('third', 900 * KIB);
  second.held.displaced(new IepError('rate_limited'));
  await expect(second.done).rejects.toThrow(IepError);
  expect(first.state.begun).toBe(true);
  first.end();
  third.end();
  await third.done;
  expect(begun).toEqual(['first', 'third']);
});

test('work whose caller has left is not begun', async () => {
  const { begun, pass } = setUp();
  const first = pass('first', 900 * KIB);
  let isWanted = true;
  const left = pass('left', 900 * KIB, { isWanted: () => isWanted });
  const next = pass('next', 900 * KIB);
  isWanted = false;
  first.end();
  next.end();
  await expect(left.done).rejects.toThrow(IepError);
  await next.done;
  expect(begun).toEqual(['first', 'next']);
});
