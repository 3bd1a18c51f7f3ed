/** Callbacks of SNS: which are believed, what is fetched for them, and what is not. */

import { EventEmitter } from 'node:events';
import https from 'node:https';
import SnsValidator from 'sns-validator';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { snsCertificate, snsMessage, startSns, type TestSns, topicArn } from '../../../../test/sns.ts';
import { callbackOf, NOW } from '../callbacks/callback.testing.ts';
import type { Inbound } from '../inbound.ts';
import { sesEvents } from './events.testing.ts';
import { ses } from './type.ts';

let sns: TestSns;
let inbound: Inbound;
const provide = (events: object) =>
  ses.inbound?.(ses.settings.parse({ type: 'ses', region: 'eu-central-1', events })) as Inbound;
beforeEach(async () => {
  sns = await startSns();
  inbound = provide({ topicArns: [topicArn], certificateUrlPrefix: sns.prefix });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await sns.close();
});

const read = (body: string, now = NOW) => inbound.read(callbackOf({ body, now }));
const bounce = { Message: JSON.stringify(sesEvents.bounce) };

it.each(['1', '2'])(
  'believes a signature of version %s, and fetches its certificate once',
  async (SignatureVersion) => {
    const posted = sns.post({ ...bounce, SignatureVersion });
    expect(await read(posted)).toMatchObject({ kind: 'events', feedback: [{ kind: 'bounced' }], unknown: 0 });
    expect(await read(sns.post({ ...bounce, SignatureVersion, Subject: 'Amazon SES' }))).toMatchObject({
      kind: 'events',
    });
    expect(sns.asked).toHaveLength(1);
  },
);

it.each([
  ['another message', { Message: '{"eventType":"Bounce"}' }],
  ['another id', { MessageId: 'x' }],
  ['another time', { Timestamp: '2026-11-30T12:00:01.000Z' }],
  ['a subject', { Subject: 'x' }],
  ['another version of the signature', { SignatureVersion: '1' }],
  ['a version that there is not', { SignatureVersion: '3' }],
  ['the name of a member of all objects as version', { SignatureVersion: 'constructor' }],
  ['no signature', { Signature: '' }],
  ['no text as signature', { Signature: 7 }],
  ['another type', { Type: 'UnsubscribeConfirmation' }],
  ['no message', { Message: undefined }],
  ['no text as message', { Message: { a: 1 } }],
])('refuses %s behind the signature', async (_what, afterwards) => {
  expect(await read(sns.post(bounce, afterwards))).toMatchObject({ kind: 'refused' });
});

it.each([
  ['another topic', { TopicArn: 'arn:aws:sns:eu-central-1:123456789012:other' }],
  ['a certificate of another host', { SigningCertURL: 'https://sns.example.com/a.pem' }],
  ['a certificate of no URL', { SigningCertURL: 'a.pem' }],
  ['a certificate by a user name', { SigningCertURL: 'https://sns.eu-central-1.amazonaws.com@example.com/a.pem' }],
])('refuses %s, and fetches nothing', async (_what, changes) => {
  expect(await read(sns.post({ ...bounce, ...changes }))).toMatchObject({ kind: 'refused' });
  expect(sns.asked).toEqual([]);
});

it.each(['', 'x', '[]', 'null', '7', `"${'x'.repeat(100)}"`, '{"Type":'])(
  'refuses what SNS does not post: %s',
  async (body) => {
    expect(await read(body)).toMatchObject({ kind: 'refused' });
  },
);

it('refuses a body that is larger than any of SNS', async () => {
  expect(await read(sns.post({ Message: 'x'.repeat(1024 * 1024) }))).toMatchObject({ kind: 'refused' });
  expect(sns.asked).toEqual([]);
});

it('takes certificates from the hosts of SNS in the region of the topic, and from nowhere else, where nothing else is set', async () => {
  inbound = provide({ topicArns: [topicArn] });
  for (const url of [
    ...[sns.prefix, 'http://sns.eu-central-1.amazonaws.com/', 'https://sns.us-east-1.amazonaws.com/'],
    ...['https://sns.eu-central-1.amazonaws.com:8443/', 'https://sns.eu-central-1.amazonaws.com.example.com/'],
  ])
    expect(await read(JSON.stringify(snsMessage(url, bounce))), url).toMatchObject({ kind: 'refused' });
  expect(sns.asked).toEqual([]);
});

it('a prefix is one of a path, not of a text', async () => {
  inbound = provide({ topicArns: [topicArn], certificateUrlPrefix: `${sns.prefix}certificates/` });
  expect(await read(sns.post(bounce))).toMatchObject({ kind: 'refused' });
  const outside = { SigningCertURL: `${sns.prefix}certificates/../SimpleNotificationService-0123456789abcdef.pem` };
  expect(await read(sns.post({ ...bounce, ...outside }))).toMatchObject({ kind: 'refused' });
  expect(sns.asked).toEqual([]);
});

it('has SNS come again where the certificate cannot be had, and asks no more for it meanwhile', async () => {
  sns.fail(404);
  for (let times = 0; times < 3; times += 1)
    expect(await read(sns.post(bounce))).toMatchObject({
      kind: 'later',
      why: expect.stringMatching(/cannot be had .*\.$/),
    });
  expect(sns.asked).toHaveLength(1);
  sns.fail();
  expect(await read(sns.post(bounce), NOW + 31_000)).toMatchObject({ kind: 'events' });
});

it('asks for few certificates at once, whatever is posted', async () => {
  const posts = Array.from({ length: 40 }, (_, n) =>
    read(sns.post({ ...bounce, SigningCertURL: `${sns.prefix}${n}.pem` })),
  );
  expect(new Set((await Promise.all(posts)).map(({ kind }) => kind))).toEqual(new Set(['later']));
  expect(sns.asked.length).toBeLessThanOrEqual(4);
});

it('confirms a subscription of its topic by itself', async () => {
  expect(await read(sns.post({ Type: 'SubscriptionConfirmation' }))).toEqual({
    kind: 'events',
    feedback: [],
    unknown: 0,
  });
  expect(sns.asked.at(-1)).toBe(`/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=token`);
});

it('confirms none that is not signed, nor one that leads elsewhere', async () => {
  const type = { Type: 'SubscriptionConfirmation' };
  expect(await read(sns.post(type, { SubscribeURL: `${sns.prefix}?Action=Other` }))).toMatchObject({ kind: 'refused' });
  expect(await read(sns.post({ ...type, SubscribeURL: 'http://169.254.169.254/' }))).toMatchObject({ kind: 'garbage' });
  expect(sns.asked).toHaveLength(1);
});

it('has SNS come again where it cannot confirm', async () => {
  await read(sns.post(bounce));
  sns.fail(500);
  expect(await read(sns.post({ Type: 'SubscriptionConfirmation' }))).toMatchObject({
    ...{ kind: 'later', why: expect.stringMatching(/: it answered 500\.$/) },
  });
});

it.each([
  ['the end of a subscription', { Type: 'UnsubscribeConfirmation' }],
  [
    'what SES says when a topic is set up',
    { Message: 'Successfully validated SNS topic for Amazon SES event publishing.' },
  ],
])('counts %s and changes nothing', async (_what, changes) => {
  expect(await read(sns.post(changes))).toEqual({ kind: 'events', feedback: [], unknown: 1 });
  expect(sns.asked).toHaveLength(1);
});

it('believes what the validator of AWS believes', async () => {
  const certificates = vi.spyOn(https, 'get').mockImplementation(((_url: string, answer: (from: unknown) => void) => {
    const response = Object.assign(new EventEmitter(), { statusCode: 200 });
    answer(response);
    response.emit('data', snsCertificate);
    response.emit('end');
    return new EventEmitter();
  }) as never);
  const validator = new SnsValidator();
  const isValid = (message: object) =>
    new Promise((resolve) => validator.validate({ ...message }, (error: unknown) => resolve(error === null)));
  for (const changes of [bounce, { Subject: 'a' }, { SignatureVersion: '1' }, { Type: 'SubscriptionConfirmation' }]) {
    const message = snsMessage('https://sns.eu-central-1.amazonaws.com/', { Message: 'x', ...changes });
    expect(await isValid(message)).toBe(true);
    expect(await isValid({ ...message, Timestamp: 'later' })).toBe(false);
  }
  expect(certificates).toHaveBeenCalledOnce();
});
