import { expect, test } from 'vitest';
import { createManualClock, quiet } from '../../../test/manual-clock.ts';
import { createOutput } from './output.ts';

/** An output of which a test says how many bytes it takes; a number below zero is a failure. */
function setUp(options: { maxWaiting?: number } = {}) {
  const clock = createManualClock();
  const state = { room: Number.MAX_SAFE_INTEGER, out: '' };
  const writeNow = (bytes: Buffer): number => {
    if (state.room < 0) throw new Error('ENOSPC');
    const taken = Math.min(bytes.length, state.room);
    state.room -= taken;
    state.out += bytes.toString('utf8', 0, taken);
    return taken;
  };
  const describeDropped = (lines: number) => `dropped ${lines}\n`;
  const channel = { write: async (bytes: Buffer) => writeNow(bytes), writeNow };
  return { clock, state, output: createOutput({ channel, clock, describeDropped }, options) };
}

test('lines come out together after a moment, or at once when many wait', async () => {
  const { clock, state, output } = setUp();
  output.write('one\n');
  output.write('two\n');
  expect(state.out).toBe('');
  await clock.advance(200);
  expect(state.out).toBe('one\ntwo\n');
  output.write(`${'x'.repeat(33_000)}\n`);
  await quiet();
  expect(state.out).toHaveLength(33_009);
});

test('an output that stalls in the middle of a line goes on there, and what waited comes out whole', async () => {
  const { clock, state, output } = setUp();
  state.room = 2;
  output.write('one\n');
  await clock.advance(200);
  output.write('two\n');
  await clock.advance(1_000);
  expect(state.out).toBe('on');
  state.room = Number.MAX_SAFE_INTEGER;
  await clock.advance(10);
  expect(state.out).toBe('one\ntwo\n');
  expect(output.dropped()).toBe(0);
});

test('what waits is bounded: further lines are dropped, counted, and told of once there is room', async () => {
  const { clock, state, output } = setUp({ maxWaiting: 40 });
  state.room = 0;
  for (let line = 0; line < 10; line += 1) output.write(`line ${line}..\n`);
  await clock.advance(5_000);
  expect(output.dropped()).toBe(6);
  state.room = Number.MAX_SAFE_INTEGER;
  await clock.advance(10);
  expect(state.out).toBe('dropped 6\nline 0..\nline 1..\nline 2..\nline 3..\n');
  output.write('more\n');
  await clock.advance(200);
  expect(state.out.match(/dropped/g)).toHaveLength(1);
});

test('a failure costs the lines that were being written, and no more while it lasts', async () => {
  const { clock, state, output } = setUp();
  state.room = -1;
  output.write('one\n');
  output.write('two\n');
  await clock.advance(200);
  expect(output.dropped()).toBe(2);
  output.write('three\n');
  await clock.advance(60_000);
  expect(output.dropped()).toBe(2);
  state.room = Number.MAX_SAFE_INTEGER;
  await clock.advance(1_000);
  expect(state.out).toBe('dropped 2\nthree\n');
});

test('a line that a failure tore is ended before the next one', async () => {
  const { clock, state, output } = setUp();
  state.room = 6;
  output.write('one\n');
  output.write('two\n');
  await clock.advance(200);
  expect(state.out).toBe('one\ntw');
  state.room = -1;
  await clock.advance(10);
  expect(output.dropped()).toBe(1);
  state.room = Number.MAX_SAFE_INTEGER;
  await clock.advance(1_000);
  expect(state.out).toBe('one\ntw\ndropped 1\n');
});

test('the news of lost lines that is lost itself is told again', async () => {
  const { clock, state, output } = setUp();
  state.room = -1;
  output.write('one\n');
  await clock.advance(200);
  state.room = 4;
  await clock.advance(1_000);
  state.room = -1;
  await clock.advance(10);
  state.room = Number.MAX_SAFE_INTEGER;
  await clock.advance(1_000);
  expect(state.out).toBe('drop\ndropped 1\n');
  expect(output.dropped()).toBe(1);
});

test('the end waits until all is out, and no longer than it may', async () => {
  const { clock, state, output } = setUp();
  output.write('one\n');
  await output.flush(1_000);
  expect(state.out).toBe('one\n');
  state.room = 0;
  output.write('two\n');
  let over = false;
  const end = output.flush(1_000).then(() => {
    over = true;
  });
  await clock.advance(900);
  expect(over).toBe(false);
  await clock.advance(100);
  await end;
  state.room = -1;
  await Promise.all([output.flush(1_000), clock.advance(10)]);
});

test('what still waits when the process ends is written at once', () => {
  const { state, output } = setUp();
  output.write('one\n');
  output.flushNow();
  expect(state.out).toBe('one\n');
  state.room = -1;
  output.write('two\n');
  output.flushNow();
});
