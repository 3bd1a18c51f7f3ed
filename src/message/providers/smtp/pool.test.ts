import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../../test/manual-clock.ts';
import type { ProviderConnection } from './connection.ts';
import { createPool, type PoolLimits } from './pool.ts';

interface FakeConnection extends ProviderConnection {
  carried: number;
  state: 'open' | 'quit' | 'dead';
  /** The other side has closed it too. */
  gone(): void;
  die(): void;
}

function setUp(limits: Partial<PoolLimits> = {}) {
  const clock = createManualClock();
  const made: FakeConnection[] = [];
  const connect = (openedAt: number): FakeConnection => {
    let onEnd: () => void = () => undefined;
    let onGone: () => void = () => undefined;
    const connection: FakeConnection = {
      openedAt,
      carried: 0,
      smtpUtf8: false,
      transcript: () => '',
      state: 'open',
      isAlive: () => connection.state === 'open',
      send: () => Promise.reject(new Error('not in this test')),
      reset: async () => true,
      abort: () => connection.die(),
      quit: () => {
        connection.state = 'quit';
      },
      onEnd: (fn) => {
        onEnd = fn;
      },
      onGone: (fn) => {
        const before = onGone;
        onGone = () => {
          before();
          fn();
        };
      },
      gone: () => onGone(),
      die() {
        connection.state = 'dead';
        onEnd();
        onGone();
      },
    };
    made.push(connection);
    return connection;
  };
  let isRefusing = false;
  const pool = createPool(
    {
      clock,
      open: (now) => ({
        opened: isRefusing ? Promise.reject(new Error('no more')) : Promise.resolve(connect(now)),
        transcript: () => '',
        abort: () => undefined,
      }),
    },
    { maxConnections: 3, maxMessagesPerConnection: 10, maxConnectionAgeMs: 60_000, idleMs: 5_000, ...limits },
  );
  /** Takes a turn and a connection, as a message does. */
  const take = async () => {
    await pool.enter();
    const connection = pool.kept() ?? (await pool.open().opened);
    (connection as FakeConnection).carried += 1;
    return connection as FakeConnection;
  };
  const giveBack = (connection: ProviderConnection) => {
    pool.keep(connection);
    pool.leave();
  };
  return { clock, pool, made, take, giveBack, refuse: (is: boolean) => (isRefusing = is) };
}

describe('the pool', () => {
  it('hands out the connection that was used last', async () => {
    const { take, giveBack, made } = setUp();
    const [a, b] = [await take(), await take()];
    giveBack(a);
    giveBack(b);
    expect(await take()).toBe(b);
    expect(await take()).toBe(a);
    expect(made).toHaveLength(2);
  });

  it('makes the next one wait when all have their turn, in order', async () => {
    const { take, giveBack, clock } = setUp();
    const [a] = [await take(), await take(), await take()];
    const order: string[] = [];
    take().then(() => order.push('fourth'));
    take().then(() => order.push('fifth'));
    await clock.advance(0);
    expect(order).toEqual([]);
    giveBack(a);
    await clock.advance(0);
    expect(order).toEqual(['fourth']);
  });

  it('closes what nobody used for a while, and leaves no timer behind', async () => {
    const { take, giveBack, clock } = setUp();
    const [a, b] = [await take(), await take()];
    giveBack(a);
    await clock.advance(3_000);
    giveBack(b);
    await clock.advance(2_000);
    expect([a.state, b.state]).toEqual(['quit', 'open']);
    await clock.advance(3_000);
    expect([b.state, clock.timers]).toEqual(['quit', 0]);
  });

  it('closes what has carried its share or is old', async () => {
    const { take, giveBack, clock } = setUp({ idleMs: 1e9 });
    const spent = await take();
    spent.carried = 10;
    giveBack(spent);
    expect(spent.state).toBe('quit');
    const old = await take();
    await clock.advance(60_000);
    giveBack(old);
    expect(old.state).toBe('quit');
  });

  it('forgets what ended by itself', async () => {
    const { take, giveBack, made, pool } = setUp();
    const a = await take();
    giveBack(a);
    a.die();
    await pool.enter();
    expect(pool.kept()).toBeUndefined();
    expect(made).toHaveLength(1);
  });

  it('makes room for a new connection by closing one that is not used', async () => {
    const { take, giveBack, pool } = setUp({ maxConnections: 2 });
    const [a, b] = [await take(), await take()];
    giveBack(a);
    giveBack(b);
    // A message found its kept connection dead and asks for a new one.
    await pool.enter();
    expect(pool.kept()).toBe(b);
    await pool.enter();
    await pool.open().opened;
    expect(a.state).toBe('quit');
  });

  it('counts what stands as the other side does: until both have closed', async () => {
    const { take, giveBack, pool, clock } = setUp();
    const [a, b] = [await take(), await take()];
    expect([pool.others(), pool.others(a), pool.parted()]).toEqual([2, 1, undefined]);
    b.carried = 10;
    giveBack(b);
    expect([b.state, pool.others(a)]).toEqual(['quit', 1]);
    let isParted = false;
    pool.parted()?.then(() => (isParted = true));
    await clock.advance(0);
    expect(isParted).toBe(false);
    b.gone();
    await clock.advance(0);
    expect([isParted, pool.others(a), pool.parted()]).toEqual([true, 0, undefined]);
    a.die();
    expect(pool.others()).toBe(0);
  });

  it('counts what is being opened, and no more when that fails', async () => {
    const { pool, clock, refuse } = setUp();
    refuse(true);
    const { opened } = pool.open();
    expect(pool.others()).toBe(1);
    await expect(opened).rejects.toThrow('no more');
    await clock.advance(0);
    expect(pool.others()).toBe(0);
  });

  it('lends a kept connection, else the next that is kept, and none where none stands any more', async () => {
    const { take, giveBack, pool } = setUp();
    expect(await pool.borrow().connection).toBeUndefined();
    const [a, b] = [await take(), await take()];
    giveBack(a);
    expect(await pool.borrow().connection).toBe(a);
    const [first, second, third] = [pool.borrow(), pool.borrow(), pool.borrow()];
    second.cancel();
    expect(await second.connection).toBeUndefined();
    giveBack(b);
    expect(await first.connection).toBe(b);
    expect(pool.kept()).toBeUndefined();
    a.die();
    b.die();
    expect(await third.connection).toBeUndefined();
  });

  it('closes all that is free at once, and the rest as it comes back', async () => {
    const { take, giveBack, pool, clock } = setUp();
    const [a, b] = [await take(), await take()];
    giveBack(a);
    pool.close();
    expect([a.state, b.state]).toEqual(['quit', 'open']);
    giveBack(b);
    expect([b.state, clock.timers]).toEqual(['quit', 0]);
  });
});
