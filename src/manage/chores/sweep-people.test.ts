/** Sessions and links are forgotten a batch at a time, until none is left that has ended. */

import { expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import { sweepPeople } from './sweep-people.ts';

it('goes on until nothing is left, and stops between two batches', async () => {
  const left = [1_000, 1_000, 3, 0];
  const store = { people: { sweep: async () => left.shift() ?? 0 } };
  const clock = createManualClock();
  expect(await sweepPeople({ store, clock }, new AbortController().signal)).toBe('forgot 2003 sessions and links');
  left.push(1_000, 1_000);
  expect(await sweepPeople({ store, clock }, AbortSignal.abort())).toBe('forgot 1000 sessions and links');
});
