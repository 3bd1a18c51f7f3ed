/** What a caller hears that waited for too long: whether it may still be done. */

import { expect, it } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import { IepError } from '../core/errors.ts';
import { within } from './deadline.ts';

const hintOf = (error: unknown) => (error instanceof IepError ? error.extra?.hint : error);

it('says that nothing was done where the work could be given up', async () => {
  const clock = createManualClock();
  const work = Promise.withResolvers<never>();
  const giveUp = () => work.reject(new IepError('store_unavailable', 'given up', { extra: { hint: 'Nothing.' } }));
  const waiting = within({ promise: work.promise, clock, waitMs: 30_000, giveUp }).catch(hintOf);
  await clock.advance(30_000);
  expect(await waiting).toBe('Nothing.');
});

it('says that it may still be done where it had begun', async () => {
  const clock = createManualClock();
  const work = Promise.withResolvers<never>();
  const waiting = within({ promise: work.promise, clock, waitMs: 30_000, giveUp: () => undefined }).catch(hintOf);
  await clock.advance(30_000);
  expect(await waiting).toMatch(/^It may still be done/);
  work.reject(new Error('too late for anybody'));
});
