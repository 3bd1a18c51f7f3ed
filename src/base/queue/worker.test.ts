import { describe, expect, it } from 'vitest';
import { createManualClock, quiet } from '../../../test/manual-clock.ts';
import { type Claimed, createWorker, type WorkerOptions } from './worker.ts';

/** A queue in memory whose work ends when the test says so. */
function setUp(options: WorkerOptions = { maxInFlight: () => 10, batch: 4 }) {
  const clock = createManualClock();
  const due: number[] = [];
  const claims: number[] = [];
  const failures: number[] = [];
  const ends = new Map<number, () => void>();
  const back: number[] = [];
  let claimHeld: Promise<void> | undefined;
  let nextDueAt: number | undefined;
  let broken = false;
  const worker = createWorker<number>(
    {
      clock,
      async claim(limit): Promise<Claimed<number>> {
        claims.push(limit);
        await claimHeld;
        if (broken) throw new Error('no store');
        return { items: due.splice(0, limit), nextDueAt };
      },
      work: (item) => new Promise((resolve) => ends.set(item, resolve)),
      giveBack: async (item) => {
        back.push(item);
      },
      onClaimFailed: (_, waitMs) => failures.push(waitMs),
    },
    options,
  );
  const end = async (count: number) => {
    for (const [item, resolve] of [...ends].slice(0, count)) {
      ends.delete(item);
      resolve();
    }
    await quiet();
  };
  return {
    clock,
    worker,
    due,
    claims,
    failures,
    back,
    end,
    setNextDueAt: (at: number | undefined) => (nextDueAt = at),
    setBroken: (is: boolean) => (broken = is),
    /** Claims take until the promise is settled. */
    holdClaims: (until: Promise<void>) => (claimHeld = until),
  };
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('the worker', () => {
  it('claims batches while there is room for a whole one', async () => {
    const { worker, due, claims, end } = setUp();
    due.push(...numbers(20));
    worker.start();
    await quiet();
    expect([worker.inFlight(), claims.length]).toEqual([8, 2]);
    await end(1);
    expect(claims).toHaveLength(2);
    await end(1);
    expect([worker.inFlight(), claims.length]).toEqual([10, 3]);
  });

  it('claims nothing while there is no room at all, and goes on when there is', async () => {
    let room = 0;
    const { worker, due, claims } = setUp({ maxInFlight: () => room, batch: 4 });
    due.push(...numbers(3));
    worker.start();
    await quiet();
    expect(claims).toEqual([]);
    room = 10;
    worker.wake();
    await quiet();
    expect(worker.inFlight()).toBe(3);
  });

  it('claims past what is stuck, however little room there is', async () => {
    const { worker, due } = setUp({ maxInFlight: () => 4, batch: 50 });
    due.push(0);
    worker.start();
    await quiet();
    due.push(1, 2);
    worker.wake();
    await quiet();
    expect([worker.inFlight(), due]).toEqual([3, []]);
  });

  it('works on everything, never on more than its limit', async () => {
    const { worker, due, end } = setUp();
    due.push(...numbers(103));
    worker.start();
    await quiet();
    let most = 0;
    for (let n = 0; n < 200 && worker.inFlight() > 0; n += 1) {
      most = Math.max(most, worker.inFlight());
      await end(3);
    }
    expect([due.length, most]).toEqual([0, 10]);
  });

  it('sleeps until the next is due', async () => {
    const { clock, worker, claims, setNextDueAt } = setUp();
    setNextDueAt(clock.now() + 3_000);
    worker.start();
    await clock.advance(2_999);
    expect(claims).toHaveLength(1);
    await clock.advance(1);
    expect(claims).toHaveLength(2);
  });

  it('sleeps shorter when told of something earlier', async () => {
    const { clock, worker, claims, setNextDueAt } = setUp();
    setNextDueAt(clock.now() + 4_000);
    worker.start();
    await quiet();
    setNextDueAt(undefined);
    worker.dueAt(clock.now() + 1_000);
    await clock.advance(1_000);
    expect(claims).toHaveLength(2);
  });

  it('does not spin when something is due that it is not given', async () => {
    const { clock, worker, claims, setNextDueAt } = setUp();
    setNextDueAt(clock.now() - 1);
    worker.start();
    await clock.advance(1_000);
    expect(claims.length).toBeLessThanOrEqual(12);
  });

  it('looks again by itself, should a wake-up have been lost', async () => {
    const { clock, worker, due } = setUp();
    worker.start();
    await quiet();
    due.push(1);
    await clock.advance(5_000);
    expect(worker.inFlight()).toBe(1);
  });

  it('claims at once when woken, and once for many wake-ups', async () => {
    const { worker, due, claims } = setUp();
    worker.start();
    await quiet();
    due.push(1);
    for (const _ of numbers(50)) worker.wake();
    await quiet();
    expect(worker.inFlight()).toBe(1);
    expect(claims.length).toBeLessThanOrEqual(3);
  });

  it('tries a failed claim again, later each time', async () => {
    const { clock, worker, due, failures, setBroken } = setUp();
    setBroken(true);
    due.push(1);
    worker.start();
    await clock.advance(2_000);
    expect(failures).toEqual([250, 500, 1_000, 2_000]);
    for (const _ of numbers(5)) worker.wake();
    expect(failures).toHaveLength(4);
    setBroken(false);
    await clock.advance(2_000);
    expect(worker.inFlight()).toBe(1);
  });
});

describe('work from memory', () => {
  it('has room up to the limit, and the room comes back', async () => {
    const { worker, end } = setUp();
    worker.start();
    await quiet();
    expect([worker.reserve(6), worker.reserve(4), worker.reserve(1)]).toEqual([true, true, false]);
    worker.take([1, 2], 6);
    expect([worker.inFlight(), worker.reserve(5), worker.reserve(4)]).toEqual([2, false, true]);
    worker.take([], 4);
    worker.take([], 4);
    await end(2);
    expect(worker.reserve(10)).toBe(true);
  });

  it('waits behind a backlog', async () => {
    const { worker, due, end } = setUp();
    due.push(...numbers(4));
    worker.start();
    expect(worker.reserve(1)).toBe(false);
    await quiet();
    expect([worker.inFlight(), worker.reserve(1)]).toEqual([4, true]);
    worker.take([], 1);
    due.push(...numbers(40));
    worker.wake();
    await quiet();
    expect(worker.reserve(1)).toBe(false);
    await end(40);
  });

  it('does not crowd out what is due in the store', async () => {
    const { worker, due, end } = setUp();
    worker.start();
    await quiet();
    worker.reserve(10);
    worker.take(numbers(10), 10);
    due.push(100);
    worker.wake();
    await end(3);
    expect(worker.reserve(1)).toBe(false);
    await end(1);
    expect(due).toEqual([]);
    expect(worker.reserve(1)).toBe(true);
  });

  it('is not taken on while claims fail: what was stored before has its turn first', async () => {
    const { clock, worker, due, setBroken } = setUp();
    worker.start();
    await quiet();
    expect(worker.reserve(1)).toBe(true);
    worker.take([], 1);
    setBroken(true);
    due.push(1);
    worker.wake();
    await quiet();
    expect(worker.reserve(1)).toBe(false);
    setBroken(false);
    await clock.advance(250);
    expect([worker.inFlight(), worker.reserve(1)]).toEqual([1, true]);
  });

  it('is not taken on before the start or after the stop', async () => {
    const { worker } = setUp();
    expect(worker.reserve(1)).toBe(false);
    worker.start();
    await quiet();
    worker.stop();
    expect(worker.reserve(1)).toBe(false);
  });
});

describe('stopping', () => {
  it('claims nothing more, and waits for what is under way', async () => {
    const { clock, worker, due, claims, end } = setUp();
    due.push(...numbers(3));
    worker.start();
    await quiet();
    worker.stop();
    const before = claims.length;
    due.push(50);
    worker.wake();
    worker.dueAt(clock.now());
    await clock.advance(10_000);
    expect(claims).toHaveLength(before);
    const idle = worker.idle(1_000);
    await end(3);
    expect(await idle).toBe(true);
    expect(clock.timers).toBe(0);
  });

  it('waits for what was reserved and may still come', async () => {
    const { worker, end } = setUp();
    worker.start();
    await quiet();
    worker.reserve(1);
    worker.stop();
    const idle = worker.idle(1_000);
    worker.take([1], 1);
    await end(1);
    expect(await idle).toBe(true);
  });

  it('gives back untried what a claim or memory brings after it, and is idle only then', async () => {
    const { worker, due, claims, back, holdClaims } = setUp();
    const claimed = Promise.withResolvers<void>();
    worker.start();
    await quiet();
    expect(worker.reserve(1)).toBe(true);
    holdClaims(claimed.promise);
    due.push(...numbers(3));
    worker.wake();
    expect(claims).toHaveLength(2);
    worker.stop();
    let isIdle = false;
    const idle = worker.idle(1_000).then((is) => (isIdle = is));
    worker.take([9], 1);
    await quiet();
    expect([isIdle, back]).toEqual([false, [9]]);
    claimed.resolve();
    await idle;
    expect([isIdle, back, worker.inFlight()]).toEqual([true, [9, 0, 1, 2], 0]);
  });

  it('says so when the time is up', async () => {
    const { clock, worker, due } = setUp();
    due.push(1);
    worker.start();
    await quiet();
    worker.stop();
    const idle = worker.idle(1_000);
    await clock.advance(1_000);
    expect(await idle).toBe(false);
  });
});
