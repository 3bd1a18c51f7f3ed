/** Topics and notification types at the command line, over the local store. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import type { NotificationTypeJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
beforeEach(async () => {
  home = await makeHome();
  await home.iep(['tenant', 'add', 'acme']);
});
afterEach(() => home.remove());

const type = (...args: string[]) => ['notification-type', ...args];

it('adds, lists, shows, changes and removes', async () => {
  const flags = ['--category', 'jobs', '--channels', 'email,slack', '--template', 'email=job-failed', '--critical'];
  const group = 'group={"by": "data.jobId", "windowMinutes": 10}';
  const add = type('add', 'job.failed', ...flags, '--set', 'digest.every=daily', '--set', group);
  expect(await home.iep(add)).toMatchObject({ exit: 0, out: 'notification type job.failed added\n' });
  expect((await home.iep(type('list'))).out).toMatch(/acme +job\.failed +jobs +email, slack +yes +daily/);
  const shown = (await home.iep(type('show', 'job.failed'))).out;
  expect(shown).toContain('templates:      {"email":"job-failed"}');
  expect(shown).toContain('channels:       email, slack');
  const set = type('set', 'job.failed', '--no-critical', '--set', 'digest.at=09:00', '--set', 'group=');
  expect(await home.json<NotificationTypeJson>(set)).toMatchObject({
    ...{ critical: false, digest: { every: 'daily', at: '09:00' }, group: null, category: 'jobs' },
  });
  expect((await home.iep(type('remove', 'job.failed'))).out).toBe('notification type job.failed removed\n');
  expect((await home.iep(type('list'))).out).toContain('`iep notification-type add` makes one');
});

it('takes fields from a file, over which flags go', async () => {
  const input = 'category: jobs\nrateLimit: {count: 5, windowMinutes: 60}\n';
  const made = await home.iep(type('add', 'job.late', '-f', '-', '--category', 'late', '--json'), { input });
  expect(JSON.parse(made.out)).toMatchObject({ category: 'late', rateLimit: { count: 5, windowMinutes: 60 } });
  const list = await home.iep(type('set', 'job.late', '-f', '-'), { input: '- category: x\n' });
  expect(list).toMatchObject({ exit: 65, err: expect.stringContaining('does not hold the fields of one') });
});

it.each([
  [type('set', 'x'), 64, 'nothing to change'],
  [type('add', 'x', '--set', 'digest'), 64, 'assigns nothing'],
  [type('add', 'x', '--channels', 'fax'), 65, 'channels.0'],
  [type('show', 'x'), 65, 'No notification type has this name'],
])('%j ends with %i', async (args, exit, words) => {
  const result = await home.iep(args);
  expect(result.err).toContain(words);
  expect(result.exit).toBe(exit);
});

it('topics have a description', async () => {
  await home.iep(['topic', 'add', 'outages', '--description', 'What is down']);
  expect((await home.iep(['topic', 'list'])).out).toMatch(/acme +outages +What is down/);
  await home.iep(['topic', 'set', 'outages', '--set', 'description=']);
  expect(await home.json(['topic', 'show', 'outages'])).toMatchObject({ name: 'outages', description: null });
});
