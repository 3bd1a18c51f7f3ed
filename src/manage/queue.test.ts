/** The levers on the queue: whose mail they hold, whom they tell, and what the audit log has of them. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { openManage, operator, type TestManage } from './manage.testing.ts';

const { signal } = new AbortController();

let test: TestManage;
beforeEach(async () => {
  test = await openManage();
});
afterEach(() => test.close());

it('holds the mail of the tenant that is named and of no other, until it is resumed', async () => {
  const { manage, told, tenants } = test;
  const paused = await manage.queue.pause(operator(), { tenant: tenants.acme.id });
  expect(paused).toEqual({ paused: true, allPaused: false, pausedTenants: ['acme'] });
  expect((await test.store.tenants.list()).map(({ slug, paused }) => [slug, paused])).toEqual([
    ['acme', true],
    ['rival', false],
  ]);
  expect(told).toEqual([]);
  expect(await manage.queue.resume(operator(), { tenant: 'rival' })).toMatchObject({ pausedTenants: ['acme'] });
  expect(await manage.queue.resume(operator(), { tenant: 'acme' })).toMatchObject({ pausedTenants: [] });
  expect(told).toEqual(['wake', 'wake']);
});

it('holds everybody where nobody is named', async () => {
  expect(await test.manage.queue.pause(operator(), {})).toMatchObject({ allPaused: true, pausedTenants: [] });
});

it('is hurried by a flush, which says how many are due', async () => {
  expect(await test.manage.queue.flush(operator(), {}, signal)).toBe(0);
  expect(test.told).toEqual(['hurry']);
});

it('is in the audit log, refused or done', async () => {
  const { queue } = test.manage;
  await queue.pause(operator(), { tenant: test.tenants.acme.id });
  await queue.resume(operator(), {});
  await queue.flush(operator(), { tenant: 'rival' }, signal);
  await expect(queue.pause(operator(), { tenant: 'nobody' })).rejects.toMatchObject({ code: 'not_found' });
  expect(await test.entries()).toEqual([
    'queue.pause done acme -',
    'queue.resume done - -',
    'queue.flush done rival -',
    'queue.pause not_found nobody -',
  ]);
});
