/** Callbacks of Resend: their proof, made by Svix's own library, and what each kind of event becomes. */

import { describe, expect, it } from 'vitest';
import { callbackOf, NOW, onlyEvent, type PostedCallback } from '../callbacks/callback.testing.ts';
import { hardBounce, MESSAGE, resendEvent, SECRET, signedBySvix } from './events.testing.ts';
import { createResendInbound } from './events.ts';

const inbound = createResendInbound(SECRET);
const read = (posted: PostedCallback) => inbound.read(callbackOf(posted));
const tell = async (type: string, data?: object) => onlyEvent(await read(signedBySvix(resendEvent(type, data))));

describe('the proof', () => {
  const delivered = resendEvent('email.delivered');
  const good = signedBySvix(delivered);

  it.each<[string, PostedCallback]>([
    ['none', { body: good.body }],
    ['another secret', signedBySvix(delivered, { secret: `whsec_${btoa('another secret of Resend')}` })],
    ['another body', { ...good, body: good.body.replace('delivered', 'complained') }],
    ['another id', { ...good, headers: { ...good.headers, 'svix-id': 'msg_other' } }],
    ['a later time', { ...good, headers: { ...good.headers, 'svix-timestamp': String(NOW / 1_000 + 1) } }],
    ['a signature cut short', { ...good, headers: { ...good.headers, 'svix-signature': 'v1,' } }],
    ['a time that is none', { ...good, headers: { ...good.headers, 'svix-timestamp': 'now' } }],
    ['five minutes ago', signedBySvix(delivered, { at: NOW - 301_000 })],
    ['five minutes ahead', signedBySvix(delivered, { at: NOW + 301_000 })],
  ])('%s is refused', async (_, posted) => {
    expect(await read(posted)).toMatchObject({ kind: 'refused' });
  });

  it('is one of several, while one secret takes the place of another, and may be five minutes old', async () => {
    const { headers, ...posted } = signedBySvix(delivered, { at: NOW - 300_000 });
    const signatures = `v1,bm90IHRoaXMgb25l ${headers?.['svix-signature']}`;
    const result = await read({ ...posted, headers: { ...headers, 'svix-signature': signatures } });
    expect(result).toMatchObject({ kind: 'events' });
  });

  it('says nothing of what it proves', async () => {
    for (const body of ['', 'no JSON', '[]', '1', 'null']) {
      expect(await read(signedBySvix(body))).toMatchObject({ kind: 'garbage' });
    }
  });
});

it('tells of which message and when, and repeats itself under one id', async () => {
  expect(await tell('email.delivered', { to: ['Ada <delivered@resend.dev>'] })).toEqual({
    ...{ kind: 'delivered', at: Date.parse('2026-11-30T11:59:58.126Z'), data: {} },
    eventId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    about: { messageId: MESSAGE, providerMessageId: '56761188-7520-42d8-8898-ff6fc54ce618' },
  });
});

describe('an event, which has all recipients of its request,', () => {
  const to = ['Ada <a@x.example>', 'b@x.example'];
  const tellOfAll = async (type: string, data: object) => {
    const result = await read(signedBySvix(resendEvent(type, { to, ...data })));
    return result.kind === 'events' ? result.feedback : [];
  };
  const bounced = (...diagnosticCode: string[]) =>
    tellOfAll('email.bounced', { bounce: { ...hardBounce.bounce, diagnosticCode } });

  it.each(['email.delivered', 'email.complained', 'email.opened'])('%s, is about none of them', async (type) => {
    const [event, ...others] = await tellOfAll(type, {});
    expect(event).not.toHaveProperty('recipient');
    expect(others).toEqual([]);
  });

  it('is about each of whom the server names', async () => {
    expect(
      await bounced('smtp; 550 5.1.1 <B@x.example>: unknown', 'smtp; 550 5.7.1 a@x.example: blocked'),
    ).toMatchObject([
      { recipient: 'B@x.example', data: { class: 'hard', enhanced: '5.1.1' } },
      { recipient: 'a@x.example', data: { class: 'policy', enhanced: '5.7.1' } },
    ]);
  });

  it('is about who stands nowhere else, as `bcc` does, and never about the sender or who helps', async () => {
    expect(await bounced('smtp; 550 5.1.1 <hidden@x.example>: unknown')).toMatchObject([
      { recipient: 'hidden@x.example' },
    ]);
    for (const said of ['<onboarding@resend.dev>: unknown', 'unknown, ask postmaster@x.example', 'no such user']) {
      const [event, ...others] = await bounced(`smtp; 550 5.1.1 ${said}`);
      expect(event).toMatchObject({ kind: 'bounced', data: { enhanced: '5.1.1' } });
      expect(event).not.toHaveProperty('recipient');
      expect(others).toEqual([]);
    }
  });
});

describe('a bounce is', () => {
  const bounce = (more: object) => tell('email.bounced', { bounce: { ...hardBounce.bounce, ...more } });
  const bare = { diagnosticCode: [] };

  it('hard, with what the server said', async () => {
    expect((await bounce({})).data).toEqual({
      ...{ class: 'hard', code: 550, enhanced: '5.1.1' },
      diagnostic: '550 5.1.1 <delivered@resend.dev>: user unknown',
    });
    expect((await bounce(bare)).data).toMatchObject({ class: 'hard', diagnostic: hardBounce.bounce.message });
  });

  it.each<[string, object]>([
    ['soft', { ...bare, type: 'Transient', subType: 'MailboxFull' }],
    ['soft', { type: 'Transient', subType: 'General' }],
    ['soft', { ...bare, type: 'Undetermined', subType: 'Undetermined' }],
    ['policy', { ...bare, type: 'Transient', subType: 'ContentRejected' }],
    ['policy', { ...bare, type: 'Transient', subType: 'MessageTooLarge' }],
    ['policy', { diagnosticCode: ['smtp; 550 5.7.1 Message blocked: spam'] }],
    ['vendor-suppressed', { subType: 'OnAccountSuppressionList' }],
    [
      'vendor-suppressed',
      { ...bare, message: 'Resend has suppressed sending to this address because it is on the suppression list' },
    ],
  ])('%s with %j', async (reason, more) => {
    expect((await bounce(more)).data).toMatchObject({ class: reason });
  });

  it('of what is not sent at all, never the fault of the address', async () => {
    const suppressed = { diagnosticCode: [], message: 'On the list.', reason: 'previous_bounce', type: 'Suppressed' };
    expect(await tell('email.suppressed', { suppressed })).toMatchObject({
      kind: 'bounced',
      data: { class: 'vendor-suppressed', diagnostic: 'On the list.' },
    });
    expect(await tell('email.failed', { failed: { reason: 'reached_daily_quota' } })).toMatchObject({
      kind: 'bounced',
      data: { class: 'policy', diagnostic: 'reached_daily_quota' },
    });
  });
});

it('tells complaints, delays, and who reads', async () => {
  expect(await tell('email.complained')).toMatchObject({ kind: 'complained' });
  expect(await tell('email.delivery_delayed')).toMatchObject({ kind: 'delivery_delayed' });
  expect(await tell('email.opened')).toMatchObject({ kind: 'opened', data: { actor: 'unknown' } });
  const click = { ipAddress: '122.115.53.11', link: 'https://resend.com', timestamp: '2026-11-30T11:59:58Z' };
  const userAgent = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36';
  expect(await tell('email.clicked', { click: { ...click, userAgent } })).toMatchObject({
    kind: 'clicked',
    data: { url: 'https://resend.com', userAgent, actor: 'human' },
  });
});

it.each(['email.sent', 'email.scheduled', 'contact.created', 'domain.updated', 'constructor', '__proto__', ''])(
  'counts %j and makes nothing of it',
  async (type) => {
    expect(await read(signedBySvix(resendEvent(type)))).toEqual({ kind: 'events', feedback: [], unknown: 1 });
  },
);

it.each([{ data: null }, { data: { to: 'a@x.example', tags: [] } }, { data: { to: [1, {}, null] } }])(
  'reads %j as far as it goes',
  async (odd) => {
    expect(await read(signedBySvix({ type: 'email.bounced', created_at: 'today', ...odd }))).toMatchObject({
      feedback: expect.arrayContaining([expect.objectContaining({ at: NOW, about: {}, data: { class: 'soft' } })]),
    });
  },
);
