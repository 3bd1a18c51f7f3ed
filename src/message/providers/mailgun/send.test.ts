/** What Mailgun is given of a message, against a server that speaks its API as documented. */

import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createVendor, type Vendor } from '../../../../test/vendor.ts';
import { systemClock } from '../../../core/clock.ts';
import { createStopping } from '../../../core/stop.ts';
import { createProvider, targetOf } from '../index.ts';
import { parcelFor } from '../provider.suite.ts';
import type { Provider } from '../provider.ts';
import { mailgunAnswers } from './answers.testing.ts';

const never = createStopping();
const apiKey = 'planted-key';
const id = '0193f2f0-0000-7000-8000-000000000001';

let vendor: Vendor;
let provider: Provider;
beforeEach(async () => {
  vendor = await createVendor({ taken: () => mailgunAnswers.accepted });
  const told = { type: 'mailgun', apiKey, domain: 'example.com', endpoint: vendor.endpoint };
  provider = createProvider('mail', told, { clock: systemClock });
});
afterEach(async () => {
  await provider.close();
  await vendor.close();
});

/** As a server reads the form. */
async function form() {
  const [call] = vendor.taken;
  const request = new Response(call?.body, { headers: { 'content-type': call?.headers['content-type'] ?? '' } });
  return request.formData();
}

it('is given the whole message, its envelope, its id and its tags', async () => {
  const message = 'From: a@example.com\r\nTo: ann@example.com\r\nSubject: ü\r\n\r\n.a\r\n--iep\r\n';
  const parcel = parcelFor(['ann@example.com', 'hidden@example.com'], {
    tags: ['order', 'big shop'],
    mime: async () => Readable.from([Buffer.from(message.slice(0, 20)), Buffer.from(message.slice(20))]),
  });
  const { outcomes, ids } = await provider.send(parcel, never);
  expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(['delivered', 'delivered']);
  expect([...new Set(ids?.values())]).toEqual(['<20261129120000.1.abc@example.com>']);
  expect(vendor.taken[0]).toMatchObject({
    ...{ method: 'POST', path: '/v3/example.com/messages.mime' },
    headers: { authorization: `Basic ${Buffer.from(`api:${apiKey}`).toString('base64')}` },
  });
  const given = await form();
  expect(given.getAll('to')).toEqual(['ann@example.com', 'hidden@example.com']);
  expect(given.getAll('v:iep-message')).toEqual([id]);
  expect(given.getAll('o:tag')).toEqual(['order', 'big shop']);
  expect(await (given.get('message') as File).text()).toBe(message);
});

it('says with its own id who answered, and what to wait', async () => {
  vendor.script(() => mailgunAnswers.limited);
  const { outcomes } = await provider.send(parcelFor(['x@example.com']), never);
  expect(outcomes.get(1)).toMatchObject({ kind: 'throttled', retryAfterMs: 120_000 });
});

it.each([
  ['too many tags', { tags: Array.from({ length: 11 }, (_, n) => `t${n}`) }, /takes 10 tags, and there are 11\.$/],
  [
    'a field it acts on',
    { headers: [['X-Mailgun-Drop-Message', 'yes']] as const },
    /acts on .* X-Mailgun-Drop-Message itself\.$/,
  ],
  ['a long tag', { tags: ['x'.repeat(128), 'y'.repeat(129)] }, /tags of 128 characters, and "y+" has 129\.$/],
  ['a tag outside of ASCII', { tags: ['größe'] }, /tags in ASCII alone, unlike "größe"\.$/],
  ['too much, in memory', { mime: async () => Buffer.alloc(26 * 1024 * 1024) }, /takes 25 MiB/],
  ['too much, as it comes', { mime: async () => Readable.from([Buffer.alloc(26 * 1024 * 1024)]) }, /takes 25 MiB/],
])('is rejected with a sentence before anything is sent: %s', async (_what, changes, sentence) => {
  const { outcomes } = await provider.send(parcelFor(['x@example.com'], changes), never);
  expect(outcomes.get(1)).toMatchObject({
    kind: 'rejected',
    bounce: 'content',
    reply: { text: expect.stringMatching(sentence) },
  });
  expect(vendor.connections.opened).toBe(0);
});

it('its check says that the domain may not send', async () => {
  vendor.script(() => mailgunAnswers.unverified);
  expect(await provider.check()).toEqual({
    ...{ ok: false, account: true },
    detail: expect.stringMatching(/ says that the domain is unverified\. Settle that at Mailgun\.$/),
  });
});

it('never says its key, also where it is said back as a login', async () => {
  const login = Buffer.from(`api:${apiKey}`).toString('base64');
  vendor.script(() => ({ status: 400, body: JSON.stringify({ message: `no ${login}` }) }));
  const { outcomes, transcript } = await provider.send(parcelFor(['x@example.com']), never);
  expect(JSON.stringify([...outcomes.values(), transcript])).not.toContain(login);
});

it('goes to the endpoint of its region', () => {
  const settings = { type: 'mailgun', apiKey, domain: 'example.com' };
  expect(targetOf(settings)).toBe('api.mailgun.net');
  expect(targetOf({ ...settings, region: 'eu' })).toBe('api.eu.mailgun.net');
});
