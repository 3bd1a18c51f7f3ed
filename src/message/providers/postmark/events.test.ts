/** Callbacks of Postmark: the login that proves them, and what each kind of event becomes. */

import { describe, expect, it } from 'vitest';
import { callbackOf, NOW, onlyEvent, type PostedCallback } from '../callbacks/callback.testing.ts';
import {
  bounce,
  click,
  complaint,
  delivery,
  fromPostmark,
  LOGIN,
  MESSAGE,
  open,
  subscriptionChange,
} from './events.testing.ts';
import { createPostmarkInbound } from './events.ts';

const inbound = createPostmarkInbound(LOGIN);
const read = (posted: PostedCallback) => inbound.read(callbackOf(posted));
const tell = async (event: object) => onlyEvent(await read(fromPostmark(event)));

describe('the login', () => {
  const encoded = Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64');
  it.each<[string, PostedCallback]>([
    ['none', { body: JSON.stringify(delivery) }],
    ['another user', fromPostmark(delivery, { ...LOGIN, user: 'somebody' })],
    ['another password', fromPostmark(delivery, { ...LOGIN, password: 'another' })],
    ['the password alone', fromPostmark(delivery, { ...LOGIN, user: '' })],
    ['another scheme', { body: '{}', headers: { authorization: `Bearer ${encoded}` } }],
    ['nothing behind the scheme', { body: '{}', headers: { authorization: 'Basic ' } }],
  ])('%s is refused', async (_, posted) => {
    expect(await read(posted)).toMatchObject({ kind: 'refused' });
  });

  it('is read in any spelling of its scheme, and says nothing of the body', async () => {
    const headers = { authorization: `basic  ${encoded}` };
    expect(await read({ headers, body: JSON.stringify(delivery) })).toMatchObject({ kind: 'events' });
    for (const body of ['', 'no JSON', '[]', 'null'])
      expect(await read({ headers, body })).toMatchObject({ kind: 'garbage' });
  });
});

it('tells of whom, of which message and when', async () => {
  expect(await tell(delivery)).toEqual({
    ...{ kind: 'delivered', at: NOW - 9_727, recipient: 'john@example.com', data: {} },
    about: { messageId: MESSAGE, providerMessageId: '883953f4-6105-42a2-a16a-77a8eac79483' },
  });
});

describe('a bounce is', () => {
  it('hard, with what the server said, under its id', async () => {
    expect(await tell(bounce('HardBounce'))).toMatchObject({
      ...{ kind: 'bounced', eventId: '4323372036854', recipient: 'john@example.com', at: NOW - 10_000 },
      data: {
        ...{ class: 'hard', code: 550, enhanced: '5.1.1' },
        diagnostic: '550 5.1.1 The email account that you tried to reach does not exist.',
      },
    });
  });

  it.each<[string, string, string]>([
    ['hard', 'HardBounce', 'Test bounce details'],
    ['hard', 'BadEmailAddress', ''],
    ['policy', 'HardBounce', 'smtp;550 5.7.1 Message rejected due to local policy'],
    ['soft', 'SoftBounce', 'smtp;552 5.2.2 The email account is over quota'],
    ['policy', 'SoftBounce', 'smtp;554 5.7.1 blocked using a list of spammers'],
    ['soft', 'Transient', 'smtp;451 try again later'],
    ['soft', 'DnsError', ''],
    ['policy', 'SpamNotification', 'smtp;550 5.1.1 spam'],
    ['policy', 'Blocked', ''],
    ['policy', 'DMARCPolicy', ''],
    ['vendor-suppressed', 'ManuallyDeactivated', ''],
    ['vendor-suppressed', 'SMTPApiError', 'You tried to send to a recipient that has been marked as inactive.'],
  ])('%s: %s, %j', async (reason, type, Details) => {
    expect(await tell(bounce(type, { Details }))).toMatchObject({ kind: 'bounced', data: { class: reason } });
  });

  it.each([
    ['complained', 'SpamComplaint'],
    ['unsubscribed', 'Unsubscribe'],
    ['auto_reply', 'AutoResponder'],
    ['challenge', 'ChallengeVerification'],
  ])('none where it is %s', async (kind, type) => {
    expect(await tell(bounce(type))).toMatchObject({ kind, data: {} });
  });
});

it('tells complaints, and who reads', async () => {
  expect(await tell(complaint)).toMatchObject({ kind: 'complained', eventId: '42', recipient: 'john@example.com' });
  expect(await tell(open)).toMatchObject({ kind: 'opened', data: { actor: 'human', userAgent: open.UserAgent } });
  const machine = {
    ...open,
    UserAgent: 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
  };
  expect(await tell(machine)).toMatchObject({ data: { actor: 'machine' } });
  expect(await tell(click)).toMatchObject({ kind: 'clicked', data: { url: 'https://example.com', actor: 'human' } });
});

it('tells who is not to be mailed any more, and why', async () => {
  expect(await tell(subscriptionChange())).toMatchObject({ kind: 'unsubscribed', at: NOW - 10_000 });
  expect(await tell(subscriptionChange({ SuppressionReason: 'SpamComplaint' }))).toMatchObject({ kind: 'complained' });
  expect(await tell(subscriptionChange({ SuppressionReason: 'HardBounce' }))).toMatchObject({
    kind: 'bounced',
    data: { class: 'vendor-suppressed' },
  });
});

it.each([
  subscriptionChange({ SuppressSending: false, SuppressionReason: null }),
  bounce('OpenRelayTest'),
  bounce('__proto__'),
  { RecordType: 'Inbound', FromFull: { Email: 'from@example.org' } },
  { RecordType: 'constructor' },
  {},
])('counts %j and makes nothing of it', async (event) => {
  expect(await read(fromPostmark(event))).toEqual({ kind: 'events', feedback: [], unknown: 1 });
});
