import { expect, test } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import type { IepError } from '../core/errors.ts';
import { createBodyBudget, ONE_READ_BYTES } from './body-budget.ts';

const MIB = 1024 * 1024;

function setUp(totalMib = 8) {
  const clock = createManualClock();
  const budget = createBodyBudget({ clock }, { totalBytes: () => totalMib * MIB });
  const displaced: string[] = [];
  const hold = (owner: string, name = owner) => {
    const body = budget.hold(owner);
    body.displaced = (refusal: IepError) => displaced.push(`${name} ${refusal.code}`);
    return body;
  };
  return { clock, displaced, hold };
}

test('what comes in one read is not counted', () => {
  const { hold } = setUp(0);
  const body = hold('acme');
  body.take(ONE_READ_BYTES);
  expect(() => body.take(1)).toThrow(/Too many large bodies/);
});

test('one caller alone may use it all, and is refused beyond that', () => {
  const { displaced, hold } = setUp();
  for (let n = 0; n < 8; n += 1) hold('acme').take(MIB);
  const last = hold('acme');
  last.take(8 * ONE_READ_BYTES);
  expect(() => last.take(MIB)).toThrow(/Too many large bodies/);
  expect(displaced).toEqual([]);
});

test('the caller that holds most gives way to one that holds less, the slowest body first', async () => {
  const { clock, displaced, hold } = setUp();
  hold('acme', 'slow').take(2 * MIB);
  await clock.advance(1_000);
  hold('acme', 'quick').take(6 * MIB);
  const rival = hold('rival');
  rival.take(2 * MIB);
  expect(displaced).toEqual(['slow rate_limited']);
  rival.take(2 * MIB);
  expect(displaced).toEqual(['slow rate_limited', 'quick rate_limited']);
});

test('callers that hold as much as the newcomer keep it', () => {
  const { displaced, hold } = setUp();
  hold('acme').take(4 * MIB);
  hold('rival').take(4 * MIB);
  expect(() => hold('third').take(5 * MIB)).toThrow(/Too many large bodies/);
  hold('third').take(MIB);
  expect(displaced).toHaveLength(1);
});

test('what has stalled gives way to everybody, also to its own caller', async () => {
  const { clock, displaced, hold } = setUp();
  for (let n = 0; n < 8; n += 1) hold('acme').take(MIB);
  await clock.advance(60_000);
  hold('acme').take(MIB);
  hold('rival').take(MIB);
  expect(displaced).toEqual(['acme rate_limited', 'acme rate_limited']);
});

test('work that has begun keeps its memory, and what is given back is free', () => {
  const { displaced, hold } = setUp();
  const whole = hold('acme');
  whole.take(8 * MIB);
  whole.begin();
  const rival = hold('rival');
  expect(() => rival.take(MIB)).toThrow(/Too many large bodies/);
  whole.giveBack();
  rival.take(MIB);
  expect(displaced).toEqual([]);
});
