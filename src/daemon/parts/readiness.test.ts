import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import { createReadiness } from './readiness.ts';

describe('readiness', () => {
  it('is there when the store answers and the listeners are up', async () => {
    const clock = createManualClock();
    const board = createReadiness({ store: { ping: async () => undefined }, clock });
    expect(await board.ready()).toEqual({ ok: false, checks: { store: 'ok', http: 'starting', smtp: 'starting' } });
    board.set('http', 'ok');
    board.set('smtp', 'ok');
    expect(await board.ready()).toEqual({ ok: true, checks: { store: 'ok', http: 'ok', smtp: 'ok' } });
    expect(clock.timers).toBe(0);
  });

  it('mentions a part that is out without which mail is taken', async () => {
    const board = createReadiness({ store: { ping: async () => undefined }, clock: createManualClock() });
    board.set('http', 'ok');
    board.set('smtp', 'ok');
    board.mention('nats', 'disconnected: connection refused');
    const { ok, checks } = await board.ready();
    expect([ok, checks.nats]).toEqual([true, 'disconnected: connection refused']);
    board.remove('nats');
    expect((await board.ready()).checks).not.toHaveProperty('nats');
  });

  it('says what the store says when it is broken', async () => {
    const ping = () => Promise.reject(new Error('The disk is full.'));
    const { checks } = await createReadiness({ store: { ping }, clock: createManualClock() }).ready();
    expect(checks.store).toBe('The disk is full.');
  });

  it('does not wait for a store that is stuck', async () => {
    const clock = createManualClock();
    const asked = createReadiness({ store: { ping: () => new Promise(() => undefined) }, clock }).ready();
    await clock.advance(2_000);
    expect((await asked).checks.store).toBe('no answer within 2000 ms');
  });
});
