/** One way out whose options change while it is used. */

import { expect, it } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import type { Provider } from '../providers/provider.ts';
import { type Conduct, createWayOut } from './way-out.ts';

const failed: Conduct = { pace: { kind: 'other' }, health: 'failure' };

it('judges by the options of the moment', async () => {
  const clock = createManualClock();
  let checked = 0;
  const provider: Provider = {
    ...{ name: 'relay', type: 'smtp', concurrency: 10 },
    send: () => Promise.reject(new Error('not asked for')),
    check: async () => ({ ok: ++checked > 0, detail: '' }),
    close: async () => undefined,
  };
  const lenient = { failureRate: 1, windowMs: 60_000, cooldownMs: 1_000, minimumAttempts: 100 };
  const options = { breaker: lenient, checks: false };
  const way = createWayOut({ clock, onRoom: () => undefined }, provider, options);
  const fail = async () => {
    const entrance = await way.enter();
    if (entrance.kind !== 'in') throw new Error(`the provider is ${entrance.kind}`);
    way.leave(entrance, failed);
  };

  await fail();
  expect(way.state().breaker).toMatchObject({ state: 'closed', attempts: 1 });
  options.breaker = { ...lenient, minimumAttempts: 2, cooldownMs: 5_000 };
  options.checks = true;
  await fail();
  expect(way.state().breaker).toMatchObject({ state: 'open', retryAt: clock.now() + 5_000 });
  await clock.advance(5_000);
  expect(way.state().breaker.state).toBe('half_open');
  expect(checked).toBe(1);
});
