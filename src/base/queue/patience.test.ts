import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import { IepError } from '../../core/errors.ts';
import { withPatience } from './patience.ts';

function setUp(failures: number, error: Error = new IepError('store_unavailable', 'the disk is full')) {
  const clock = createManualClock();
  const controller = new AbortController();
  let tries = 0;
  let told = 0;
  const result = withPatience({ clock, signal: controller.signal, onRefused: () => (told += 1) }, async () => {
    tries += 1;
    if (tries <= failures) throw error;
    return 'written';
  });
  // Its rejection is looked at later.
  result.catch(() => undefined);
  return { clock, controller, result, tries: () => tries, told: () => told };
}

describe('patience', () => {
  it('tries again, longer apart each time, and tells once', async () => {
    const { clock, result, tries, told } = setUp(4);
    await clock.advance(100 + 200 + 400);
    expect(tries()).toBe(4);
    await clock.advance(800);
    expect([await result, tries(), told()]).toEqual(['written', 5, 1]);
    expect(clock.timers).toBe(0);
  });

  it('never waits longer than ten seconds', async () => {
    const { clock, tries } = setUp(1_000);
    await clock.advance(3_600_000);
    expect(tries()).toBeGreaterThan(350);
  });

  it('ends with the refusal when there is no more time', async () => {
    const { clock, controller, result, tries } = setUp(1_000);
    await clock.advance(5_000);
    const before = tries();
    controller.abort();
    await clock.advance(0);
    await expect(result).rejects.toThrow('the disk is full');
    expect(tries()).toBe(before + 1);
  });

  it('passes any other error on at once', async () => {
    const { result, tries } = setUp(1_000, new TypeError('x is not a function'));
    await expect(result).rejects.toThrow(TypeError);
    expect(tries()).toBe(1);
  });
});
