import { describe, expect, it } from 'vitest';
import type { Clock } from '../core/clock.ts';
import { createReadiness } from './readiness.ts';

/** A clock whose timers fire when told to. */
function manualClock() {
  const timers = new Set<() => void>();
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    after(_delayMs, fn) {
      timers.add(fn);
      return () => timers.delete(fn);
    },
  };
  return { clock, timers };
}

describe('readiness', () => {
  it('is there when the store answers and the listeners are up', async () => {
    const { clock, timers } = manualClock();
    const board = createReadiness({ store: { ping: async () => undefined }, clock });
    expect(await board.ready()).toEqual({ ok: false, checks: { store: 'ok', http: 'starting', smtp: 'starting' } });
    board.set('http', 'ok');
    board.set('smtp', 'ok');
    expect(await board.ready()).toEqual({ ok: true, checks: { store: 'ok', http: 'ok', smtp: 'ok' } });
    expect(timers.size).toBe(0);
  });

  it('says what the store says when it is broken', async () => {
    const ping = () => Promise.reject(new Error('The disk is full.'));
    const { checks } = await createReadiness({ store: { ping }, clock: manualClock().clock }).ready();
    expect(checks.store).toBe('The disk is full.');
  });

  it('does not wait for a store that is stuck', async () => {
    const { clock, timers } = manualClock();
    const asked = createReadiness({ store: { ping: () => new Promise(() => undefined) }, clock }).ready();
    for (const fire of timers) fire();
    expect((await asked).checks.store).toBe('no answer within 2000 ms');
  });
});
