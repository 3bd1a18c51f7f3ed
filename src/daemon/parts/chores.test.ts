import { expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import { configSchema } from '../../cli/configuration.ts';
import { nextTime } from '../../manage/chores/cron.ts';
import { upkeepChores } from './chores.ts';

function upkeep(free: number, canShrink = true) {
  let left = free;
  const steps: number[] = [];
  const report = () => ({ pageBytes: 4096, pages: 10_000 + left, freePages: left, canShrink });
  const care = {
    optimize: async () => undefined,
    checkpoint: async () => ({ walBytes: 0, blocked: false }),
    space: async () => report(),
    giveBack: async ({ pages }: { pages: number }) => {
      steps.push(pages);
      left -= pages;
      return report();
    },
  };
  const clock = createManualClock();
  const chores = upkeepChores({ care, clock }, configSchema.parse({}).chores, { domains: async () => 'looked' });
  const named = (name: string) => chores.find((chore) => chore.name === name);
  return { clock, steps, chores, named };
}

it('has a chore for each work there is, at a time that comes', () => {
  const { chores } = upkeep(0);
  expect(chores.map(({ name }) => name).sort()).toEqual(['checkpoint', 'domains', 'optimize', 'space']);
  const schedules = Object.values(configSchema.parse({}).chores);
  for (const schedule of schedules) expect(nextTime(schedule, Date.now()), schedule).toBeGreaterThan(Date.now());
});

it('has no chores of a file where the store is not one', () => {
  const chores = upkeepChores({ clock: createManualClock() }, configSchema.parse({}).chores, {
    domains: async () => '',
  });
  expect(chores.map(({ name }) => name)).toEqual(['domains']);
});

it('gives space back in small steps, and keeps some for the mail to come', async () => {
  const { clock, steps, named } = upkeep(1_450);
  const done = named('space')?.run(new AbortController().signal);
  await clock.advance(1_000);
  expect(await done).toBe(`gave back ${450 * 4096} bytes, 1000 pages free`);
  expect(steps).toEqual([200, 200, 50]);
});

it('stops between two steps', async () => {
  const { clock, steps, named } = upkeep(100_000);
  const stopping = new AbortController();
  const done = named('space')?.run(stopping.signal);
  await clock.advance(120);
  stopping.abort();
  await clock.advance(60);
  await done;
  expect(steps.length).toBeLessThan(6);
});

it('says what to do about a file that cannot shrink', async () => {
  expect(await upkeep(5_000, false).named('space')?.run(new AbortController().signal)).toContain('--compact');
});
