/** Subscribers and their preferences at the command line, over the local store. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PreferencesJson, SubscriberJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
beforeEach(async () => {
  home = await makeHome();
  await home.iep(['tenant', 'add', 'acme']);
});
afterEach(() => home.remove());

const jo = [
  'subscriber',
  'add',
  'jo',
  '--email',
  'jo@example.com',
  '--locale',
  'de',
  '--topic',
  'news',
  '--topic',
  'all',
];

it('adds, lists, shows, changes and removes', async () => {
  expect(await home.iep([...jo, '--set', 'data.plan=pro'])).toMatchObject({ exit: 0, out: 'subscriber jo added\n' });
  expect((await home.iep(['subscriber', 'list'])).out).toMatch(/jo +jo@example\.com +de +all, news/);
  expect((await home.iep(['subscriber', 'list', '--topic', 'other'])).out).toContain('No subscribers');
  expect((await home.iep(['subscriber', 'show', 'jo'])).out).toMatch(/data: +\{"plan":"pro"\}/);
  const set = ['subscriber', 'set', 'jo', '--timezone', 'Europe/Berlin', '--topic', 'all', '--set', 'locale='];
  expect(await home.json<SubscriberJson>([...set, '--set', 'data.seats=3'])).toMatchObject({
    ...{ timezone: 'Europe/Berlin', topics: ['all'], locale: null, data: { plan: 'pro', seats: 3 } },
  });
  expect((await home.iep(['subscriber', 'remove', 'jo'])).out).toBe('subscriber jo removed\n');
  expect((await home.iep(['subscriber', 'show', 'jo'])).exit).toBe(65);
});

it('takes the URLs of channels from a file, and shows where they lead', async () => {
  const input = 'channels:\n  slack: {webhookUrl: https://hooks.slack.com/services/SECRET}\n';
  const made = await home.iep(['subscriber', 'add', 'ops', '-f', '-', '--json'], { input });
  expect(JSON.parse(made.out)).toMatchObject({ channels: { slack: { webhookUrl: 'https://hooks.slack.com/…' } } });
  const set = ['subscriber', 'set', 'ops', '--set', 'channels.teams.webhookUrl=https://t.example.com/SECRET'];
  expect(await home.iep(set)).toMatchObject({ exit: 0 });
  const { out } = await home.iep(['subscriber', 'show', 'ops']);
  expect(out).toContain(
    '{"slack":{"webhookUrl":"https://hooks.slack.com/…"},"teams":{"webhookUrl":"https://t.example.com/…"}}',
  );
});

it('imports a file, and reports the lines that are wrong', async () => {
  const file = join(home.folder, 'people.csv');
  await writeFile(file, 'id,email\na,a@x.example\nb,nobody\n');
  const dry = await home.iep(['subscriber', 'import', file, '--dry-run']);
  expect(dry.out).toBe('1 added, 0 changed, 0 unchanged, 1 refused; nothing is stored by a dry run\n');
  const done = await home.iep(['subscriber', 'import', file]);
  expect(done).toMatchObject({ exit: 65, out: '1 added, 0 changed, 0 unchanged, 1 refused\n' });
  expect(done.err).toContain('line 3: email must be an address');
  expect(await home.iep(['subscriber', 'import', '-'], { input: '{"id": "a"}\n' })).toMatchObject({
    ...{ exit: 0, out: '0 added, 0 changed, 1 unchanged\n' },
  });
});

it('says what a subscriber wants to be told', async () => {
  await home.iep(jo);
  const preferences = ['subscriber', 'preferences', 'jo'];
  expect((await home.iep(preferences)).out).toContain('global:     {"enabled":true,"channels":{}}');
  const parts = ['--set', 'global.channels.slack=false', '--set', 'categories.billing.frequency=daily'];
  expect(await home.json<PreferencesJson>([...preferences, ...parts])).toMatchObject({
    ...{ global: { enabled: true, channels: { slack: false } }, categories: { billing: { frequency: 'daily' } } },
  });
  const input = 'quietHours: {start: "22:00", end: "07:00"}\n';
  const whole = await home.iep([...preferences, '--set-file', '-', '--json'], { input });
  expect(JSON.parse(whole.out)).toEqual({
    ...{ global: { enabled: true, channels: {} }, categories: {}, types: {} },
    quietHours: { enabled: true, start: '22:00', end: '07:00' },
  });
  expect((await home.iep([...preferences, '--set', 'global.enabled=maybe'])).err).toContain('global.enabled');
});

it('nothing to change is told', async () => {
  expect(await home.iep(['subscriber', 'set', 'jo'])).toMatchObject({ exit: 64 });
});
