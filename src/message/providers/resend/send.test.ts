/** What Resend is given of a message, against a server that speaks its API as documented and one that speaks SMTP. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSink, type Sink } from '../../../../test/sink.ts';
import { createVendor, type Vendor } from '../../../../test/vendor.ts';
import { hasVendorDocument, vendorSchema } from '../../../../test/vendor-document.ts';
import { systemClock } from '../../../core/clock.ts';
import { createStopping } from '../../../core/stop.ts';
import { createProvider } from '../index.ts';
import { parcelFor } from '../provider.suite.ts';
import type { Parcel, Provider } from '../provider.ts';
import { resendAnswers } from './answers.testing.ts';

const never = createStopping();
const apiKey = 'planted-key';
const id = '0193f2f0-0000-7000-8000-000000000001';

let vendor: Vendor;
let sink: Sink;
let provider: Provider;

beforeEach(async () => {
  vendor = await createVendor({ taken: () => resendAnswers.accepted });
  sink = await createSink({ users: { resend: apiKey } });
  const told = { endpoint: vendor.endpoint, smtpEndpoint: `${sink.host}:${sink.port}` };
  provider = createProvider('mail', { type: 'resend', apiKey, ...told }, { clock: systemClock });
});
afterEach(async () => {
  await provider.close();
  await vendor.close();
  await sink.close();
});

const bodies = () => vendor.taken.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
const keys = () => vendor.calls.map(({ headers }) => headers['idempotency-key']);
const send = (parcel: Parcel) => provider.send(parcel, never);
const bytes = (text: string) => ({ bytes: Buffer.from(text), size: Buffer.byteLength(text) });

const full = parcelFor(['ann@example.com', 'bo@example.com', 'cy@example.com', 'hidden@example.com'], {
  from: { email: 'shop@example.com', name: 'Shop, Inc.' },
  to: [
    { email: 'ann@example.com', name: 'Ann' },
    { email: 'bo@example.com', name: 'Bo "the" Builder' },
  ],
  cc: [{ email: 'cy@example.com' }],
  replyTo: 'Help <help@example.com>, b@example.com',
  rendered: { subject: 'Your order ✓', text: 'Thank you.', html: '<p>Thank you. <img src="cid:logo"></p>' },
  headers: [['X-Order', '17']],
  attachments: [
    { filename: 'invoice.pdf', contentType: 'application/pdf', content: bytes('%PDF-1.7') },
    { filename: 'logo.png', contentType: 'image/png', contentId: 'logo', content: bytes('PNG') },
  ],
  tags: ['order', 'shop_2'],
});

describe('a message of parts', () => {
  it('is one request that says all of it, with a key', async () => {
    const { outcomes, ids } = await send(full);
    expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(Array(4).fill('delivered'));
    expect([...new Set(ids?.values())]).toEqual(['49a3999c-0ce1-4ea6-ab68-afcd6dc2e794']);
    expect(vendor.taken[0]).toMatchObject({
      ...{ method: 'POST', path: '/emails' },
      headers: {
        ...{ authorization: `Bearer ${apiKey}`, 'user-agent': 'iep' },
        'idempotency-key': expect.stringMatching(new RegExp(`^${id}-[\\da-f]{32}$`)),
      },
    });
    // Made by hand after https://resend.com/docs/api-reference/emails/send-email, read 2026-11-29.
    expect(bodies()).toEqual([
      {
        from: '"Shop, Inc." <shop@example.com>',
        to: ['Ann <ann@example.com>', '"Bo \\"the\\" Builder" <bo@example.com>'],
        cc: ['cy@example.com'],
        bcc: ['hidden@example.com'],
        reply_to: ['Help <help@example.com>', 'b@example.com'],
        subject: 'Your order ✓',
        text: 'Thank you.',
        html: '<p>Thank you. <img src="cid:logo"></p>',
        headers: { 'Message-ID': '<1@example.com>', 'X-Order': '17' },
        attachments: [
          { content: 'JVBERi0xLjc=', filename: 'invoice.pdf', content_type: 'application/pdf' },
          { content: 'UE5H', filename: 'logo.png', content_type: 'image/png', content_id: 'logo' },
        ],
        tags: [
          { name: 'iep_message', value: id },
          { name: 'tag-1', value: 'order' },
          { name: 'tag-2', value: 'shop_2' },
        ],
      },
    ]);
  });

  it.skipIf(!hasVendorDocument('resend.json'))(
    'is what the published OpenAPI document asks for (skipped where that is not there)',
    async () => {
      await send(full);
      const schema = vendorSchema('resend.json', 'components/schemas/SendEmailRequest');
      for (const body of bodies()) expect(schema.safeParse(body).error?.issues ?? []).toEqual([]);
      expect(schema.safeParse({ to: ['x@example.com'] }).success).toBe(false);
    },
  );

  it('is known again: a second try has the same key, and each part of a message its own', async () => {
    vendor.script(() => 'take and close');
    expect((await send(parcelFor(['x@example.com']))).outcomes.get(1)?.kind).toBe('unknown');
    vendor.script();
    expect((await send(parcelFor(['x@example.com']))).outcomes.get(1)?.kind).toBe('delivered');
    await send(parcelFor(Array.from({ length: 51 }, (_, n) => `r${n}@example.com`)));
    const [first, second, ...parts] = keys();
    expect(second).toBe(first);
    expect(new Set([first, ...parts]).size).toBe(3);
  });

  it('goes over SMTP where nobody of those who are open stands in To, so that To stays', async () => {
    await send(parcelFor(['hidden@example.com'], { to: [{ email: 'ann@example.com' }] }));
    expect(vendor.calls).toEqual([]);
    expect(sink.messages[0]?.to).toEqual(['hidden@example.com']);
    expect(sink.messages[0]?.bytes.toString()).toMatch(
      new RegExp(`^Resend-Idempotency-Key: ${id}-[\\da-f]{32}\\r\\nFrom: `),
    );
  });

  it.each<[string, Partial<Parcel>, RegExp]>([
    ['a tag with a space', { tags: ['big order'] }, /takes tags of ASCII letters.*unlike "big order"\.$/],
    [
      'a program',
      { attachments: [{ filename: 'Setup.EXE', contentType: 'application/octet-stream', content: bytes('MZ') }] },
      /no attachment whose name ends in \.exe, as "Setup\.EXE" does\.$/,
    ],
    ['no subject', { rendered: { subject: '', text: 'x' } }, /^Resend takes no message without a subject\.$/],
  ])('is rejected with a sentence before anything is sent: %s', async (_what, changes, sentence) => {
    const outcome = (await send(parcelFor(['x@example.com'], changes))).outcomes.get(1);
    expect(outcome).toMatchObject({
      kind: 'rejected',
      bounce: 'content',
      reply: { text: expect.stringMatching(sentence) },
    });
    expect([vendor.connections.opened, sink.sessions]).toEqual([0, 0]);
  });

  it('waits for as long as the end of the rate limit is away', async () => {
    vendor.script(() => ({ status: 429, headers: { 'ratelimit-reset': '3' } }));
    expect((await send(parcelFor(['x@example.com']))).outcomes.get(1)).toMatchObject({
      kind: 'throttled',
      retryAfterMs: 3_000,
    });
  });
});

it('a whole message goes over SMTP byte for byte, with the key', async () => {
  const message = Buffer.from('From: a@example.com\r\n\r\n.\r\nw\xfcrde\r\n', 'latin1');
  const { rendered: _, ...whole } = parcelFor(['x@example.com'], { mime: async () => message });
  expect((await send(whole)).outcomes.get(1)?.kind).toBe('delivered');
  expect(sink.messages[0]).toMatchObject({ user: 'resend', to: ['x@example.com'] });
  expect(sink.messages[0]?.bytes.equals(message)).toBe(true);
});

it('its check takes a key that may only send', async () => {
  vendor.script(() => resendAnswers.restricted);
  expect(await provider.check()).toEqual({
    ok: true,
    detail: expect.stringMatching(/ answered and took the key, which may send mail and nothing else\.$/),
  });
});
