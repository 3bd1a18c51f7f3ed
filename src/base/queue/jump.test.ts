import { expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import { createJumpWatch } from './jump.ts';

it('tells once by how much the clock was set back', async () => {
  const clock = createManualClock();
  const jumpedBack = createJumpWatch(clock);
  await clock.advance(10_000);
  expect(jumpedBack()).toBe(0);
  clock.setWall(-3_600_000);
  await clock.advance(5_000);
  expect([jumpedBack(), jumpedBack()]).toEqual([3_600_000, 0]);
});

it('does not mind a clock that is steered, or set forward', async () => {
  const clock = createManualClock();
  const jumpedBack = createJumpWatch(clock);
  for (let n = 0; n < 100; n += 1) {
    clock.setWall(-50);
    expect(jumpedBack()).toBe(0);
  }
  clock.setWall(86_400_000);
  expect(jumpedBack()).toBe(0);
});

it('measures a step back after a step forward from where the clock stood then', () => {
  const clock = createManualClock();
  const jumpedBack = createJumpWatch(clock);
  clock.setWall(10_000);
  jumpedBack();
  clock.setWall(-10_000);
  expect(jumpedBack()).toBe(10_000);
});
