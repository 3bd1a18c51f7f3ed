import { describe, expect, it } from 'vitest';
import { heardLog } from '../../../test/heard-log.ts';
import { createManualClock, quiet } from '../../../test/manual-clock.ts';
import { IepError, isStoreOut } from '../../core/errors.ts';
import {
  createLeasedWorker,
  type Lease,
  type LeasedQueue,
  type LeasedWorkerDeps,
  type Release,
  type Settling,
} from './leased-worker.ts';

const LEASE_MS = 60_000;
const words = {
  freed: 'freed',
  claimFailed: 'claim failed',
  setAside: 'set aside',
  fault: 'fault',
  leftToStart: 'left to the next start',
  brokenOff: 'broken off',
};
/** Of this file: the words every worker has. */
const REFUSES = 'the store refuses; it is tried again';

interface Job extends Lease {
  readonly id: string;
}
interface Ending extends Settling {
  readonly kind: 'settle';
  readonly settlement: { readonly id: string; readonly fence: number; readonly dueAt?: number };
}
type Queue = LeasedQueue<Job, Ending, boolean>;
type Deps = LeasedWorkerDeps<Job, Ending, boolean>;

const full = () => Promise.reject(new IepError('store_unavailable', 'the disk is full'));
const fault = () => Promise.reject(new TypeError('x is not a function'));
const done = ({ id, fence }: Job, dueAt?: number): Ending => ({
  kind: 'settle',
  settlement: { id, fence, ...(dueAt !== undefined && { dueAt }) },
});

interface Setting extends Partial<Pick<Deps, 'afterFault' | 'makesRoom' | 'room' | 'onHoldOver'>> {
  readonly work?: (job: Job) => Promise<Ending | Release>;
  /** Stands between the worker and the store. */
  readonly faulty?: (store: Queue) => Partial<Queue>;
  readonly batch?: number;
  readonly start?: false;
}

/** A worker over a queue in memory that keeps leases as the real ones do. */
async function setUp({ work = async (job) => done(job), faulty, batch = 10, start, ...rest }: Setting = {}) {
  const clock = createManualClock();
  const log = heardLog();
  const rows = new Map<string, { dueAt: number; owner?: string; leaseUntil: number; fence: number }>();
  const worked: string[] = [];
  const results: [id: string, result: boolean][] = [];
  const shifts: number[] = [];
  const claimFailures: number[] = [];
  const followed: number[] = [];
  let claims = 0;
  let fences = 0;
  let tell: (() => void) | undefined;

  /** True where the claim still has its lease. */
  const end = (id: string, fence: number, dueAt: number | undefined) => {
    const row = rows.get(id);
    if (row?.owner === undefined || row.fence !== fence) return false;
    if (dueAt === undefined) rows.delete(id);
    else rows.set(id, { dueAt, leaseUntil: 0, fence: 0 });
    return true;
  };
  const store: Queue = {
    async claim({ owner, now, leaseMs, limit }) {
      const leaseUntil = now + leaseMs;
      claims += 1;
      const due = [...rows]
        .filter(([, row]) => row.dueAt <= now && row.leaseUntil <= now && row.owner !== owner)
        .slice(0, limit);
      for (const [id, { dueAt }] of due) rows.set(id, { dueAt, owner, leaseUntil, fence: ++fences });
      return { jobs: due.map(([id]) => ({ id, fence: rows.get(id)?.fence ?? 0, leaseUntil })) };
    },
    settle: async ({ id, fence, dueAt }) => end(id, fence, dueAt),
    release: async ({ id, fence }, dueAt) => end(id, fence, dueAt),
    async recover({ owner }) {
      const foreign = [...rows].filter(([, row]) => row.owner !== undefined && row.owner !== owner);
      for (const [id, { dueAt }] of foreign) rows.set(id, { dueAt, leaseUntil: 0, fence: 0 });
      return foreign.length;
    },
    followClock: async ({ now }) => followed.push(now),
    async shift({ byMs }) {
      shifts.push(byMs);
      for (const row of rows.values()) row.dueAt -= byMs;
    },
    listen(wake) {
      tell = wake;
      return () => {
        tell = undefined;
      };
    },
  };

  const worker = createLeasedWorker<Job, Ending, boolean>(
    {
      ...{ clock, log, words, owner: 'this one', isOutage: isStoreOut },
      queue: { ...store, ...faulty?.(store) },
      work(job) {
        worked.push(job.id);
        return work(job);
      },
      settled: ({ id }, _, result) => results.push([id, result]),
      makesRoom: () => false,
      room: { spend: async () => undefined, missing: () => undefined },
      claimFailures: (inARow) => claimFailures.push(inARow),
      about: ({ id }) => ({ id }),
      ...rest,
    },
    { maxInFlight: () => 20, batch, leaseMs: () => LEASE_MS },
  );
  await worker.takeOver();
  if (start !== false) worker.start();
  await quiet();
  return {
    ...{ clock, log, rows, worker, store, worked, results, shifts, followed, claimFailures },
    /** Makes jobs due as another process would: this one hears of a commit. */
    async add(...ids: string[]) {
      for (const id of ids) rows.set(id, { dueAt: clock.now(), leaseUntil: 0, fence: 0 });
      tell?.();
      await quiet();
    },
    claims: () => claims,
    hears: () => tell !== undefined,
    said: (message: string) => log.lines.filter((line) => line.message === message),
  };
}

describe('a claim', () => {
  it('is worked on and settled, and its user hears what the store said', async () => {
    const { add, rows, worked, results, worker, log } = await setUp();
    await add('a', 'b');
    expect([worked, results]).toEqual([
      ['a', 'b'],
      [
        ['a', true],
        ['b', true],
      ],
    ]);
    expect([rows.size, worker.inFlight(), log.lines]).toEqual([0, 0, []]);
  });

  it('is tried again when its settlement says, no later', async () => {
    const { add, clock, worked } = await setUp({
      work: async (job) => done(job, job.fence === 1 ? job.leaseUntil - LEASE_MS + 1_000 : undefined),
    });
    await add('a');
    await clock.advance(999);
    expect(worked).toEqual(['a']);
    await clock.advance(1);
    expect(worked).toEqual(['a', 'a']);
  });

  it('that is released goes back untried until its time', async () => {
    const { add, clock, worked, results } = await setUp({
      work: async (job) =>
        job.fence === 1 ? { kind: 'release', dueAt: job.leaseUntil - LEASE_MS + 1_000 } : done(job),
    });
    await add('a');
    await clock.advance(999);
    expect([worked, results]).toEqual([['a'], []]);
    await clock.advance(1);
    expect([worked, results]).toEqual([['a', 'a'], [['a', true]]]);
  });

  it('whose lease ended is another’s: what came of it changes nothing, and its user hears that', async () => {
    const ended = Promise.withResolvers<void>();
    const { add, clock, store, worked, results, rows } = await setUp({
      work: (job) => ended.promise.then(() => done(job, job.leaseUntil)),
    });
    await add('a');
    await clock.advance(LEASE_MS);
    await store.claim({ owner: 'another', now: clock.now(), leaseMs: LEASE_MS, limit: 1 });
    ended.resolve();
    await clock.advance(10_000);
    expect([worked, results, rows.get('a')?.owner]).toEqual([['a'], [['a', false]], 'another']);
  });

  it('that fails is counted and logged, and the count begins anew with one that does not', async () => {
    let isBroken = true;
    const { add, clock, said, claimFailures, results } = await setUp({
      faulty: (store) => ({ claim: (request) => (isBroken ? fault() : store.claim(request)) }),
    });
    await add('a');
    await clock.advance(500);
    isBroken = false;
    await clock.advance(1_000);
    expect([claimFailures.slice(0, 3), said(words.claimFailed).length, results]).toEqual([[1, 2, 0], 2, [['a', true]]]);
  });

  it('that finds what cannot be read says so', async () => {
    const { said } = await setUp({
      faulty: () => ({ claim: async () => ({ jobs: [], setAside: [{ entry: 7, reason: 'no JSON' }] }) }),
    });
    expect(said(words.setAside).map(({ fields }) => fields)).toEqual([{ entry: 7, reason: 'no JSON' }]);
  });

  it('that ends wakes the next where that waited for its room', async () => {
    const { add, clock, claims } = await setUp({ makesRoom: ({ id }) => id === 'roomy' });
    await add('small');
    const before = claims();
    await clock.advance(0);
    expect(claims()).toBe(before);
    await add('roomy');
    expect(claims()).toBe(before + 2);
  });
});

describe('a start', () => {
  it('frees what an owner before had under way, and claims only then', async () => {
    const { rows, clock, worker, worked, said, followed } = await setUp({ start: false });
    followed.length = 0;
    rows.set('a', { dueAt: 0, owner: 'one before', leaseUntil: clock.now() + LEASE_MS, fence: 99 });
    await worker.takeOver();
    expect(followed).toEqual([clock.now()]);
    worker.wake();
    await clock.advance(10_000);
    expect([said(words.freed).map(({ fields }) => fields), worked]).toEqual([[{ freed: 1 }], []]);
    worker.start();
    await quiet();
    expect(worked).toEqual(['a']);
  });

  it('after a stop does nothing', async () => {
    const { worker, clock, claims } = await setUp({ start: false });
    await worker.stop(0);
    worker.start();
    await clock.advance(10_000);
    expect([claims(), clock.timers]).toEqual([0, 0]);
  });

  it('without room for outcomes claims when there is some', async () => {
    const kept = Promise.withResolvers<void>();
    let missing: Promise<void> | undefined = kept.promise;
    let over = 0;
    const { add, clock, worked } = await setUp({
      room: { spend: async () => undefined, missing: () => missing },
      onHoldOver: () => (over += 1),
    });
    await add('a');
    await clock.advance(60_000);
    expect([worked, over]).toEqual([[], 0]);
    missing = undefined;
    kept.resolve();
    await quiet();
    expect([worked, over]).toEqual([['a'], 1]);
  });
});

describe('a clock that is set', () => {
  it('back moves what waits with it, before the next claim', async () => {
    const { add, clock, worked, shifts } = await setUp({
      work: async (job) => done(job, job.fence === 1 ? job.leaseUntil - LEASE_MS + 30_000 : undefined),
    });
    await add('a');
    clock.setWall(-3_600_000);
    await clock.advance(36_000);
    expect([worked, shifts]).toEqual([['a', 'a'], [3_600_000]]);
  });

  it('back while the store is out is not forgotten', async () => {
    let isOut = true;
    const { clock, shifts } = await setUp({
      faulty: (store) => ({ shift: (input) => (isOut ? full() : store.shift(input)) }),
    });
    clock.setWall(-10_000);
    await clock.advance(6_000);
    clock.setWall(-5_000);
    await clock.advance(6_000);
    expect(shifts).toEqual([]);
    isOut = false;
    await clock.advance(10_000);
    expect(shifts).toEqual([15_000]);
  });

  it('forward claims what is due by it, and nothing that is under way', async () => {
    const { add, clock, worked, shifts } = await setUp({
      async work(job) {
        if (job.id === 'slow') await new Promise(() => undefined);
        return done(job, job.fence < 3 ? job.leaseUntil + 1_800_000 : undefined);
      },
    });
    await add('a', 'slow');
    clock.setWall(3_600_000);
    await clock.advance(60_000);
    expect([worked, shifts]).toEqual([['a', 'slow', 'a'], []]);
  });
});

describe('an outcome that cannot be written', () => {
  it('is written once the store can; nothing begins before that and before there is room', async () => {
    let isFull = true;
    let spent = 0;
    const kept = Promise.withResolvers<void>();
    const { add, clock, worker, worked, results, said } = await setUp({
      faulty: (store) => ({ settle: (settlement) => (isFull ? full() : store.settle(settlement)) }),
      room: {
        spend() {
          spent += 1;
          return kept.promise;
        },
        missing: () => undefined,
      },
    });
    await add('a');
    await clock.advance(60_000);
    await add('b');
    expect([worked, spent, said(REFUSES).length]).toEqual([['a'], 1, 1]);
    expect([worker.hold.isOn(), worker.hold.stop().begun.aborted, worker.mustWait()]).toEqual([true, true, true]);
    isFull = false;
    await clock.advance(10_000);
    expect([results, worker.inFlight(), worker.hold.isOn()]).toEqual([[['a', true]], 0, true]);
    kept.resolve();
    await quiet();
    expect([worked, worker.hold.isOn(), worker.hold.stop().begun.aborted]).toEqual([['a', 'b'], false, false]);
  });

  it('holds back what would begin for as long as it is not written, even where there is room again', async () => {
    let isFull = true;
    const { add, clock, worked } = await setUp({
      faulty: (store) => ({ settle: (settlement) => (isFull ? full() : store.settle(settlement)) }),
    });
    await add('a');
    await clock.advance(60_000);
    await add('b');
    expect(worked).toEqual(['a']);
    isFull = false;
    await clock.advance(10_000);
    expect(worked).toEqual(['a', 'b']);
  });

  it('holds up no stop: the next start has it', async () => {
    const { add, clock, worker, rows, said } = await setUp({ faulty: () => ({ settle: full, release: full }) });
    await add('a');
    const stopped = worker.stop(2_000);
    await clock.advance(2_000);
    expect(await stopped).toEqual({ unfinished: 0 });
    expect([said(words.leftToStart).length, said(words.fault).length, rows.get('a')?.owner]).toEqual([
      1,
      0,
      'this one',
    ]);
  });
});

describe('a fault', () => {
  it('is logged once, and the job waits for the end of its lease', async () => {
    let isBroken = true;
    const { add, clock, worked, said, results } = await setUp({
      work: async (job) => (isBroken ? fault() : done(job)),
    });
    await add('a');
    isBroken = false;
    await clock.advance(LEASE_MS - 1);
    expect([worked, said(words.fault).map(({ fields }) => fields.id)]).toEqual([['a'], ['a']]);
    await clock.advance(1);
    expect(results).toEqual([['a', true]]);
  });

  it('ends as its user says, who is told what the work had come to', async () => {
    const endings: (Ending | undefined)[] = [];
    let settles = 0;
    const { add, results, rows } = await setUp({
      work: (job) => (job.id === 'a' ? fault() : Promise.resolve(done(job))),
      faulty: (store) => ({ settle: (one) => (one.id === 'b' && ++settles === 1 ? fault() : store.settle(one)) }),
      afterFault: async (job, _, ending) => {
        endings.push(ending);
        return done(job);
      },
    });
    await add('a', 'b');
    expect(endings).toMatchObject([undefined, { settlement: { id: 'b' } }]);
    expect([results, rows.size]).toEqual([
      [
        ['a', true],
        ['b', true],
      ],
      0,
    ]);
  });

  it('whose end cannot be found either waits for the end of the lease', async () => {
    const { add, rows, clock, said } = await setUp({ work: fault, afterFault: fault });
    await add('a');
    expect(rows.get('a')).toMatchObject({ dueAt: clock.now() + LEASE_MS, leaseUntil: 0 });
    expect(said('what follows from the fault could not be written down')).toHaveLength(1);
  });

  it('of the whole queue says nothing of the job, which waits for the end of its lease', async () => {
    let asked = 0;
    const { add, rows, clock } = await setUp({
      work: full,
      afterFault: async (job) => {
        asked += 1;
        return done(job);
      },
    });
    await add('a');
    expect([asked, rows.get('a')?.dueAt]).toEqual([0, clock.now() + LEASE_MS]);
  });

  it('while stopping gives the job back at once', async () => {
    const begun = Promise.withResolvers<void>();
    const { add, worker, rows, clock } = await setUp({ work: () => begun.promise.then(fault) });
    await add('a');
    const stopped = worker.stop(30_000);
    begun.resolve();
    expect(await stopped).toEqual({ unfinished: 0 });
    expect(rows.get('a')).toMatchObject({ dueAt: clock.now(), leaseUntil: 0 });
  });
});

describe('a stop', () => {
  it('gives back what a claim still brings, due at once and untried', async () => {
    const claimed = Promise.withResolvers<void>();
    const { add, worker, worked, rows, clock } = await setUp({
      faulty: (store) => ({
        async claim(request) {
          const found = await store.claim(request);
          if (found.jobs.length > 0) await claimed.promise;
          return found;
        },
      }),
    });
    await add('a');
    expect(rows.get('a')?.owner).toBe('this one');
    const stopped = worker.stop(30_000);
    claimed.resolve();
    expect(await stopped).toEqual({ unfinished: 0 });
    expect([worked, rows.get('a')]).toEqual([[], { dueAt: clock.now(), leaseUntil: 0, fence: 0 }]);
  });

  it('lets what is under way finish, and hears of no commit any more', async () => {
    const freed = Promise.withResolvers<void>();
    const { add, worker, results, claims, hears, log, clock } = await setUp({
      work: async (job) => freed.promise.then(() => done(job)),
    });
    await add('a');
    const stopped = worker.stop(30_000);
    const before = claims();
    expect(hears()).toBe(false);
    await add('b');
    freed.resolve();
    expect(await stopped).toEqual({ unfinished: 0 });
    expect([results, claims(), log.lines, clock.timers]).toEqual([[['a', true]], before, [], 0]);
  });

  it('breaks off at its deadline, and gives that time to be written down', async () => {
    const { add, worker, results, said, clock } = await setUp({
      work: (job) =>
        new Promise((resolve) => worker.stopping.broken.addEventListener('abort', () => resolve(done(job)))),
    });
    await add('a');
    const stopped = worker.stop(30_000);
    await clock.advance(29_999);
    expect([results, said(words.brokenOff)]).toEqual([[], []]);
    await clock.advance(1);
    expect(await stopped).toEqual({ unfinished: 0 });
    expect([results, said(words.brokenOff).map(({ fields }) => fields)]).toEqual([[['a', true]], [{ inFlight: 1 }]]);
  });

  it('says how many have no end when even that time is up', async () => {
    const { add, worker, clock } = await setUp({ work: () => new Promise(() => undefined) });
    await add('a', 'b');
    const stopped = worker.stop(1_000);
    await clock.advance(6_000);
    expect(await stopped).toEqual({ unfinished: 2 });
  });

  it('ends a call that is repeated while the store is out', async () => {
    const { worker, clock, said } = await setUp();
    const call = worker.patiently({ about: 'a policy' }, full, worker.stopping.begun);
    call.catch(() => undefined);
    await clock.advance(5_000);
    expect([said(REFUSES).map(({ fields }) => fields.about), worker.hold.isOn()]).toEqual([['a policy'], false]);
    await worker.stop(0);
    await expect(call).rejects.toThrow('the disk is full');
  });
});
