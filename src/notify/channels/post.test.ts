import { createHmac } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGuardedFetch } from '../../base/net/guarded-fetch.ts';
import { systemClock } from '../../core/clock.ts';
import { createTemplateEngine } from '../../message/render/template-engine.ts';
import { newSecret } from '../../webhooks/signing.ts';
import { type Receiver, startReceiver } from '../../webhooks/webhooks.testing.ts';
import { acknowledgeUrl, createTestChannels, failedJob, notice, noticeTenant } from './channels.testing.ts';
import { type ChannelDelivery, createChannels } from './post.ts';
import { apiMessage, webhookMessage } from './slack/block-kit.testing.ts';
import type { PostSettings } from './types.ts';

/** No vendor is asked: the receiver speaks the wire format that each documents, with answers as they are printed there. */
let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const SECRET_PART = 'T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX';
const TOKEN = 'xoxb-0000000000-abcdefghijkl';
const slackHook = (): PostSettings => ({ type: 'slack', webhookUrl: `${receiver.url}/services/${SECRET_PART}` });
const slackBot = (): PostSettings => ({ type: 'slack', token: TOKEN, channel: 'C0123456789', apiUrl: receiver.url });
const teams = (): PostSettings => ({
  type: 'teams',
  webhookUrl: `${receiver.url}/workflows/abcdef0123?sig=SIGNATURE-1`,
});
const webhook = (secret?: string): PostSettings => ({ type: 'webhook', url: receiver.url, ...(secret && { secret }) });

const delivery = (settings: PostSettings, more: Partial<ChannelDelivery> = {}): ChannelDelivery => ({
  ...{ tenant: noticeTenant, settings, id: 'd1', acknowledgeUrl, notice: { ...notice, data: failedJob } },
  ...more,
});
const post = (settings: PostSettings, more?: Partial<ChannelDelivery>) =>
  createTestChannels().post(delivery(settings, more));
const answers = (status: number, body = '', headers: Record<string, string> = {}) =>
  receiver.answer(() => ({ status, body, headers }));

describe('an incoming webhook of Slack', () => {
  it('is posted blocks, and has taken them where it says ok', async () => {
    answers(200, 'ok');
    expect(await post(slackHook())).toMatchObject({ outcome: { kind: 'delivered' }, status: 200 });
    const [heard] = receiver.heard;
    expect(heard?.path).toBe(`/hooks/services/${SECRET_PART}`);
    expect(heard?.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8' });
    webhookMessage.parse(heard?.json);
  });

  it.each([
    [400, 'invalid_payload', 'rejected', /not what an incoming webhook takes \(invalid_payload\)/],
    [400, 'invalid_blocks', 'rejected', /Block Kit/],
    [403, 'action_prohibited', 'rejected', /administrator/],
    [403, 'invalid_token', 'rejected', /does not exist any more/],
    [404, 'no_service', 'rejected', /turned off or does not exist/],
    [404, 'channel_not_found', 'rejected', /channel does not exist/],
    [410, 'channel_is_archived', 'rejected', /archived/],
    [418, 'something_new', 'rejected', /refused it: something_new/],
    [404, '<html>', 'rejected', /HTTP 404/],
    [500, 'rollup_error', 'deferred', /not taking it now: rollup_error/],
    [502, '<html>', 'deferred', /HTTP 502/],
  ])('answers %i %s: %s', async (status, body, kind, reason) => {
    answers(status, body);
    expect((await post(slackHook())).outcome).toEqual({ kind, reason: expect.stringMatching(reason) });
  });

  it('says how long to wait', async () => {
    answers(429, 'rate_limited', { 'retry-after': '30' });
    expect((await post(slackHook())).outcome).toMatchObject({ kind: 'deferred', retryAfterMs: 30_000 });
  });
});

describe('chat.postMessage of Slack', () => {
  it('is told the channel under the token, and names what it posted', async () => {
    answers(200, '{"ok":true,"channel":"C0123456789","ts":"1503435956.000247","message":{"text":"x"}}');
    expect((await post(slackBot())).outcome).toEqual({ kind: 'delivered', id: 'C0123456789/1503435956.000247' });
    const [heard] = receiver.heard;
    expect(heard?.path).toBe('/hooks/chat.postMessage');
    expect(heard?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}` });
    expect(apiMessage.parse(heard?.json).channel).toBe('C0123456789');
  });

  it.each([
    ['channel_not_found', 'rejected', /does not exist, or the bot is not in it/],
    ['not_in_channel', 'rejected', /invite it/],
    ['is_archived', 'rejected', /archived/],
    ['invalid_auth', 'rejected', /token is wrong/],
    ['token_revoked', 'rejected', /revoked/],
    ['missing_scope', 'rejected', /chat:write/],
    ['msg_blocks_too_long', 'rejected', /too long/],
    ['a_new_error', 'rejected', /refused it: a_new_error/],
    ['internal_error', 'deferred', /not taking it now: internal_error/],
    ['message_limit_exceeded', 'deferred', /not taking it now/],
  ])('answers 200 with ok false and %s: %s', async (error, kind, reason) => {
    answers(200, JSON.stringify({ ok: false, error }));
    expect((await post(slackBot())).outcome).toEqual({ kind, reason: expect.stringMatching(reason) });
  });

  it('says how long to wait, in the header', async () => {
    answers(429, '{"ok":false,"error":"ratelimited"}', { 'retry-after': '7' });
    expect((await post(slackBot())).outcome).toMatchObject({ kind: 'deferred', retryAfterMs: 7_000 });
  });
});

describe('a workflow of Teams', () => {
  it('is posted one adaptive card, and has taken it with 202', async () => {
    answers(202);
    expect(await post(teams())).toMatchObject({ outcome: { kind: 'delivered' }, status: 202 });
    expect(receiver.heard[0]?.json).toMatchObject({
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: { type: 'AdaptiveCard' } }],
    });
  });

  it.each([
    [400, '{"error":{"code":"TriggerInputSchemaMismatch"}}', 'rejected', /HTTP 400/],
    [401, '{"error":{"code":"DirectApiAuthorizationRequired"}}', 'rejected', /signature is wrong/],
    [404, '{"error":{"code":"WorkflowNotFound"}}', 'rejected', /does not exist any more/],
    [413, '', 'rejected', /too large/],
    [302, '', 'rejected', /HTTP 302/],
    [429, '', 'deferred', /not taking it now/],
    [503, '', 'deferred', /not taking it now/],
  ])('answers %i: %s', async (status, body, kind, reason) => {
    answers(status, body, status === 302 ? { location: 'http://127.0.0.1:1/' } : {});
    expect((await post(teams())).outcome).toEqual({ kind, reason: expect.stringMatching(reason) });
    expect(receiver.heard).toHaveLength(1);
  });
});

describe('a webhook', () => {
  it('is posted the notification, signed as webhooks of IEP are', async () => {
    const secret = newSecret();
    const more = { actor: { name: 'ci' }, subscriber: { id: 'u1', name: 'Ann' } };
    const { outcome } = await post(webhook(secret), { notice: { ...notice, data: failedJob, ...more } });
    expect(outcome).toEqual({ kind: 'delivered' });
    const [heard] = receiver.heard;
    expect(heard?.json).toEqual({
      event: 'notification',
      ...{ notificationId: 'n1', type: 'job.failed', timestamp: '2026-11-22T09:30:00.000Z' },
      ...{ subject: 'Job failed: nightly-backup', text: failedJob.summary, data: failedJob },
      ...{ ...more, acknowledgeUrl },
    });
    const hash = createHmac('sha256', secret)
      .update(heard?.body ?? '')
      .digest('hex');
    expect(heard?.headers).toMatchObject({ 'webhook-id': 'd1', 'x-iep-signature': `sha256=${hash}` });
  });

  it('without a secret has no signature', async () => {
    await post(webhook());
    expect(receiver.heard[0]?.headers).not.toHaveProperty('x-iep-signature');
    expect(receiver.heard[0]?.headers).toMatchObject({ 'webhook-id': 'd1' });
  });

  it.each([
    [400, 'rejected'],
    [410, 'rejected'],
    [301, 'rejected'],
    [404, 'deferred'],
    [401, 'deferred'],
    [500, 'deferred'],
  ])('answers %i: %s', async (status, kind) => {
    answers(status);
    expect((await post(webhook())).outcome).toMatchObject({ kind, reason: expect.stringContaining(String(status)) });
  });

  it('waits until the date that an answer names', async () => {
    answers(503, '', { 'retry-after': new Date(Date.now() + 90_000).toUTCString() });
    const { outcome } = await post(webhook());
    expect(outcome).toMatchObject({ kind: 'deferred', retryAfterMs: expect.any(Number) });
  });
});

describe('a stored template', () => {
  const channels = createTestChannels([
    {
      name: 'slack',
      text: '{"blocks":[{"type":"header","text":{"type":"plain_text","text":"{{data.job}} of {{subscriber.name}}"}}]}',
    },
    { name: 'plain', text: '*{{job}}* {{system.acknowledgeUrl}}' },
    { name: 'hook', text: '{"job": {{data.job}}, "all": {{data}}, "at": "{{type}}"}' },
  ]);
  const made = (settings: PostSettings, template: string, job = 'a"b<!here>') =>
    channels.post(
      delivery(settings, { template, notice: { ...notice, data: { job }, subscriber: { id: 'u1', name: 'Ann' } } }),
    );

  it('makes what is posted of data, subscriber and type', async () => {
    answers(200, 'ok');
    await made(slackHook(), 'slack');
    await made(slackHook(), 'plain');
    await made(webhook(), 'hook');
    const [blocks, plain, hook] = receiver.heard;
    expect(webhookMessage.parse(blocks?.json).blocks?.[0]).toMatchObject({
      text: { text: 'a"b&lt;!here&gt; of Ann' },
    });
    expect(plain?.json).toEqual({ text: `*a"b&lt;!here&gt;* ${acknowledgeUrl}` });
    expect(hook?.json).toEqual({ job: 'a"b<!here>', all: { job: 'a"b<!here>' }, at: 'job.failed' });
  });

  it('that is not there, or gives nothing that fits, is a rejection with the reason', async () => {
    expect((await made(slackHook(), 'nothing')).outcome).toEqual({
      kind: 'rejected',
      reason: 'no template of this tenant is called nothing, or none of it is published',
    });
    expect((await made(teams(), 'slack')).outcome).toMatchObject({
      kind: 'rejected',
      reason: expect.stringContaining('no adaptive card'),
    });
    expect(receiver.heard).toEqual([]);
  });

  it('that finds no turn in the thread that renders is tried again', async () => {
    const busy = createChannels(
      {
        fetch: createGuardedFetch({}, { allowNetworks: [] }),
        store: {
          templates: {
            resolve: async () => ({ definition: { variables: [] } as never, library: [], version: 1, shared: false }),
          },
        },
        templateEngine: {
          ...createTemplateEngine(),
          render: async () => ({ ok: false, reason: 'busy', later: systemClock.now() + 60_000 }),
        },
        clock: systemClock,
      },
      { timeoutMs: 1 },
    );
    const { outcome } = await busy.post(delivery(slackHook(), { template: 'x' }));
    expect(outcome).toMatchObject({ kind: 'deferred', reason: 'busy', retryAfterMs: expect.any(Number) });
  });
});

describe('what is posted to', () => {
  it.each([
    ['http://169.254.169.254/latest', /never connected to/],
    ['http://10.0.0.1/', /only where the operator allows/],
    ['ftp://127.0.0.1/', /must begin with http/],
    ['http://user:pass@127.0.0.1/', /user name or password/],
  ])('is never %s', async (webhookUrl, reason) => {
    expect((await post({ type: 'slack', webhookUrl })).outcome).toEqual({
      kind: 'rejected',
      reason: expect.stringMatching(reason),
    });
  });

  it('may be down, or never answer', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const { port } = silent.address() as { port: number };
    const quick = createTestChannels([], 50);
    const { outcome } = await quick.post(delivery({ type: 'teams', webhookUrl: `http://127.0.0.1:${port}/` }));
    expect(outcome).toEqual({ kind: 'deferred', reason: 'no answer within 0.05 s' });
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => silent.close(done));
    expect((await post({ type: 'teams', webhookUrl: `http://127.0.0.1:${port}/` })).outcome).toEqual({
      kind: 'deferred',
      reason: 'the connection was refused',
    });
  });

  it('may say its secrets back: none of them, and no part of the URL, is in the reason', async () => {
    const parts = [TOKEN, SECRET_PART, 'XXXXXXXXXXXXXXXXXXXXXXXX', 'abcdef0123', 'SIGNATURE-1'];
    receiver.answer(({ path }) => ({ status: 400, body: `no_${path} ${TOKEN}` }));
    for (const settings of [slackHook(), teams(), webhook()]) {
      const said = JSON.stringify(await post(settings));
      for (const part of parts) expect(said).not.toContain(part);
    }
    receiver.answer(() => ({ status: 200, body: JSON.stringify({ ok: false, error: TOKEN }) }));
    expect(JSON.stringify(await post(slackBot()))).not.toContain('abcdefghijkl');
    receiver.answer(() => ({ status: 200, body: JSON.stringify({ ok: true, channel: TOKEN, ts: '1.1' }) }));
    expect(JSON.stringify(await post(slackBot()))).not.toContain(TOKEN);
  });

  it('is read no further than a few kilobytes', async () => {
    answers(500, 'x'.repeat(1_000_000));
    expect(JSON.stringify(await post(webhook())).length).toBeLessThan(1_000);
  });
});
