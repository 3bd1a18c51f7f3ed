/** Callbacks of SendGrid: their proof, with one that SendGrid published, and what each kind of event becomes. */

import { generateKeyPairSync } from 'node:crypto';
import { EventWebhook } from '@sendgrid/eventwebhook';
import { describe, expect, it } from 'vitest';
import { callbackOf, NOW, onlyEvent, type PostedCallback, withTurns } from '../callbacks/callback.testing.ts';
import { hardBounce, keys, MESSAGE, PUBLIC_KEY, published, sendgridEvent, signedBySendgrid } from './events.testing.ts';
import { createSendgridInbound } from './events.ts';
import { readPublicKey } from './public-key.ts';

const inbound = createSendgridInbound(keys.publicKey);
const read = (posted: PostedCallback) => inbound.read(callbackOf(posted));
const tell = async (event: string, more?: object) =>
  onlyEvent(await read(signedBySendgrid([sendgridEvent(event, more)])));

const SIGNATURE = 'x-twilio-email-event-webhook-signature';
const TIMESTAMP = 'x-twilio-email-event-webhook-timestamp';

describe('the proof', () => {
  const good = signedBySendgrid([sendgridEvent('delivered')]);
  const withHeader = (name: string, value: string): PostedCallback => ({
    ...good,
    headers: { ...good.headers, [name]: value },
  });

  it('is that of a callback that SendGrid published', async () => {
    const key = readPublicKey(published.publicKey);
    if (key === undefined) throw new Error('expected a key');
    expect(await createSendgridInbound(key).read(callbackOf(published))).toMatchObject({
      feedback: [{ kind: 'bounced', recipient: 'hello@world.com', data: { class: 'vendor-suppressed' } }],
    });
    expect(await read(published)).toMatchObject({ kind: 'refused' });
  });

  it('is one to the library of SendGrid where it is one here, and none where it is none', async () => {
    const library = new EventWebhook();
    const key = library.convertPublicKeyToECDSA(PUBLIC_KEY);
    const another = signedBySendgrid([sendgridEvent('open')]);
    for (const posted of [good, { ...good, body: another.body }, withHeader(TIMESTAMP, '1'), another]) {
      const [signature = '', timestamp = ''] = [SIGNATURE, TIMESTAMP].map((name) => posted.headers?.[name]);
      const isProved = (await read(posted)).kind !== 'refused';
      expect(library.verifySignature(key, posted.body, signature, timestamp)).toBe(isProved);
    }
    const ofPublished = library.convertPublicKeyToECDSA(published.publicKey);
    expect(
      library.verifySignature(ofPublished, published.body, published.headers[SIGNATURE], published.headers[TIMESTAMP]),
    ).toBe(true);
  });

  it('may be of any age: SendGrid comes again for a day', async () => {
    expect(await read(signedBySendgrid([], { at: NOW - 30 * 3_600_000 }))).toMatchObject({ kind: 'events' });
  });

  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  it.each<[string, PostedCallback]>([
    ['none', { body: good.body }],
    ['another key', signedBySendgrid([sendgridEvent('delivered')], { privateKey })],
    ['another body', { ...good, body: good.body.replace('delivered', 'spamreport') }],
    ['another time', withHeader(TIMESTAMP, String(NOW / 1_000 + 1))],
    ['a signature that is none', withHeader(SIGNATURE, 'bm9uZQ==')],
    ['an empty one', withHeader(SIGNATURE, '')],
  ])('%s is refused', async (_, posted) => {
    expect(await read(posted)).toMatchObject({ kind: 'refused' });
  });

  it('is checked with a key of P-256 and no other', () => {
    const pem = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const others = [
      generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey,
      generateKeyPairSync('ed25519').publicKey,
    ].map((key) => key.export({ type: 'spki', format: 'der' }).toString('base64'));
    expect([PUBLIC_KEY, pem].map((text) => readPublicKey(text)?.equals(keys.publicKey))).toEqual([true, true]);
    expect([...others, '', 'no key', PUBLIC_KEY.slice(0, -8)].map(readPublicKey)).toEqual(Array(5).fill(undefined));
  });

  it('says nothing of what it proves', async () => {
    for (const body of ['', 'no JSON', '{}', 'null']) {
      expect(await read(signedBySendgrid(body))).toMatchObject({ kind: 'garbage' });
    }
  });
});

it('tells of whom, of which message and when, and repeats itself under one id', async () => {
  expect(await tell('delivered', { response: '250 OK' })).toEqual({
    ...{ kind: 'delivered', at: NOW - 9_000, recipient: 'example@test.com', data: {} },
    eventId: 'delivered-ZGVsaXZlcmVkLTA',
    about: {
      ...{ messageId: MESSAGE, providerMessageId: '14c5d75ce93.dfd.64b469' },
      messageIdHeader: '<14c5d75ce93.dfd.64b469@ismtpd-555>',
    },
  });
  const newer = 'T7ZBpXKhQs6kXvTFsCGOqA.recvd-6c7c9d9f5d-abcde-1-65F1C0A1-22.0';
  expect(await tell('delivered', { sg_message_id: newer })).toMatchObject({
    about: { providerMessageId: 'T7ZBpXKhQs6kXvTFsCGOqA' },
  });
});

describe('a bounce is', () => {
  it('hard, with what the server said', async () => {
    expect((await tell('bounce', hardBounce)).data).toEqual({
      ...{ class: 'hard', code: 550, enhanced: '5.1.1', diagnostic: hardBounce.reason },
    });
  });

  it.each<[string, object]>([
    ['hard', { type: 'bounce', reason: '500 unknown recipient', status: '5.0.0' }],
    ['hard', { type: 'bounce', reason: 'Unable to get mx info', status: undefined }],
    [
      'hard',
      { type: 'blocked', reason: 'unable to get mx info: failed to get IPs from PTR record', status: undefined },
    ],
    ['policy', { ...hardBounce, reason: '550 5.7.1 Service unavailable; client blocked', status: '5.7.1' }],
    ['policy', { ...hardBounce, type: 'blocked', reason: '550 no such user here', status: '5.0.0' }],
    ['policy', { ...hardBounce, bounce_classification: 'Reputation', reason: '550 denied', status: '5.0.0' }],
    ['policy', { ...hardBounce, bounce_classification: 'Content', reason: '550 denied', status: '5.0.0' }],
    ['soft', { ...hardBounce, type: 'blocked', reason: '452 4.2.2 mailbox full', status: '4.2.2' }],
    ['soft', { type: 'expired', reason: 'Delayed Bounce - Unable to Parse Server Reason', status: undefined }],
    ['soft', { ...hardBounce, reason: '552 5.2.2 mailbox full', status: '5.2.2' }],
  ])('%s with %j', async (reason, more) => {
    expect((await tell('bounce', more)).data).toMatchObject({ class: reason });
  });

  it.each(['Bounced Address', 'Unsubscribed Address', 'Spam Reporting Address', 'Invalid', 'Spam Content'])(
    'of the vendor alone where it dropped the mail: %s',
    async (reason) => {
      expect(await tell('dropped', { reason, status: '5.0.0' })).toMatchObject({
        kind: 'bounced',
        data: { class: 'vendor-suppressed', diagnostic: reason },
      });
    },
  );
});

it('tells delays, complaints, unsubscriptions, of a group too, and who reads', async () => {
  expect(await tell('deferred', { response: '400 try again later', attempt: '5' })).toMatchObject({
    kind: 'delivery_delayed',
    data: { class: 'soft', code: 400, diagnostic: '400 try again later' },
  });
  expect(await tell('spamreport')).toMatchObject({ kind: 'complained' });
  expect(await tell('unsubscribe')).toMatchObject({ kind: 'unsubscribed' });
  expect(await tell('group_unsubscribe', { asm_group_id: 10 })).toMatchObject({ kind: 'unsubscribed' });
  const useragent = 'Mozilla/4.0 (compatible; MSIE 6.1; Windows XP; .NET CLR 1.1.4322)';
  expect(await tell('open', { useragent, sg_machine_open: false })).toMatchObject({ data: { actor: 'human' } });
  expect(await tell('open', { useragent, sg_machine_open: true })).toMatchObject({ data: { actor: 'machine' } });
  expect(await tell('open', { useragent: `${useragent} GoogleImageProxy` })).toMatchObject({
    data: { actor: 'machine' },
  });
  expect(await tell('click', { useragent, url: 'http://www.sendgrid.com/' })).toMatchObject({
    kind: 'clicked',
    data: { url: 'http://www.sendgrid.com/', actor: 'human' },
  });
});

it('counts what means nothing here, and reads the rest of the batch', async () => {
  const strange = [sendgridEvent('processed'), sendgridEvent('group_resubscribe'), 1, null, [], { event: '__proto__' }];
  const result = await read(signedBySendgrid([...strange, sendgridEvent('delivered'), { event: 'open' }]));
  expect(result).toMatchObject({ unknown: 6, feedback: [{ kind: 'delivered' }, { kind: 'opened', about: {} }] });
});

it('reads thousands of events of one batch, with room for others in between', async () => {
  const events = Array.from({ length: 10_000 }, (_, at) => sendgridEvent('delivered', { sg_event_id: `e${at}` }));
  const { result, turns } = await withTurns(() => read(signedBySendgrid(events)));
  expect(result.kind === 'events' && result.feedback.length).toBe(10_000);
  expect(turns).toBeGreaterThan(50);
});
