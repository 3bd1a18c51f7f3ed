import { expect, it } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import { withDeadline } from './deadline.ts';

const late = () => new Error('too late');

it('settles as the work does, and leaves no timer behind', async () => {
  const clock = createManualClock();
  const deadline = { clock, limitMs: 1_000, late };
  expect(await withDeadline(Promise.resolve('done'), deadline)).toBe('done');
  await expect(withDeadline(Promise.reject(new Error('broken')), deadline)).rejects.toThrow('broken');
  expect(clock.timers).toBe(0);
});

it('rejects once the time is over, and not before; what the work comes to later is nobody’s', async () => {
  const clock = createManualClock();
  const work = Promise.withResolvers<string>();
  const settled: string[] = [];
  withDeadline(work.promise, { clock, limitMs: 1_000, late }).catch(({ message }) => settled.push(message));
  await clock.advance(999);
  expect(settled).toEqual([]);
  await clock.advance(1);
  work.reject(new Error('broken'));
  await clock.advance(1);
  expect(settled).toEqual(['too late']);
});
