import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../webhooks/webhooks.testing.ts';
import type { ChannelJson, ChannelTestJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
let receiver: Receiver;
beforeEach(async () => {
  home = await makeHome();
  receiver = await startReceiver();
  await home.iep(['tenant', 'add', 'acme', '--any-sender', 'on']);
});
afterEach(async () => {
  await receiver.close();
  await home.remove();
});

const iep = (...args: string[]) =>
  home.iep(['channel', ...args], {
    env: { IEP_WEBHOOKS_ALLOWNETWORKS: '[127.0.0.0/8]', SLACK: `${receiver.url}/SECRET-PART` },
  });
const json = async <T>(...args: string[]) => {
  const ran = await iep(...args, '--json');
  if (ran.exit !== 0) throw new Error(ran.err);
  return JSON.parse(ran.out) as T;
};

describe('iep channel', () => {
  it('adds, lists, shows, changes, tests and removes', async () => {
    const made = await json<ChannelJson>('add', 'ops', '--type', 'slack', '--webhook-url', 'env:SLACK');
    expect(made).toMatchObject({ name: 'ops', type: 'slack', webhookUrl: expect.stringMatching(/\/…$/) });
    expect((await iep('list')).out).toMatch(/^TENANT .*TYPE .*LEADS TO.*\nacme .*ops .*slack .*http:\/\/127/);
    expect((await iep('show', 'ops')).out).not.toContain('SECRET-PART');
    receiver.answer(() => ({ status: 200, body: 'ok' }));
    expect(await json<ChannelTestJson>('test', 'ops')).toMatchObject({ ok: true, outcome: 'delivered' });
    expect(receiver.heard[0]?.path).toContain('/SECRET-PART');
    receiver.answer(() => ({ status: 410, body: 'channel_is_archived' }));
    expect(await iep('test', 'ops')).toMatchObject({ exit: 69, out: expect.stringMatching(/^rejected: .*archived/) });
    const token = join(home.folder, 'token');
    await writeFile(token, 'xoxb-1234567890-abc\n');
    const changed = ['--token', `file:${token}`, '--channel', 'C1', '--set', 'webhookUrl='];
    expect(await json('set', 'ops', ...changed)).toMatchObject({ token: 'set', webhookUrl: null });
    expect(await json('remove', 'ops')).toEqual({ name: 'ops', removed: true });
  });

  it('tells the secret of a webhook once', async () => {
    const { exit, out } = await iep('add', 'hook', '--type', 'webhook', '--post-to', receiver.url);
    expect({ exit, out }).toEqual({ exit: 0, out: expect.stringMatching(/secret: whsec_\S+\n.*once/) });
    expect((await iep('show', 'hook')).out).not.toContain('whsec_');
  });

  it('takes no secret that every process would see', async () => {
    for (const args of [
      ['--token', 'xoxb-1234567890-abc'],
      ['--set', 'token=xoxb-1234567890-abc'],
    ]) {
      const ran = await iep('add', 'ops', '--type', 'slack', '--channel', 'C1', ...args);
      expect(ran).toMatchObject({ exit: 64, err: expect.stringContaining('env:NAME or file:PATH') });
      expect(ran.err).not.toContain('xoxb');
    }
    expect(await iep('add', 'plain', '--type', 'teams', '--webhook-url', receiver.url)).toMatchObject({ exit: 0 });
    expect(await iep('add', 'ops', '--type', 'slack', '--webhook-url', 'env:NOTHING')).toMatchObject({
      exit: 64,
      err: expect.stringContaining('no variable NOTHING'),
    });
  });
});
