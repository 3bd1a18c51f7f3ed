import { expect, test } from 'vitest';
import { createLargeBodies } from './large-bodies.ts';

const KIB = 1024;

function setUp() {
  const bodies = createLargeBodies();
  const begun: string[] = [];
  const pass = (name: string, bytes: number) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const done = bodies.pass(bytes, () => {
      begun.push(name);
      return promise;
    });
    return { end: resolve, fail: reject, done };
  };
  return { begun, pass };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('large bodies wait for room, in the order they came', async () => {
  const { begun, pass } = setUp();
  const first = pass('first', 700 * KIB);
  const second = pass('second', 700 * KIB);
  pass('third', 100 * KIB);
  await turn();
  expect(begun).toEqual(['first']);
  first.end();
  await turn();
  expect(begun).toEqual(['first', 'second', 'third']);
  second.end();
  await second.done;
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
});
