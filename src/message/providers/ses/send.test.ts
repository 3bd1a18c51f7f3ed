/** What Amazon SES is given of a message, against a server that speaks its API as documented. */

import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { signatureFault } from '../../../../test/aws-signature.ts';
import { createVendor, type Vendor } from '../../../../test/vendor.ts';
import { systemClock } from '../../../core/clock.ts';
import { createStopping } from '../../../core/stop.ts';
import { createProvider, targetOf } from '../index.ts';
import { parcelFor } from '../provider.suite.ts';
import type { Provider } from '../provider.ts';
import { sesAnswers } from './answers.testing.ts';

const never = createStopping();
const access = { region: 'eu-central-1', accessKeyId: 'AKTEST', secretAccessKey: 'planted / and +' };
const id = '0193f2f0-0000-7000-8000-000000000001';
const tenant = '0193f2f0-0000-7000-8000-0000000000aa';

let vendor: Vendor;
let provider: Provider;
const provide = (settings: object = {}) =>
  createProvider('mail', { type: 'ses', ...access, endpoint: vendor.endpoint, ...settings }, { clock: systemClock });
beforeEach(async () => {
  vendor = await createVendor({ taken: () => sesAnswers.accepted });
  provider = provide();
});
afterEach(async () => {
  await provider.close();
  await vendor.close();
});

const given = () => JSON.parse(vendor.taken[0]?.body ?? '');
const message = 'From: a@example.com\r\nTo: ann@example.com\r\nSubject: =?utf-8?q?=C3=BC?=\r\n\r\n.a\r\n';

it('is given the whole message, its recipients, its id, its tenant and its tags', async () => {
  const parcel = parcelFor(['ann@example.com', 'hidden@example.com'], {
    tags: ['order', 'big_shop'],
    mime: async () => Readable.from([Buffer.from(message.slice(0, 20)), Buffer.from(message.slice(20))]),
  });
  const { outcomes, ids } = await provider.send(parcel, never);
  expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(['delivered', 'delivered']);
  expect([...new Set(ids?.values())]).toEqual(['010701abc-0a1b2c3d-0000-4000-8000-000000000000-000000']);
  expect(vendor.taken[0]).toMatchObject({ method: 'POST', path: '/v2/email/outbound-emails' });
  expect(given()).toEqual({
    Destination: { ToAddresses: ['ann@example.com', 'hidden@example.com'] },
    Content: { Raw: { Data: Buffer.from(message).toString('base64') } },
    EmailTags: [
      { Name: 'iep-message', Value: id },
      { Name: 'iep-tenant', Value: tenant },
      { Name: 'tag-1', Value: 'order' },
      { Name: 'tag-2', Value: 'big_shop' },
    ],
  });
});

it.each([{}, { sessionToken: 'a session' }])('signs what it asks: %j', async (settings) => {
  provider = provide(settings);
  await provider.send(parcelFor(['x@example.com']), never);
  vendor.script(() => sesAnswers.account);
  await provider.check();
  const mustSign = ['host', 'x-amz-date', ...('sessionToken' in settings ? ['x-amz-security-token'] : [])];
  const faults = vendor.calls.map((call) => signatureFault(call, { ...access, service: 'ses', mustSign }));
  expect(faults).toEqual([undefined, undefined]);
  expect(signatureFault({ ...vendor.calls[0], body: '{}' } as never, { ...access, service: 'ses', mustSign })).toBe(
    'SignatureDoesNotMatch',
  );
});

it('names the configuration set in the header, which SES takes out again, and beside it', async () => {
  provider = provide({ configurationSet: 'iep-mail' });
  await provider.send(parcelFor(['x@example.com'], { mime: async () => Buffer.from(message) }), never);
  expect(given().ConfigurationSetName).toBe('iep-mail');
  const sent = Buffer.from(given().Content.Raw.Data, 'base64').toString();
  expect(sent).toBe(`X-SES-CONFIGURATION-SET: iep-mail\r\n${message}`);
});

it.each([
  [
    'a field it acts on',
    { headers: [['X-SES-Configuration-Set', 'evil']] as const },
    /acts on .* X-SES-Configuration-Set itself\.$/,
  ],
  ['a tag outside of its letters', { tags: ['big shop'] }, /tags of ASCII letters, .* unlike "big shop"\.$/],
  ['a header that needs SMTPUTF8', { utf8Header: true }, /headers in ASCII alone/],
  ['too much, in memory', { mime: async () => Buffer.alloc(31 * 1024 * 1024) }, /takes 30 MiB/],
  ['too much, as it comes', { mime: async () => Readable.from([Buffer.alloc(31 * 1024 * 1024)]) }, /takes 30 MiB/],
])('is rejected with a sentence before anything is sent: %s', async (_what, changes, sentence) => {
  const { outcomes } = await provider.send(parcelFor(['x@example.com'], changes), never);
  expect(outcomes.get(1)).toMatchObject({
    ...{ kind: 'rejected', bounce: 'content' },
    reply: { text: expect.stringMatching(sentence) },
  });
  expect(vendor.connections.opened).toBe(0);
});

it('refuses an address outside of ASCII alone, and the others go', async () => {
  const { outcomes } = await provider.send(parcelFor(['jörg@example.com', 'x@example.com']), never);
  expect([outcomes.get(1)?.kind, outcomes.get(3)?.kind]).toEqual(['rejected', 'delivered']);
  expect(given().Destination.ToAddresses).toEqual(['x@example.com']);
});

it('holds against no address that an address was refused which nobody named: it may be the sender', async () => {
  vendor.script(() => sesAnswers.illegalAddress);
  const { outcomes } = await provider.send(parcelFor(['x@example.com', 'y@example.com']), never);
  expect([...outcomes.values()]).toMatchObject([
    { kind: 'rejected', bounce: 'other' },
    { kind: 'rejected', bounce: 'other' },
  ]);
});

it.each([
  [
    'paused',
    sesAnswers.paused,
    { ok: false, account: true },
    /sending is paused in eu-central-1\. Settle that at AWS\.$/,
  ],
  ['shut down', sesAnswers.shutDown, { ok: false, account: true }, /sending is paused in eu-central-1/],
  ['in the sandbox', sesAnswers.sandbox, { ok: true }, /is in the sandbox, where only verified addresses get mail/],
  ['under review', sesAnswers.underReview, { ok: true }, /under review in eu-central-1\.$/],
] as const)('its check says that the account is %s', async (_what, answer, health, detail) => {
  vendor.script(() => answer);
  expect(await provider.check()).toEqual({ ...health, detail: expect.stringMatching(detail) });
});

it('goes to the endpoint of its region', () => {
  expect(targetOf({ type: 'ses', region: 'eu-central-1' })).toBe('email.eu-central-1.amazonaws.com');
  expect(targetOf({ type: 'ses', region: 'cn-north-1' })).toBe('email.cn-north-1.amazonaws.com.cn');
});

it.each([{ accessKeyId: 'AK' }, { secretAccessKey: 's' }, { sessionToken: 't' }])(
  'does not begin with a part of its credentials: %j',
  (part) => {
    expect(() =>
      createProvider('mail', { type: 'ses', region: 'eu-central-1', ...part }, { clock: systemClock }),
    ).toThrow(/both accessKeyId and secretAccessKey/);
  },
);
