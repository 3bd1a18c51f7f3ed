import { afterEach, beforeEach, expect, it } from 'vitest';
import { heardLog } from '../../../test/heard-log.ts';
import { createManualClock, type ManualClock, quiet } from '../../../test/manual-clock.ts';
import { noMetrics } from '../../base/observe/no-metrics.ts';
import { IepError } from '../../core/errors.ts';
import { resumedChore } from '../../db/rules/resumed-chore.ts';
import type { ChoreRow } from '../../db/verbs/chores.ts';
import { type Chore, type Chores, type ChoresDeps, createChores } from './chores.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

let clock: ManualClock;
let kept: Map<string, ChoreRow>;
let leases: Map<string, { owner: string; until: number }>;
let log: ReturnType<typeof heardLog>;
const open: Chores[] = [];

beforeEach(() => {
  clock = createManualClock(10 * HOUR);
  kept = new Map();
  leases = new Map();
  log = heardLog();
});
afterEach(async () => {
  for (const chores of open.splice(0)) await chores.stop();
});

/** A schedule here is a number of hours; it comes round at each multiple. */
const nextTime = (pattern: string, after: number) => {
  const every = Number(pattern) * HOUR;
  if (Number.isNaN(every)) throw new TypeError('no number');
  return (Math.floor(after / every) + 1) * every;
};

/** What the store does for them: the contract (chore.suite.ts, nodes.suite.ts) in its simplest form. */
const store: ChoresDeps['store'] = {
  chores: {
    async enlist({ chores, ...start }) {
      kept = new Map(chores.map((plan) => [plan.name, resumedChore(plan, kept.get(plan.name), start)]));
      return [...kept.values()];
    },
    async plan(plan) {
      const { nextAt: _, ...row } = kept.get(plan.name) ?? { failures: 0 };
      kept.set(plan.name, { ...row, ...plan });
    },
    async claim({ plan, known, owner, now, leaseMs }) {
      const row = kept.get(plan.name) ?? { ...plan, failures: 0 };
      const held = leases.get(plan.name);
      const isHeld = held !== undefined && held.owner !== owner && held.until > now;
      if (isHeld || row.startedAt !== known.startedAt || row.endedAt !== known.endedAt)
        return { isClaimed: false, row };
      const { endedAt: _endedAt, outcome: _outcome, detail: _detail, ...standing } = row;
      const begun = { ...standing, ...plan, startedAt: now };
      kept.set(plan.name, begun);
      leases.set(plan.name, { owner, until: now + leaseMs });
      return { isClaimed: true, row: begun };
    },
    async settle({ owner, row }) {
      if (leases.get(row.name)?.owner !== owner) return false;
      leases.delete(row.name);
      kept.set(row.name, row);
      return true;
    },
  },
};

async function start(...chores: readonly Chore[]): Promise<Chores> {
  const owner = `node ${open.length}/run`;
  const started = createChores({ store, owner, clock, log, metrics: noMetrics, nextTime }, chores);
  await started.start();
  open.push(started);
  return started;
}

const chore = (name: string, run: Chore['run'], schedule = '1'): Chore => ({ name, schedule: () => schedule, run });

it('runs at its time, and keeps what became of it', async () => {
  let runs = 0;
  await start(
    chore('count', async () => {
      runs += 1;
      return { messages: 2, blobs: 1 };
    }),
  );
  await clock.advance(HOUR - 1);
  expect(runs).toBe(0);
  await clock.advance(1);
  expect(runs).toBe(1);
  expect(kept.get('count')).toEqual({
    ...{ name: 'count', schedule: '1', startedAt: 11 * HOUR, endedAt: 11 * HOUR, outcome: 'done' },
    ...{ detail: 'messages 2, blobs 1', succeededAt: 11 * HOUR, failures: 0, nextAt: 12 * HOUR },
  });
  await clock.advance(HOUR);
  expect(runs).toBe(2);
});

it('never runs two at once, nor one twice', async () => {
  let running = 0;
  let most = 0;
  let release: () => void = () => undefined;
  const slow = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    running -= 1;
  };
  await start(chore('a', slow), chore('b', slow));
  await clock.advance(3 * HOUR);
  expect({ running, a: kept.get('a')?.endedAt, b: kept.get('b')?.startedAt }).toEqual({ running: 1 });
  release();
  await quiet();
  expect({ running, most, b: kept.get('b')?.startedAt }).toEqual({ running: 1, most: 1, b: 13 * HOUR });
  release();
  await quiet();
});

it('tries a failed one again soon, and counts', async () => {
  let broken = true;
  await start(
    chore('flaky', async () => {
      if (broken) throw new Error('disk');
      return 'mended';
    }),
  );
  await clock.advance(HOUR);
  expect(kept.get('flaky')).toMatchObject({ outcome: 'failed', detail: 'disk', failures: 1 });
  await clock.advance(15 * MINUTE);
  expect(kept.get('flaky')).toMatchObject({ failures: 2 });
  broken = false;
  await clock.advance(15 * MINUTE);
  expect(kept.get('flaky')).toMatchObject({ outcome: 'done', detail: 'mended', failures: 0 });
  expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(2);
});

it('makes up for what was missed or cut short while the daemon was down', async () => {
  const runs: string[] = [];
  const noting = (name: string, schedule?: string) => chore(name, async () => runs.push(name), schedule);
  kept.set('missed', { name: 'missed', schedule: '24', nextAt: 9 * HOUR, failures: 0 });
  kept.set('cut', { name: 'cut', schedule: '24', nextAt: 24 * HOUR, startedAt: 9 * HOUR, failures: 0 });
  kept.set('fine', { name: 'fine', schedule: '24', nextAt: 24 * HOUR, startedAt: 1, endedAt: 2, failures: 0 });
  kept.set('gone', { name: 'gone', schedule: '24', nextAt: 24 * HOUR, failures: 0 });
  await start(noting('missed', '24'), noting('cut', '24'), noting('fine', '24'));
  expect([...kept.keys()]).toEqual(['missed', 'cut', 'fine']);
  await clock.advance(2 * MINUTE);
  expect(runs).toEqual(['missed', 'cut']);
});

it('is broken off by a stop, and made up for', async () => {
  const started = await start(
    chore(
      'long',
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    ),
  );
  await clock.advance(HOUR);
  await started.stop();
  expect(kept.get('long')).toMatchObject({ outcome: 'stopped', failures: 0 });
});

it('does not wait for a time that was planned before the clock was set back', async () => {
  let runs = 0;
  await start(chore('count', async () => runs++));
  clock.setWall(-5 * HOUR);
  await clock.advance(HOUR + MINUTE);
  expect(runs).toBe(1);
});

it('is done by one node, each time it comes round', async () => {
  const runs: string[] = [];
  let isSlow = true;
  const release = Promise.withResolvers<void>();
  const noting = (name: string) =>
    chore('count', async () => {
      runs.push(name);
      if (isSlow) await release.promise;
    });
  await start(noting('first'));
  await start(noting('second'));
  await clock.advance(HOUR + 10 * MINUTE);
  expect(runs).toEqual(['first']);
  isSlow = false;
  release.resolve();
  await clock.advance(3 * HOUR);
  expect(runs).toHaveLength(4);
  expect(kept.get('count')).toMatchObject({ outcome: 'done', startedAt: 14 * HOUR, failures: 0 });
});

it('is begun a minute later where the store refuses', async () => {
  let runs = 0;
  await start(chore('count', async () => runs++));
  const { claim } = store.chores;
  store.chores.claim = () => Promise.reject(new IepError('store_unavailable'));
  await clock.advance(HOUR);
  expect(runs).toBe(0);
  store.chores.claim = claim;
  await clock.advance(MINUTE);
  expect(runs).toBe(1);
});

it('leaves out what is off', async () => {
  await start(chore('never', async () => 'x', 'off'));
  await clock.advance(48 * HOUR);
  expect(kept.get('never')).toEqual({ name: 'never', schedule: 'off', failures: 0 });
});

it('follows another schedule, while it runs too, and does what it did once', async () => {
  const schedules = { idle: '24', busy: '1' };
  let runs = 0;
  const done = Promise.withResolvers<void>();
  const chores = await start(
    { name: 'idle', schedule: () => schedules.idle, run: async () => void runs++ },
    { name: 'busy', schedule: () => schedules.busy, run: () => done.promise },
  );
  await clock.advance(HOUR);
  expect(kept.get('busy')).toMatchObject({ schedule: '1', startedAt: clock.now() });
  schedules.idle = '2';
  schedules.busy = 'off';
  chores.follow();
  done.resolve();
  await quiet();
  expect(kept.get('idle')).toMatchObject({ schedule: '2', nextAt: 12 * HOUR });
  expect(kept.get('busy')).toMatchObject({ schedule: 'off', outcome: 'done' });
  expect(kept.get('busy')).not.toHaveProperty('nextAt');
  expect(clock.timers).toBe(1);
  await clock.advance(HOUR);
  expect(runs).toBe(1);
});
