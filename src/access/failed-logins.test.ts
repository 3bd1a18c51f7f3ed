import { describe, expect, test } from 'vitest';
import { manualClock, quiet } from './access.testing.ts';
import { createFailedLogins, siteOf, sourceOf } from './failed-logins.ts';

function setUp() {
  const clock = manualClock();
  const logins = createFailedLogins({ clock });
  /** Fails once, waits as long as it takes, and tells what it cost. */
  const fail = async (source: string) => {
    const from = clock.monotonic();
    let answer: { code: string } | undefined;
    const done = logins.failed(source).then((refusal) => {
      answer = refusal;
    });
    await quiet();
    while (answer === undefined) await clock.advance(10);
    await done;
    return { code: answer.code, tookMs: clock.monotonic() - from };
  };
  return { clock, logins, fail };
}

test('the first failures are answered at once, each further one later, and then none is looked at', async () => {
  const { logins, fail } = setUp();
  const costs = [];
  for (let n = 0; n < 10; n++) costs.push(await fail('192.0.2.1'));
  expect(costs.map(({ tookMs }) => tookMs)).toEqual([0, 0, 0, 250, 500, 1000, 2000, 4000, 4000, 0]);
  expect(costs.at(-2)?.code).toBe('unauthorized');
  expect(costs.at(-1)?.code).toBe('too_many_failed_logins');
  expect(() => logins.check('192.0.2.1')).toThrowError(expect.objectContaining({ code: 'too_many_failed_logins' }));
});

test('only that source is shut out, and only for a while', async () => {
  const { clock, logins, fail } = setUp();
  for (let n = 0; n < 10; n++) await fail('192.0.2.1');
  expect(() => logins.check('192.0.2.2')).not.toThrow();
  await clock.advance(5 * 60_000 - 1);
  expect(() => logins.check('192.0.2.1')).toThrowError(expect.objectContaining({ retryAfterMs: 1_000 }));
  await clock.advance(1);
  expect(() => logins.check('192.0.2.1')).not.toThrow();
  expect((await fail('192.0.2.1')).tookMs).toBe(0);
});

test('a success clears the count', async () => {
  const { logins, fail } = setUp();
  for (let n = 0; n < 3; n++) await fail('192.0.2.1');
  logins.succeeded('192.0.2.1');
  expect((await fail('192.0.2.1')).tookMs).toBe(0);
});

test('answers held back are bounded: past that everyone hears at once', async () => {
  const { logins, clock } = setUp();
  for (let n = 0; n < 300; n++) {
    const source = `192.0.2.${n}`;
    for (let failure = 0; failure < 4; failure++) void logins.failed(source);
  }
  expect(clock.pending.length).toBe(256);
  expect(await logins.failed('198.51.100.1')).toMatchObject({ code: 'unauthorized' });
});

test('memory is bounded: the oldest sources are forgotten', async () => {
  const { logins } = setUp();
  for (let n = 0; n < 10; n++) void logins.failed('first');
  expect(() => logins.check('first')).toThrow();
  for (let n = 0; n < 10_000; n++) await logins.failed(`source ${n}`);
  expect(() => logins.check('first')).not.toThrow();
});

describe('sourceOf', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['local', 'local'],
  ])('%s is %s', (address, source) => {
    expect(sourceOf(address)).toBe(source);
  });
});

test('siteOf takes the /64s of one /48 together', () => {
  expect(siteOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1::/48');
  expect(siteOf('2001:db8:1:ffff::1')).toBe('2001:db8:1::/48');
  expect(siteOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
});
