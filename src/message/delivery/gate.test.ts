import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import { createGate, FULL, type GateTurn, MOST_WAITING, ROOM } from './gate.ts';

function setUp(concurrency = 2) {
  const clock = createManualClock();
  let rooms = 0;
  const gate = createGate({ clock, onRoom: () => (rooms += 1) }, { concurrency });
  const turns: GateTurn[] = [];
  const enter = (count: number) => {
    for (let n = 0; n < count; n += 1) Promise.resolve(gate.enter()).then((turn) => turns.push(turn));
  };
  const inside = () => turns.filter((turn) => turn.kind === 'in');
  const back = () => turns.filter((turn) => turn.kind !== 'in');
  const leave = (verdict: Parameters<typeof gate.leave>[1] = { kind: 'other' }, which = { isProbe: false }) => {
    const at = turns.findIndex((turn) => turn.kind === 'in' && turn.isProbe === which.isProbe);
    const [turn] = turns.splice(at, 1);
    if (turn?.kind !== 'in') throw new Error('nobody is inside');
    return gate.leave(turn, verdict);
  };
  return { clock, gate, enter, inside, back, leave, rooms: () => rooms };
}

describe('the gate', () => {
  it('lets in as many as the provider takes, and the rest as they leave', async () => {
    const { clock, enter, inside, leave } = setUp();
    enter(3);
    await clock.advance(0);
    expect(inside()).toHaveLength(2);
    leave();
    await clock.advance(0);
    expect(inside()).toHaveLength(2);
  });

  it('is full when many wait, tells of room before it runs dry, and holds a bounded number', async () => {
    const { clock, gate, enter, inside, back, leave, rooms } = setUp();
    enter(2 + FULL - 1);
    expect(gate.isOpen()).toBe(true);
    enter(1);
    expect(gate.isOpen()).toBe(false);
    enter(MOST_WAITING);
    await clock.advance(0);
    expect(back()).toEqual(Array.from({ length: FULL }, () => ({ kind: 'full' })));
    for (let n = 0; n < MOST_WAITING - ROOM - 1; n += 1) {
      leave();
      await clock.advance(0);
    }
    expect([gate.isOpen(), rooms()]).toEqual([false, 0]);
    leave();
    expect([gate.isOpen(), rooms()]).toEqual([true, 1]);
    await clock.advance(0);
    expect(inside()).toHaveLength(2);
  });

  it('closes when throttled: sends back all that wait, then opens for one, then more', async () => {
    const { clock, gate, enter, inside, back, leave, rooms } = setUp(4);
    enter(10);
    await clock.advance(0);
    leave({ kind: 'throttled' });
    await clock.advance(0);
    expect(back()).toEqual(Array.from({ length: 6 }, () => ({ kind: 'closed', waitMs: 1_000, turnedAway: false })));
    expect([gate.isOpen(), gate.closedForMs()]).toEqual([false, 1_000]);

    for (let n = 0; n < 3; n += 1) leave({ kind: 'success' });
    await clock.advance(999);
    expect([gate.isOpen(), rooms()]).toEqual([false, 0]);
    await clock.advance(1);
    expect([gate.isOpen(), rooms()]).toEqual([true, 1]);

    enter(9);
    await clock.advance(0);
    expect(inside()).toHaveLength(1);
    leave({ kind: 'success' });
    await clock.advance(0);
    expect(inside()).toHaveLength(2);
  });

  it('tells of room once, when a pause that was made longer is over', async () => {
    const { clock, enter, leave, rooms } = setUp(2);
    enter(2);
    await clock.advance(0);
    leave({ kind: 'throttled' });
    leave({ kind: 'throttled', retryAfterMs: 30_000 });
    await clock.advance(29_999);
    expect(rooms()).toBe(0);
    await clock.advance(1);
    expect(rooms()).toBe(1);
    expect(clock.timers).toBe(0);
  });

  it('sends back all that wait at shutdown, due at once', async () => {
    const { clock, gate, enter, back } = setUp();
    enter(5);
    gate.sendBack();
    await clock.advance(0);
    expect(back()).toEqual(Array.from({ length: 3 }, () => ({ kind: 'closed', waitMs: 0, turnedAway: false })));
  });
});

describe('a gate whose provider turns connections away', () => {
  const refused = (others: number) =>
    ({ kind: 'refused', others, isNew: true, otherwise: { kind: 'throttled' } }) as const;

  it('keeps to what stood, holds the rest, and stays open', async () => {
    const { clock, gate, enter, inside, back, leave } = setUp(4);
    enter(10);
    await clock.advance(0);
    expect([leave(refused(3)), leave(refused(2))]).toEqual([true, true]);
    await clock.advance(0);
    expect([inside().length, back(), gate.isOpen(), gate.state().limit]).toEqual([2, [], true, 2]);
    leave({ kind: 'success' });
    await clock.advance(0);
    expect(inside()).toHaveLength(2);
  });

  it('tries one more when it is time, whether or not somebody leaves, and one at a time', async () => {
    const { clock, gate, enter, inside, leave } = setUp(4);
    enter(10);
    await clock.advance(0);
    for (const others of [3, 2]) leave(refused(others));
    await clock.advance(999);
    expect(inside()).toHaveLength(2);
    await clock.advance(1);
    expect(inside()).toHaveLength(3);
    await clock.advance(30_000);
    expect(inside()).toHaveLength(3);
    leave(refused(2), { isProbe: true });
    await clock.advance(1_999);
    expect(inside()).toHaveLength(2);
    await clock.advance(1);
    expect(inside()).toHaveLength(3);
    leave({ kind: 'success' }, { isProbe: true });
    await clock.advance(0);
    expect([inside().length, gate.state().limit]).toEqual([3, 3]);
    gate.sendBack();
  });

  it('closes where nothing stands, and where what stands has delivered nothing for long', async () => {
    const { clock, gate, enter, back, leave } = setUp(4);
    enter(6);
    await clock.advance(0);
    expect(leave(refused(3))).toBe(true);
    await clock.advance(60_000);
    expect([leave(refused(2)), gate.isOpen()]).toEqual([false, false]);
    await clock.advance(1_000);
    expect([back().length > 0, leave(refused(0))]).toEqual([true, false]);
  });
});

describe('a gate that was full', () => {
  it('is open again as soon as it has sent back what waited', async () => {
    const { clock, gate, enter, rooms } = setUp(1);
    enter(1 + FULL);
    await clock.advance(0);
    expect(gate.isOpen()).toBe(false);
    gate.sendBack();
    expect(gate.isOpen()).toBe(true);
    expect(rooms()).toBe(0);
  });
});

describe('a gate with a pace', () => {
  it('lets in no more than its messages a second, evenly, and loses none', async () => {
    const clock = createManualClock();
    const gate = createGate({ clock, onRoom: () => undefined }, { concurrency: 100, maxPerSecond: 10 });
    const entered: number[] = [];
    for (let n = 0; n < 30; n += 1) {
      Promise.resolve(gate.enter()).then((turn) => {
        if (turn.kind !== 'in') return;
        entered.push(clock.monotonic());
        gate.leave(turn, { kind: 'success' });
      });
    }
    await clock.advance(4_000);
    expect(entered).toHaveLength(30);
    expect(entered.filter((at) => at < 1_000).length).toBeLessThanOrEqual(11);
    expect(Math.max(...entered)).toBeGreaterThan(2_700);
  });

  it('keeps no more waiting than get in soon', () => {
    const clock = createManualClock();
    const gate = createGate({ clock, onRoom: () => undefined }, { concurrency: 100, maxPerSecond: 1 });
    const turns = Array.from({ length: 150 }, () => gate.enter());
    expect(gate.isOpen()).toBe(false);
    expect(turns.at(-1)).toEqual({ kind: 'full' });
    gate.sendBack();
  });
});

it('counts each request of a message towards the pace, and holds others back for them', async () => {
  const clock = createManualClock();
  const gate = createGate({ clock, onRoom: () => undefined }, { concurrency: 5, maxPerSecond: 10 });
  const stopping = new AbortController();
  const passed: number[] = [];
  const since = clock.monotonic();
  const note = () => void passed.push(clock.monotonic() - since);
  gate.enter();
  const requests = (async () => {
    for (let n = 0; n < 3; n += 1) {
      await gate.pace(stopping.signal);
      note();
    }
  })();
  await clock.advance(1_000);
  await requests;
  expect(passed).toEqual([50, 150, 250]);
  for (let n = 0; n < 20; n += 1) void gate.pace(stopping.signal);
  const entering = Promise.resolve(gate.enter()).then(note);
  await clock.advance(1_000);
  expect(passed).toHaveLength(3);
  const late = gate.pace(stopping.signal);
  stopping.abort();
  await late;
  await clock.advance(2_000);
  await entering;
});
