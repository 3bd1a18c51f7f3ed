import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isOneTooMany,
  keepTo,
  openThrottle,
  type RefusedConnection,
  roomOf,
  slowDown,
  speedUp,
  type Throttle,
} from './throttle.ts';

const concurrency = 20;
const pauseOf = (state: Throttle, now: number) => state.closedUntil - now;

describe('slowDown', () => {
  it('pauses for a second, then twice as long each time, up to five minutes', () => {
    let state = openThrottle(concurrency);
    let now = 0;
    const pauses: number[] = [];
    for (let n = 0; n < 12; n += 1) {
      state = slowDown(state, { now, sentAt: now });
      pauses.push(pauseOf(state, now) / 1_000);
      now = state.closedUntil;
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  });

  it('takes the time that the provider names, within an hour', () => {
    const named = slowDown(openThrottle(concurrency), { now: 0, sentAt: 0, retryAfterMs: 90_000 });
    expect(named.closedUntil).toBe(90_000);
    const absurd = slowDown(openThrottle(concurrency), { now: 0, sentAt: 0, retryAfterMs: 1e12 });
    expect(absurd.closedUntil).toBe(3_600_000);
  });

  it('takes refusals of what was under way together as one', () => {
    let state = openThrottle(concurrency);
    for (let n = 0; n < 20; n += 1) state = slowDown(state, { now: 100 + n, sentAt: 50 });
    expect(state).toMatchObject({ level: 1, closedUntil: 1_100, limit: 1 });
  });

  it('lets one of them name a longer time', () => {
    const first = slowDown(openThrottle(concurrency), { now: 100, sentAt: 50 });
    expect(slowDown(first, { now: 110, sentAt: 50, retryAfterMs: 60_000 }).closedUntil).toBe(60_110);
  });
});

describe('speedUp', () => {
  it('doubles from one, and then forgets', () => {
    let state = slowDown(openThrottle(concurrency), { now: 0, sentAt: 0 });
    const limits: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      limits.push(state.limit);
      state = speedUp(state, { now: 2_000, sentAt: 2_000, isProbe: false });
    }
    expect(limits).toEqual([1, 2, 4, 8, 16, 20]);
    expect(state.level).toBe(0);
  });

  it('takes no encouragement from what was sent before the pause', () => {
    const state = slowDown(openThrottle(concurrency), { now: 100, sentAt: 90 });
    expect(speedUp(state, { now: 110, sentAt: 90, isProbe: false })).toBe(state);
  });

  it('doubles up to what was refused, and no further', () => {
    const kept = keepTo(openThrottle(concurrency), refusal({ others: 4 }));
    let state = slowDown(kept, { now: 10, sentAt: 10 });
    for (let n = 0; n < 9; n += 1) state = speedUp(state, { now: 2_000, sentAt: 2_000, isProbe: false });
    expect(state).toMatchObject({ limit: 4, level: 0 });
  });
});

const refusal = (more: Partial<RefusedConnection>): RefusedConnection => ({
  now: 0,
  sentAt: 0,
  others: 4,
  isNew: true,
  ...more,
});
const calm = { isProbing: false };

describe('keepTo', () => {
  it('keeps to as many as stood when one more was refused, without a pause', () => {
    let state = openThrottle(concurrency);
    for (let others = 19; others >= 4; others -= 1) state = keepTo(state, refusal({ others, now: 20 - others }));
    expect(state).toMatchObject({ limit: 4, ceiling: 4, level: 0, closedUntil: Number.NEGATIVE_INFINITY });
    expect(state.probeAt - state.refusedAt).toBe(1_000);
  });

  it('tries one more, seldom: later each time it is refused, sooner when it was taken', () => {
    let state = keepTo(openThrottle(concurrency), refusal({}));
    const waits: number[] = [];
    for (let now = state.probeAt, n = 0; n < 10; n += 1) {
      expect([roomOf(state, { now: now - 1, ...calm }), roomOf(state, { now, ...calm })]).toEqual([4, 5]);
      expect(roomOf(state, { now, isProbing: true })).toBe(4);
      state = keepTo(state, refusal({ now, sentAt: now }));
      waits.push((state.probeAt - now) / 1_000);
      now = state.probeAt;
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    const raised = speedUp(state, { now: state.probeAt, sentAt: state.probeAt, isProbe: true });
    expect(raised).toMatchObject({ limit: 5, ceiling: 5, probeAfterMs: 150_000 });
  });

  it('finds a limit that was raised, up to all its connections', () => {
    let state = keepTo(openThrottle(3), refusal({ others: 1 }));
    for (let n = 0; n < 2; n += 1) state = speedUp(state, { now: state.probeAt, sentAt: state.probeAt, isProbe: true });
    expect(state).toMatchObject({ limit: 3, ceiling: 3 });
    expect(roomOf(state, { now: 1e9, ...calm })).toBe(3);
  });

  it('does not take the end of a connection that has carried mail for a limit', () => {
    const state = openThrottle(concurrency);
    expect(keepTo(state, refusal({ isNew: false })).limit).toBe(concurrency);
  });
});

describe('isOneTooMany', () => {
  it('where others stand', () => {
    const state = openThrottle(concurrency);
    expect([isOneTooMany(state, refusal({})), isOneTooMany(state, refusal({ others: 0 }))]).toEqual([true, false]);
  });

  it('for a minute without a delivery, and anew after one', () => {
    const state = keepTo(openThrottle(concurrency), refusal({}));
    expect(isOneTooMany(state, refusal({ now: 59_999 }))).toBe(true);
    expect(isOneTooMany(state, refusal({ now: 60_000 }))).toBe(false);
    const delivered = speedUp(state, { now: 50_000, sentAt: 0, isProbe: false });
    expect(isOneTooMany(delivered, refusal({ now: 90_000 }))).toBe(true);
  });
});

it('never leaves its bounds', () => {
  const step = fc.record({
    what: fc.constantFrom('success', 'slow', 'refused'),
    passMs: fc.integer({ min: 0, max: 600_000 }),
    agoMs: fc.integer({ min: 0, max: 10_000 }),
    others: fc.integer({ min: 0, max: 60 }),
    isNew: fc.boolean(),
    isProbe: fc.boolean(),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: 1e9 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 50 }), (steps, limit) => {
      let state = openThrottle(limit);
      let now = 0;
      for (const { what, passMs, agoMs, retryAfterMs, ...one } of steps) {
        now += passMs;
        const sentAt = now - agoMs;
        const refused = { ...one, now, sentAt };
        if (what === 'success') state = speedUp(state, { now, sentAt, isProbe: one.isProbe });
        else if (what === 'slow') state = slowDown(state, { now, sentAt, retryAfterMs });
        else if (isOneTooMany(state, refused)) {
          const before = state;
          state = keepTo(state, refused);
          // A refusal while others stand never closes the provider, and never raises anything.
          expect(state.closedUntil).toBe(before.closedUntil);
          expect(state.limit).toBeLessThanOrEqual(before.limit);
        }
        expect(state.limit).toBeGreaterThanOrEqual(1);
        expect(state.limit).toBeLessThanOrEqual(state.ceiling);
        expect(state.ceiling).toBeLessThanOrEqual(limit);
        expect(roomOf(state, { now, isProbing: false })).toBeLessThanOrEqual(Math.min(state.limit + 1, limit));
        expect(state.closedUntil - now).toBeLessThanOrEqual(3_600_000);
      }
    }),
  );
});

it('settles at what the provider allows, whatever that is, and refuses seldom from then on', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (allowed, most) => {
      let state = openThrottle(most);
      let refusals = 0;
      // A backlog: each second as many connections are tried as there is room for.
      for (let now = 0; now < 3_600_000; now += 1_000) {
        const room = roomOf(state, { now, isProbing: false });
        for (let at = Math.min(room, allowed); at > 0; at -= 1) {
          state = speedUp(state, { now, sentAt: now, isProbe: at > state.limit });
        }
        for (let over = room - allowed; over > 0; over -= 1) {
          if (now > 60_000) refusals += 1;
          state = keepTo(state, { now, sentAt: now, others: allowed + over - 1, isNew: true });
        }
        if (now > 60_000) expect(state.limit).toBe(Math.min(allowed, most));
      }
      expect(refusals).toBeLessThan(20);
    }),
    { numRuns: 30 },
  );
});
