/** What SendGrid is given of a message, against a server that speaks its API as documented and one that speaks SMTP. */

import { Readable } from 'node:stream';
import { simpleParser } from 'mailparser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSink, type Sink } from '../../../../test/sink.ts';
import { createVendor, type Vendor } from '../../../../test/vendor.ts';
import { hasVendorDocument, vendorSchema } from '../../../../test/vendor-document.ts';
import { systemClock } from '../../../core/clock.ts';
import { createStopping } from '../../../core/stop.ts';
import { createProvider } from '../index.ts';
import { parcelFor } from '../provider.suite.ts';
import type { Parcel, Provider } from '../provider.ts';
import { sendgridAnswers } from './answers.testing.ts';

const never = createStopping();
const apiKey = 'planted-key';
const id = '0193f2f0-0000-7000-8000-000000000001';

let vendor: Vendor;
let sink: Sink;
let provider: Provider;
const open: Provider[] = [];

beforeEach(async () => {
  vendor = await createVendor({ taken: () => sendgridAnswers.accepted });
  sink = await createSink({ users: { apikey: apiKey } });
  sink.script(({ step }) => (step === 'dot' ? '250 Ok: queued as smtpVhPpKQ6GpSLqKdVBVGg' : undefined));
  provider = make();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
  await vendor.close();
  await sink.close();
});

function make(settings: object = {}): Provider {
  const told = { type: 'sendgrid', apiKey, endpoint: vendor.endpoint, smtpEndpoint: `${sink.host}:${sink.port}` };
  const made = createProvider('mail', { ...told, ...settings }, { clock: systemClock });
  open.push(made);
  return made;
}

const bodies = () => vendor.taken.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
const send = (parcel: Parcel) => provider.send(parcel, never);
const bytes = (text: string) => ({ bytes: Buffer.from(text), size: Buffer.byteLength(text) });

const full = parcelFor(['ann@example.com', 'bo@example.com', 'cy@example.com', 'hidden@example.com'], {
  from: { email: 'shop@example.com', name: 'Shop, Inc.' },
  to: [
    { email: 'ann@example.com', name: 'Ann' },
    { email: 'bo@example.com', name: 'Bo, "the" Builder' },
  ],
  cc: [{ email: 'cy@example.com' }],
  replyTo: 'Help <help@example.com>',
  rendered: { subject: 'Your order ✓', text: 'Thank you.', html: '<p>Thank you. <img src="cid:logo"></p>' },
  headers: [
    ['X-Order', '17'],
    ['List-Unsubscribe', '<https://example.com/u>'],
  ],
  attachments: [
    { filename: 'invoice.pdf', contentType: 'application/pdf', content: bytes('%PDF-1.7') },
    { filename: 'logo.png', contentType: 'image/png', contentId: 'logo', content: bytes('\x89PNG') },
  ],
  tags: ['order', 'shop', 'order'],
});

describe('a message of parts', () => {
  it('is one request that says all of it', async () => {
    provider = make({ ipPool: 'transactional' });
    const { outcomes, ids } = await send(full);
    expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(Array(4).fill('delivered'));
    expect([...new Set(ids?.values())]).toEqual(['ryzVhPpKQ6GpSLqKdVBVGg']);
    expect(vendor.taken[0]).toMatchObject({
      ...{ method: 'POST', path: '/v3/mail/send' },
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    });
    // Made by hand after https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send, read 2026-11-29.
    expect(bodies()).toEqual([
      {
        personalizations: [
          {
            to: [
              { email: 'ann@example.com', name: 'Ann' },
              { email: 'bo@example.com', name: '"Bo, \\"the\\" Builder"' },
            ],
            cc: [{ email: 'cy@example.com' }],
            bcc: [{ email: 'hidden@example.com' }],
            custom_args: { iep_message: id },
          },
        ],
        from: { email: 'shop@example.com', name: 'Shop, Inc.' },
        reply_to: { email: 'help@example.com', name: 'Help' },
        subject: 'Your order ✓',
        content: [
          { type: 'text/plain', value: 'Thank you.' },
          { type: 'text/html', value: '<p>Thank you. <img src="cid:logo"></p>' },
        ],
        headers: { 'Message-ID': '<1@example.com>', 'X-Order': '17', 'List-Unsubscribe': '<https://example.com/u>' },
        attachments: [
          { content: 'JVBERi0xLjc=', filename: 'invoice.pdf', type: 'application/pdf', disposition: 'attachment' },
          { content: 'wolQTkc=', filename: 'logo.png', type: 'image/png', disposition: 'inline', content_id: 'logo' },
        ],
        categories: ['order', 'shop'],
        ip_pool_name: 'transactional',
      },
    ]);
    expect(sink.sessions).toBe(0);
  });

  it('says no more than there is', async () => {
    await send(parcelFor(['x@example.com']));
    expect(bodies()).toEqual([
      {
        personalizations: [{ to: [{ email: 'x@example.com' }], custom_args: { iep_message: id } }],
        from: { email: 'a@example.com' },
        subject: 'hello',
        content: [{ type: 'text/plain', value: '.a dot\r\nlast line\r\n' }],
        headers: { 'Message-ID': '<1@example.com>' },
      },
    ]);
  });

  it('has each of several addresses to reply to', async () => {
    await send(parcelFor(['x@example.com'], { replyTo: 'a@example.com, b@example.com' }));
    expect(bodies()[0]).toMatchObject({ reply_to_list: [{ email: 'a@example.com' }, { email: 'b@example.com' }] });
  });

  it.skipIf(!hasVendorDocument('sendgrid-mail-v3.json'))(
    'is what the published OpenAPI document asks for (skipped where that is not there)',
    async () => {
      provider = make({ ipPool: 'transactional' });
      await send(full);
      await send(parcelFor(['x@example.com'], { replyTo: 'a@example.com, b@example.com' }));
      const schema = vendorSchema(
        'sendgrid-mail-v3.json',
        'components/requestBodies/PostMailSend/content/application~1json/schema',
      );
      for (const body of bodies()) expect(schema.safeParse(body).error?.issues ?? []).toEqual([]);
      expect(schema.safeParse({ personalizations: [{}] }).success).toBe(false);
    },
  );

  it.each<[string, Partial<Parcel>, RegExp]>([
    ['a field it acts on', { headers: [['x-smtpapi', '{}']] }, /acts on the header field x-smtpapi itself\.$/],
    ['a field it forbids', { headers: [['X-SG-EID', 'x']] }, /forbids the header field X-SG-EID\.$/],
    [
      'a field that is there twice',
      {
        headers: [
          ['X-A', '1'],
          ['x-a', '2'],
        ],
      },
      /x-a is there twice\.$/,
    ],
    ['no subject', { rendered: { subject: '', text: 'x' } }, /without a subject\.$/],
    ['no content', { rendered: { subject: 'x', text: '' } }, /without content\.$/],
    ['too many tags', { tags: Array.from({ length: 11 }, (_, n) => `t${n}`) }, /takes 10 tags, and there are 11\.$/],
    ['a tag outside of ASCII', { tags: ['größe'] }, /unlike "größe"\.$/],
    ['a sender outside of ASCII', { from: { email: 'jürgen@example.com' } }, /no sender outside of ASCII/],
    [
      'an empty attachment',
      { attachments: [{ filename: 'a.txt', contentType: 'text/plain', content: bytes('') }] },
      /no empty attachment, as "a\.txt" is\.$/,
    ],
    [
      'a comma in a name',
      { attachments: [{ filename: 'a, b.txt', contentType: 'text/plain', content: bytes('x') }] },
      /no comma or semicolon in the name of an attachment, as in "a, b\.txt"\.$/,
    ],
    [
      'too much',
      { rendered: { subject: 'x', text: 'x'.repeat(31 * 1024 * 1024) } },
      /takes 30 MiB, and this message has 32\.$/,
    ],
  ])('is rejected with a sentence before anything is sent: %s', async (_what, changes, sentence) => {
    const { outcomes } = await send(parcelFor(['x@example.com', 'y@example.com'], changes));
    for (const outcome of outcomes.values()) {
      expect(outcome).toMatchObject({
        kind: 'rejected',
        bounce: 'content',
        reply: { text: expect.stringMatching(sentence) },
      });
    }
    expect([outcomes.size, vendor.connections.opened, sink.sessions]).toEqual([2, 0, 0]);
  });

  it('leaves out an address that its API cannot have, and that alone', async () => {
    const { outcomes } = await send(parcelFor(['x@example.com', 'jürgen@example.com']));
    expect(outcomes.get(1)?.kind).toBe('delivered');
    expect(outcomes.get(3)).toMatchObject({ kind: 'rejected', bounce: 'other' });
  });

  it('goes over SMTP where nobody of those who are open stands in To, so that To stays', async () => {
    provider = make({ ipPool: 'transactional' });
    const message = 'From: shop@example.com\r\nTo: ann@example.com\r\nSubject: hello\r\n\r\nhello\r\n';
    const parcel = parcelFor(['hidden@example.com'], {
      to: [{ email: 'ann@example.com' }],
      tags: ['order', 'x'.repeat(255)],
      mime: async () => Readable.from([Buffer.from(message)]),
    });
    const { outcomes, ids } = await send(parcel);
    expect(outcomes.get(1)?.kind).toBe('delivered');
    expect(ids?.get(1)).toBe('smtpVhPpKQ6GpSLqKdVBVGg');
    expect(vendor.calls).toEqual([]);
    const [got] = sink.messages;
    const raw = got?.bytes.toString('latin1') ?? '';
    expect(got?.to).toEqual(['hidden@example.com']);
    expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThan(998);
    const { headers, subject, to } = await simpleParser(raw);
    expect([subject, to && 'text' in to ? to.text : to]).toEqual(['hello', 'ann@example.com']);
    expect(JSON.parse(String(headers.get('x-smtpapi')))).toEqual({
      unique_args: { iep_message: id },
      category: ['order', 'x'.repeat(255)],
      ip_pool: 'transactional',
    });
    expect(raw.endsWith(message)).toBe(true);
  });

  it('names the address that it refuses in cc and bcc too', async () => {
    let refused = ['personalizations.0.cc.0.email', 'personalizations.0.bcc.0.email'];
    vendor.script(() => {
      const [field, ...others] = refused;
      refused = others;
      return field === undefined ? undefined : sendgridAnswers.badAddress(field);
    });
    const { outcomes, transcript } = await send(full);
    expect([1, 3, 5, 7].map((position) => outcomes.get(position)?.kind)).toEqual([
      ...['delivered', 'delivered'],
      ...['rejected', 'rejected'],
    ]);
    expect(outcomes.get(7)).toMatchObject({ bounce: 'hard', reply: { code: 400 } });
    expect(vendor.calls).toHaveLength(3);
    expect(transcript).toContain('C: POST /v3/mail/send <');
  });

  it('makes nobody pay for an address that it does not name', async () => {
    vendor.script(() => sendgridAnswers.badAddress('personalizations.0.to.9.email'));
    const { outcomes } = await send(parcelFor(['x@example.com', 'y@example.com', 'z@example.com']));
    expect(outcomes.size).toBe(3);
    for (const outcome of outcomes.values()) expect(outcome).toMatchObject({ kind: 'rejected', bounce: 'other' });
  });

  it('waits for as long as the end of the rate limit is away', async () => {
    const at = Math.ceil(Date.now() / 1_000) + 30;
    vendor.script(() => ({ status: 429, headers: { 'x-ratelimit-reset': String(at) } }));
    const outcome = (await send(parcelFor(['x@example.com']))).outcomes.get(1);
    expect(outcome?.kind === 'throttled' && outcome.retryAfterMs).toBeGreaterThan(25_000);
    expect(outcome?.kind === 'throttled' && outcome.retryAfterMs).toBeLessThanOrEqual(31_000);
  });
});

describe('a whole message', () => {
  const whole = (message: Buffer | Readable): Parcel => {
    const { rendered: _, ...parcel } = parcelFor(['x@example.com', 'y@example.com'], { mime: async () => message });
    return parcel;
  };

  it('goes over SMTP byte for byte, with the key', async () => {
    const message = Buffer.from('From: a@example.com\r\nX-SMTPAPI: {}\r\n\r\n.\r\nw\xfcrde\r\n', 'latin1');
    const { outcomes, ids } = await send(whole(message));
    expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(['delivered', 'delivered']);
    expect([...(ids?.values() ?? [])]).toEqual(['smtpVhPpKQ6GpSLqKdVBVGg', 'smtpVhPpKQ6GpSLqKdVBVGg']);
    expect(sink.messages[0]).toMatchObject({ user: 'apikey', to: ['x@example.com', 'y@example.com'] });
    expect(sink.messages[0]?.bytes.equals(message)).toBe(true);
    expect(vendor.connections.opened).toBe(0);
  });

  it.each([
    ['to', 'X-SMTPAPI: {"to":\r\n ["victim@example.com"]}'],
    ['bcc', 'X-Smtpapi : {"filters":{"bcc":{"settings":{"enable":1,"email":"spy@example.com"}}}}'],
    ['to in the second', 'X-SMTPAPI: {"category":"x"}\r\nX-SMTPAPI: {"to":["victim@example.com"]}'],
    ['what nobody can read', 'X-SMTPAPI: {"to"'],
  ])('is refused where X-SMTPAPI has recipients of its own: %s', async (_what, field) => {
    const message = Buffer.from(`From: a@example.com\r\n${field}\r\n\r\nx\r\n`);
    // The end of the header is divided among two chunks.
    const chunks = () => Readable.from([message.subarray(0, -5), message.subarray(-5)]);
    for (const mime of [async () => message, async () => chunks()]) {
      const { outcomes } = await send({ ...whole(message), mime });
      expect(outcomes.get(3)).toMatchObject({
        kind: 'rejected',
        bounce: 'content',
        reply: { text: 'SendGrid would send this message to whom its x-smtpapi names.' },
      });
    }
    expect(sink.sessions).toBe(0);
  });

  it('waits untried where the key is refused there, which says it back in vain', async () => {
    const login = Buffer.from(`\0apikey\0${apiKey}`).toString('base64');
    sink.script(({ step }) => (step === 'AUTH' ? `535 Authentication failed: ${login} ${apiKey}` : undefined));
    const result = await send(whole(Buffer.from('From: a@example.com\r\n\r\n')));
    expect(result.outcomes.get(1)).toMatchObject({ kind: 'unavailable', account: true });
    const text = JSON.stringify([...result.outcomes, result.transcript]);
    expect(text).not.toContain(login);
    expect(text).not.toContain(apiKey);
  });
});

describe('its check', () => {
  it('says what a key lacks', async () => {
    vendor.script(() => sendgridAnswers.scopesWithoutMail);
    const { ok, detail, account } = await provider.check();
    expect({ ok, account }).toEqual({ ok: false, account: true });
    expect(detail).toMatch(/the key may not send mail\. Give it the permission "Mail Send" \(mail\.send\)\.$/);
    expect(vendor.calls[0]).toMatchObject({
      method: 'GET',
      path: '/v3/scopes',
      headers: { authorization: `Bearer ${apiKey}` },
    });
  });

  it.each([
    ['a sender that is not verified', sendgridAnswers.unverified, { ok: false, account: true }],
    ['used up credits', sendgridAnswers.noCredits, { ok: false }],
  ])('%s', async (_what, reply, health) => {
    vendor.script(() => reply);
    expect(await provider.check()).toEqual({ ...health, detail: expect.stringMatching(/\.$/) });
  });
});
