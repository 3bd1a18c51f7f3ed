/** SIGHUPs that come too early, too fast and too late. */

import { expect, it } from 'vitest';
import { quiet } from '../../../test/manual-clock.ts';
import { createHangUps } from './hang-ups.ts';

it('one that comes before there is an answer has it then', async () => {
  const hangUps = createHangUps();
  let answered = 0;
  hangUps.raise();
  await quiet();
  hangUps.answer(async () => void answered++);
  await quiet();
  expect(answered).toBe(1);
  hangUps.raise();
  await quiet();
  expect(answered).toBe(2);
});

it('the end waits for the one that is under way, and leaves out those that wait for it', async () => {
  const hangUps = createHangUps();
  const work = Promise.withResolvers<void>();
  const said: string[] = [];
  hangUps.answer(async () => {
    said.push('begun');
    await work.promise;
    said.push('done');
  });
  hangUps.raise();
  hangUps.raise();
  await quiet();
  const ended = hangUps.end().then(() => said.push('ended'));
  await quiet();
  expect(said).toEqual(['begun']);
  work.resolve();
  await ended;
  expect(said).toEqual(['begun', 'done', 'ended']);
});
