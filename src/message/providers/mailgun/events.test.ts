/** Callbacks of Mailgun: their proof, the token that is good once, and what each kind of event becomes. */

import { describe, expect, it } from 'vitest';
import { callbackOf, NOW, onlyEvent, type PostedCallback } from '../callbacks/callback.testing.ts';
import { hardBounce, MESSAGE, mailgunEvent, SIGNING_KEY, signedByMailgun } from './events.testing.ts';
import { createMailgunInbound } from './events.ts';

const inbound = createMailgunInbound(SIGNING_KEY);
const read = (posted: PostedCallback) => inbound.read(callbackOf(posted));
const tell = async (event: string, more?: object) => onlyEvent(await read(signedByMailgun(mailgunEvent(event, more))));

describe('the proof', () => {
  const delivered = mailgunEvent('delivered');
  const good = signedByMailgun(delivered);
  const signed = (signature: unknown): PostedCallback => ({
    body: JSON.stringify({ signature, 'event-data': delivered }),
  });
  const parsed = JSON.parse(good.body) as { signature: { timestamp: string; token: string; signature: string } };
  const { signature } = parsed;

  it.each<[string, PostedCallback]>([
    ['none', signed(undefined)],
    ['no JSON', { body: 'timestamp=1' }],
    ['an empty body', { body: '' }],
    ['another key', signedByMailgun(delivered, { key: 'another' })],
    ['another token', signed({ ...signature, token: 'another' })],
    ['another time', signed({ ...signature, timestamp: String(NOW / 1_000 + 1) })],
    ['a digit moved from the time to the token', signed(moved(signature))],
    ['a signature that is none', signed({ ...signature, signature: ['a'] })],
    ['no token', signedByMailgun(delivered, { token: '' })],
    ['a token of any length', signedByMailgun(delivered, { token: 'x'.repeat(201) })],
    ['fifteen minutes ago', signedByMailgun(delivered, { at: NOW - 901_000 })],
    ['fifteen minutes ahead', signedByMailgun(delivered, { at: NOW + 901_000 })],
  ])('%s is refused', async (_, posted) => {
    expect(await read(posted)).toMatchObject({ kind: 'refused' });
  });

  it('is by the key of a subaccount, or of the account above it', async () => {
    const ofSubaccount = JSON.parse(signedByMailgun(delivered, { key: 'of the subaccount' }).body) as typeof parsed;
    const posted = (parent: string) =>
      signed({ ...ofSubaccount.signature, 'parent-signature': parent }) as Parameters<typeof read>[0];
    expect(await read(posted(signature.signature))).toMatchObject({ kind: 'events', token: {} });
    expect(await read(posted(ofSubaccount.signature.signature))).toMatchObject({
      kind: 'refused',
      reason: 'wrong_proof',
    });
    const own = createMailgunInbound('of the subaccount');
    expect(await own.read(callbackOf(posted(signature.signature)))).toMatchObject({ kind: 'events' });
  });

  it('is taken for fifteen minutes, and its token is kept as long', async () => {
    const at = NOW - 900_000;
    expect(await read(signedByMailgun(delivered, { at }))).toMatchObject({
      token: { id: `mailgun ${signature.token}`, until: NOW },
    });
    expect(await read(signedByMailgun(mailgunEvent('accepted')))).toMatchObject({ unknown: 1, token: {} });
  });

  it('says nothing of what it proves', async () => {
    for (const event of [undefined, null, [], 'delivered']) {
      expect(await read(signedByMailgun(event))).toMatchObject({ kind: 'garbage' });
    }
  });
});

/** The same text is signed. */
function moved({ timestamp, token, ...rest }: { timestamp: string; token: string }) {
  return { ...rest, timestamp: timestamp.slice(0, -1), token: timestamp.slice(-1) + token };
}

it('tells of whom, of which message and when, and repeats itself under one id', async () => {
  const id = '<20130503182626.18666.16540@sandbox.example>';
  expect(await tell('delivered')).toEqual({
    ...{ kind: 'delivered', at: NOW - 8_847, recipient: 'alice@example.com', data: {} },
    eventId: 'DACSsAdVSeGpLid7TN03WA',
    about: { messageId: MESSAGE, providerMessageId: id, messageIdHeader: id },
  });
});

describe('a failure is', () => {
  it('a hard bounce where it is permanent, with what the server said', async () => {
    expect(await tell('failed', hardBounce)).toMatchObject({
      kind: 'bounced',
      data: {
        ...{ class: 'hard', code: 550, enhanced: '5.1.1' },
        diagnostic: '5.1.1 The email account that you tried to reach does not exist. 5.1.1 Please check it.',
      },
    });
  });

  it('a delay where it is temporary', async () => {
    const status = { code: 498, description: 'No MX for example.com', message: 'No MX for example.com' };
    const more = { severity: 'temporary', reason: 'generic', 'delivery-status': status };
    expect(await tell('failed', more)).toMatchObject({
      kind: 'delivery_delayed',
      data: { class: 'soft', code: 498, diagnostic: 'No MX for example.com' },
    });
  });

  const suppressed = { code: 605, message: '', description: 'Not delivering to previously bounced address' };
  const status = hardBounce['delivery-status'];
  it.each<[string, object]>([
    ['vendor-suppressed', { reason: 'suppress-bounce', 'delivery-status': suppressed }],
    ['vendor-suppressed', { reason: 'suppress-unsubscribe', 'delivery-status': { ...suppressed, code: 606 } }],
    ['vendor-suppressed', { reason: 'suppress-complaint', 'delivery-status': { ...suppressed, code: 607 } }],
    ['vendor-suppressed', { reason: 'generic', 'delivery-status': suppressed }],
    ['policy', { reason: 'espblock' }],
    ['policy', { 'delivery-status': { ...status, message: '5.7.1 blocked: spam', code: 554 } }],
    ['soft', { 'delivery-status': { ...status, message: '5.2.2 mailbox full', code: 552 } }],
    ['hard', { 'delivery-status': { code: 498, message: 'No MX for nowhere.example' } }],
    ['soft', { reason: 'old', 'delivery-status': { code: 602, message: 'Too old' } }],
    ['hard', { reason: 'generic', 'delivery-status': null }],
  ])('%s with %j', async (reason, more) => {
    expect((await tell('failed', { ...hardBounce, ...more })).data).toMatchObject({ class: reason });
  });

  it('of the vendor’s making where it rejects the message', async () => {
    const reject = { reason: 'Sandbox subdomains are for test purposes only.', description: '' };
    expect(await tell('rejected', { reject })).toMatchObject({
      kind: 'bounced',
      data: { class: 'policy', diagnostic: reject.reason },
    });
  });
});

it('tells complaints, unsubscriptions, and who reads', async () => {
  expect(await tell('complained')).toMatchObject({ kind: 'complained' });
  expect(await tell('unsubscribed')).toMatchObject({ kind: 'unsubscribed' });
  const client = { 'client-type': 'browser', 'user-agent': 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_13_6)', bot: '' };
  const opened = (more: object) => tell('opened', { 'client-info': { ...client, ...more } });
  expect(await opened({})).toMatchObject({ kind: 'opened', data: { actor: 'human' } });
  expect(await opened({ bot: 'apple' })).toMatchObject({ data: { actor: 'machine' } });
  expect(await opened({ 'client-type': 'robot' })).toMatchObject({ data: { actor: 'machine' } });
  expect(await tell('clicked', { url: 'https://example.com/test' })).toMatchObject({
    kind: 'clicked',
    data: { url: 'https://example.com/test', actor: 'unknown' },
  });
});

it.each(['accepted', 'stored', 'list_member_uploaded', 'constructor', ''])(
  'counts %j and makes nothing of it',
  async (event) => {
    expect(await read(signedByMailgun(mailgunEvent(event)))).toMatchObject({ feedback: [], unknown: 1 });
  },
);
