import { expect, it } from 'vitest';
import { resumedChore } from './resumed-chore.ts';

const NOW = 1_000_000;
const start = { now: NOW, catchUpMs: 60_000 };
const plan = { name: 'retention', schedule: '17 3 * * *', nextAt: NOW + 3_600_000 };
const known = { ...plan, schedule: '0 0 * * *', nextAt: NOW + 5_000, startedAt: 10, endedAt: 20, failures: 2 } as const;

it('begins a chore that was never known by its plan', () => {
  expect(resumedChore(plan, undefined, start)).toEqual({ ...plan, failures: 0 });
});

it('keeps how the last run ended, and takes the new plan', () => {
  const stands = resumedChore(plan, { ...known, outcome: 'failed', detail: 'why' }, start);
  expect(stands).toEqual({ ...plan, startedAt: 10, endedAt: 20, outcome: 'failed', detail: 'why', failures: 2 });
});

it('makes up soon for one that was due while no node ran, or that a stop broke off', () => {
  const soon = { nextAt: NOW + 60_000 };
  expect(resumedChore(plan, { ...known, nextAt: NOW }, start)).toMatchObject(soon);
  expect(resumedChore(plan, { ...known, outcome: 'stopped' }, start)).toMatchObject(soon);
  expect(resumedChore({ ...plan, nextAt: NOW + 5 }, { ...known, nextAt: NOW }, start)).toMatchObject({
    nextAt: NOW + 5,
  });
});

it('tells of one that the end of its node cut short', () => {
  const { endedAt: _, ...running } = known;
  expect(resumedChore(plan, running, start)).toMatchObject({
    nextAt: NOW + 60_000,
    outcome: 'stopped',
    detail: 'the daemon ended while it ran',
  });
});

it('leaves off what is off', () => {
  const { nextAt: _, ...off } = plan;
  expect(resumedChore(off, { ...known, nextAt: NOW - 1 }, start)).not.toHaveProperty('nextAt');
});
