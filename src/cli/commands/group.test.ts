import { afterEach, beforeEach, expect, it } from 'vitest';
import type { GroupAnalyticsJson, GroupJson, MessageJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
beforeEach(async () => {
  home = await makeHome();
  await home.iep(['tenant', 'add', 'acme', '--any-sender', 'on']);
});
afterEach(() => home.remove());

const env = { IEP_HTTP_PUBLICURL: 'https://mail.example' };
const send = (...args: string[]) =>
  home.iep(['send', 'jo@x.example', '-s', 'Hi', '--html', '<p>x', '--from', 'a@acme.example', ...args], { env });
const sent = async (...args: string[]) =>
  (await home.json<MessageJson>(['show', (await send(...args)).out.trim()])).tracking;

it('shows a group and its numbers', async () => {
  await send('--group', 'spring');
  await send('--group', 'spring');
  expect(await home.json<GroupJson['items']>(['group', 'show', 'spring'])).toMatchObject([
    { recipient: 'jo@x.example', status: 'queued', opens: 0 },
    { recipient: 'jo@x.example' },
  ]);
  expect(await home.json(['group', 'show', 'spring', '--limit', '1'])).toHaveLength(1);
  expect(await home.json<GroupAnalyticsJson>(['group', 'stats', 'spring'])).toMatchObject({
    ...{ groupId: 'spring', totalSent: 0, uniqueOpened: 0 },
  });
  expect((await home.iep(['group', 'show', 'spring'])).out).toMatch(/RECIPIENT.*BY MACHINES[\s\S]*jo@x\.example/);
  expect((await home.iep(['group', 'stats', 'spring'])).out).toMatch(/^sent 0[\s\S]*opened +0/);
  expect(await home.iep(['group', 'stats', 'autumn'])).toMatchObject({ exit: 65 });
});

it('tracks what is asked for, where readers can reach it', async () => {
  expect(await sent('--track-opens')).toEqual({ opens: true, clicks: false, anonymous: false });
  await home.iep(['tenant', 'set', 'acme', '--tracking', 'opens,clicks'], { env });
  expect(await sent()).toEqual({ opens: true, clicks: true, anonymous: false });
  expect(await sent('--no-track-clicks')).toEqual({ opens: true, clicks: false, anonymous: false });
  expect(await sent('--no-track-clicks', '--no-track-opens')).toBeNull();
  const nowhere = await home.iep([
    'send',
    'jo@x.example',
    '-s',
    'Hi',
    '--text',
    'x',
    '--from',
    'a@acme.example',
    '--track-opens',
  ]);
  expect(nowhere).toMatchObject({ exit: 65, err: expect.stringContaining('http.publicUrl') });
  const set = await home.iep(['tenant', 'set', 'acme', '--tracking', 'clicks']);
  expect(set).toMatchObject({ exit: 65, err: expect.stringContaining('http.publicUrl') });
});
