/** Health checks, on a clock that is moved. */

import { expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import type { BreakerState } from '../../core/provider-state.ts';
import type { WayOut } from '../../message/delivery/way-out.ts';
import { startHealthChecks } from './health-checks.ts';

it('asks each provider in its turn, but for those whose breaker is open', async () => {
  const clock = createManualClock();
  const asked: string[] = [];
  const states: Record<string, BreakerState> = { relay: 'closed', spare: 'open' };
  const ways = Object.keys(states).map((name) => ({
    state: () => ({ breaker: { state: states[name] } }),
    check: async () => void asked.push(name),
  })) as unknown as WayOut[];
  const checks = startHealthChecks({ ways: { all: () => ways }, clock }, { intervalMs: 60_000 });
  expect(asked).toEqual(['relay']);
  states.spare = 'closed';
  await clock.advance(59_999);
  expect(asked).toHaveLength(1);
  await clock.advance(1);
  expect(asked).toEqual(['relay', 'relay', 'spare']);
  checks.stop();
  await clock.advance(600_000);
  expect(asked).toHaveLength(3);
});

it('follow another interval at once, and end and begin with it', async () => {
  const clock = createManualClock();
  let asked = 0;
  const way = { state: () => ({ breaker: { state: 'closed' } }), check: async () => void asked++ } as unknown as WayOut;
  const options = { intervalMs: 60_000 };
  const checks = startHealthChecks({ ways: { all: () => [way] }, clock }, options);
  expect(asked).toBe(1);
  checks.follow();
  expect(asked).toBe(1);
  options.intervalMs = 10_000;
  checks.follow();
  await clock.advance(20_000);
  expect(asked).toBe(4);
  options.intervalMs = 0;
  checks.follow();
  await clock.advance(600_000);
  expect(asked).toBe(4);
  expect(clock.timers).toBe(0);
  options.intervalMs = 10_000;
  checks.follow();
  expect(asked).toBe(5);
  checks.stop();
});
