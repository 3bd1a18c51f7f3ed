import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../webhooks/webhooks.testing.ts';
import type { AcceptedJson, DeliveryJson, NewWebhookJson, TestedWebhookJson, WebhookJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
let receiver: Receiver;
const env = { IEP_WEBHOOKS_ALLOWNETWORKS: '[127.0.0.0/8]' };
beforeEach(async () => {
  home = await makeHome();
  receiver = await startReceiver();
  await home.iep(['tenant', 'add', 'acme', '--any-sender', 'on']);
});
afterEach(async () => {
  await receiver.close();
  await home.remove();
});

const iep = (...args: string[]) => home.iep(args, { env });
const json = async <T>(...args: string[]) => {
  const ran = await iep(...args, '--json');
  if (ran.exit !== 0) throw new Error(ran.err);
  return JSON.parse(ran.out) as T;
};

describe('iep webhook', () => {
  it('adds, shows the secret once, lists, changes, rotates and removes', async () => {
    const made = await json<NewWebhookJson>('webhook', 'add', receiver.url, '--events', 'sent,message.failed');
    expect(made).toMatchObject({
      events: ['message.sent', 'message.failed'],
      secret: expect.stringMatching(/^whsec_/),
    });
    const plain = await iep('webhook', 'add', receiver.url);
    expect(plain).toMatchObject({
      exit: 0,
      out: expect.stringContaining('whsec_'),
      err: expect.stringContaining('once'),
    });
    expect(await json<WebhookJson[]>('webhook', 'list')).toHaveLength(2);
    expect((await iep('webhook', 'list')).out).toMatch(/^ID .*\n.* on /);
    const { id } = made;
    expect(await json('webhook', 'show', id)).not.toHaveProperty('secret');
    expect(await json('webhook', 'set', id, '--inactive', '--to', `${receiver.url}/2`)).toMatchObject({
      active: false,
      url: `${receiver.url}/2`,
    });
    expect((await iep('webhook', 'show', id)).out).toContain('off: it was turned off by hand');
    expect(await json('webhook', 'set', id, '--active')).toMatchObject({ active: true });
    const rotated = await json<NewWebhookJson>('webhook', 'rotate', id, '--overlap', '1h');
    expect(rotated.secret).not.toBe(made.secret);
    expect(await json('webhook', 'remove', id, '--yes')).toEqual({ id, removed: true });
    expect(await iep('webhook', 'show', id)).toMatchObject({ exit: 65 });
  });

  it('says no to what makes no sense', async () => {
    const { id } = await json<NewWebhookJson>('webhook', 'add', receiver.url);
    expect(await iep('webhook', 'set', id)).toMatchObject({ exit: 64 });
    expect(await iep('webhook', 'set', id, '--active', '--inactive')).toMatchObject({ exit: 64 });
    expect(await iep('webhook', 'add', 'http://169.254.169.254/')).toMatchObject({ exit: 65 });
    expect(await iep('webhook', 'add', receiver.url, '--events', 'bored')).toMatchObject({ exit: 65 });
    expect(await iep('webhook', 'add', 'http://10.0.0.1/')).toMatchObject({
      exit: 65,
      err: expect.stringContaining('allows'),
    });
  });

  it('tests: the exit code says whether it was taken', async () => {
    const { id } = await json<NewWebhookJson>('webhook', 'add', receiver.url);
    expect(await json<TestedWebhookJson>('webhook', 'test', id)).toMatchObject({ ok: true, status: 204 });
    receiver.answer(() => ({ status: 500, body: 'oh no' }));
    expect(await iep('webhook', 'test', id)).toMatchObject({
      exit: 69,
      out: expect.stringMatching(/^failed: 500 after .*\noh no/),
    });
  });
});

describe('iep replay', () => {
  it('has webhooks posted again by message, time and delivery, and counts first', async () => {
    const { id } = await json<NewWebhookJson>('webhook', 'add', receiver.url);
    const sent = await json<AcceptedJson>('send', '--to', 'a@example.com', '--text', 'x');
    await json('send', '--to', 'b@example.com', '--text', 'x');
    expect(await json('replay', '--since', '1h', '--dry-run')).toEqual({
      dryRun: true,
      webhooks: [{ webhookId: id, matched: 2 }],
    });
    expect(await iep('replay', '--since', '1h')).toMatchObject({ exit: 64, err: expect.stringContaining('--yes') });
    expect(await json('webhook', 'deliveries', id)).toEqual([]);
    expect(await json('replay', '--message', sent.messageId, '--webhook', id)).toEqual({
      dryRun: false,
      webhooks: [{ webhookId: id, matched: 1 }],
    });
    const [delivery] = await json<DeliveryJson[]>('webhook', 'deliveries', id);
    expect(delivery).toMatchObject({ event: 'message.queued', messageId: sent.messageId, status: 'pending' });
    const deliveryId = delivery?.id ?? '';
    expect(await json('replay', deliveryId)).toMatchObject([{ id: deliveryId }]);
    expect((await iep('webhook', 'deliveries', id)).out).toContain('message.queued');
    expect((await iep('webhook', 'deliveries', id, deliveryId)).out).toContain('"event":"message.queued"');
    expect(await json('replay', '--missed', '--since', '1h', '--dry-run')).toMatchObject({
      webhooks: [{ matched: 1 }],
    });
  });

  it('says no to what makes no sense', async () => {
    expect(await iep('replay')).toMatchObject({ exit: 64 });
    expect(await iep('replay', 'x', '--since', '1h')).toMatchObject({ exit: 64 });
    expect(await iep('replay', '--since', '1h')).toMatchObject({ exit: 65 });
    await iep('webhook', 'add', receiver.url);
    expect(await iep('replay', 'nothing')).toMatchObject({ exit: 65 });
    const unknown = await iep('replay', '--message', '019cf5b2-6a00-7000-8000-3f1c8a5d9e01');
    expect(unknown).toMatchObject({ exit: 65, err: expect.stringContaining('No message has this id') });
  });
});
