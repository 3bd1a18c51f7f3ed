/** What Postmark is given of a message, against a server that speaks its API as documented and one that speaks SMTP. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSink, type Sink } from '../../../../test/sink.ts';
import { createVendor, type Vendor } from '../../../../test/vendor.ts';
import { systemClock } from '../../../core/clock.ts';
import { createStopping } from '../../../core/stop.ts';
import { createProvider } from '../index.ts';
import { parcelFor } from '../provider.suite.ts';
import type { Parcel, Provider } from '../provider.ts';
import { postmarkAnswers } from './answers.testing.ts';

const never = createStopping();
const serverToken = 'planted-key';
const id = '0193f2f0-0000-7000-8000-000000000001';
const theirs = 'b7bc2f4a-e38e-4336-af7d-e6c392c2f817';

let vendor: Vendor;
let sink: Sink;
let provider: Provider;

beforeEach(async () => {
  vendor = await createVendor({ taken: () => postmarkAnswers.accepted });
  sink = await createSink({ users: { [serverToken]: serverToken } });
  const told = { endpoint: vendor.endpoint, smtpEndpoint: `${sink.host}:${sink.port}` };
  provider = createProvider('mail', { type: 'postmark', serverToken, ...told }, { clock: systemClock });
});
afterEach(async () => {
  await provider.close();
  await vendor.close();
  await sink.close();
});

const send = (parcel: Parcel) => provider.send(parcel, never);
const bytes = (text: string) => ({ bytes: Buffer.from(text), size: Buffer.byteLength(text) });

const full = parcelFor(['ann@example.com', 'bo@example.com', 'cy@example.com', 'hidden@example.com'], {
  from: { email: 'shop@example.com', name: 'Shop, Inc.' },
  to: [{ email: 'ann@example.com', name: 'Ann' }, { email: 'bo@example.com' }],
  cc: [{ email: 'cy@example.com' }],
  replyTo: 'Help <help@example.com>',
  rendered: { subject: 'Your order ✓', text: 'Thank you.', html: '<p>Thank you. <img src="cid:logo"></p>' },
  headers: [
    ['X-Order', '17'],
    ['X-Order', '18'],
  ],
  attachments: [
    { filename: 'invoice.pdf', contentType: 'application/pdf', content: bytes('%PDF-1.7') },
    { filename: 'logo.png', contentType: 'image/png', contentId: 'logo', content: bytes('PNG') },
  ],
  tags: ['order', 'größe'],
});

describe('a message of parts', () => {
  it('is one request that says all of it', async () => {
    const { outcomes, ids } = await send(full);
    expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(Array(4).fill('delivered'));
    expect([...new Set(ids?.values())]).toEqual([theirs]);
    expect(vendor.taken[0]).toMatchObject({
      ...{ method: 'POST', path: '/email' },
      headers: { 'x-postmark-server-token': serverToken, accept: 'application/json' },
    });
    // Made by hand after https://postmarkapp.com/developer/user-guide/send-email-with-api, read 2026-11-29.
    expect(vendor.taken.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      {
        From: '"Shop, Inc." <shop@example.com>',
        To: 'Ann <ann@example.com>, bo@example.com',
        Cc: 'cy@example.com',
        Bcc: 'hidden@example.com',
        ReplyTo: 'Help <help@example.com>',
        Subject: 'Your order ✓',
        TextBody: 'Thank you.',
        HtmlBody: '<p>Thank you. <img src="cid:logo"></p>',
        Headers: [
          { Name: 'Message-ID', Value: '<1@example.com>' },
          { Name: 'X-PM-KeepID', Value: 'true' },
          { Name: 'X-Order', Value: '17' },
          { Name: 'X-Order', Value: '18' },
        ],
        Attachments: [
          { Name: 'invoice.pdf', Content: 'JVBERi0xLjc=', ContentType: 'application/pdf' },
          { Name: 'logo.png', Content: 'UE5H', ContentType: 'image/png', ContentID: 'cid:logo' },
        ],
        Tag: 'order',
        Metadata: { 'iep-message': id, 'tag-2': 'größe' },
        MessageStream: 'outbound',
      },
    ]);
  });

  it('is taken for some and not for whom Postmark has suppressed, in one request', async () => {
    vendor.script(() => postmarkAnswers.acceptedBut('bo@example.com, hidden@example.com'));
    const { outcomes, ids } = await send(full);
    expect([1, 3, 5, 7].map((position) => outcomes.get(position)?.kind)).toEqual([
      ...['delivered', 'rejected', 'delivered', 'rejected'],
    ]);
    expect(outcomes.get(3)).toMatchObject({ bounce: 'other' });
    expect([...(ids ?? [])]).toEqual([
      [1, theirs],
      [5, theirs],
    ]);
    expect(vendor.calls).toHaveLength(1);
  });

  it('goes again without whom Postmark has suppressed, where it took it for nobody', async () => {
    vendor.script(
      () => (call) => (call.body.includes('bo@example.com') ? postmarkAnswers.inactive('Bo@example.com') : undefined),
    );
    const { outcomes } = await send(full);
    expect([1, 3, 5, 7].map((position) => outcomes.get(position)?.kind)).toEqual([
      ...['delivered', 'rejected', 'delivered', 'delivered'],
    ]);
    expect(outcomes.get(3)).toMatchObject({ bounce: 'other', reply: { code: 422 } });
  });

  it('goes over SMTP where nobody of those who are open stands in To, with what it says beside', async () => {
    const parcel = parcelFor(['hidden@example.com'], { to: [{ email: 'ann@example.com' }], tags: ['order', 'größe'] });
    await send(parcel);
    expect(vendor.calls).toEqual([]);
    expect(sink.messages[0]?.bytes.toString().split('\r\n').slice(0, 5)).toEqual([
      'X-PM-Message-Stream: outbound',
      'X-PM-KeepID: true',
      'X-PM-Tag: order',
      `X-PM-Metadata-iep-message: ${id}`,
      'X-PM-Metadata-tag-2: =?utf-8?B?Z3LDtsOfZQ==?=',
    ]);
  });

  it.each<[string, Partial<Parcel>, RegExp]>([
    ['too many tags', { tags: Array.from({ length: 11 }, (_, n) => `t${n}`) }, /takes 10 tags, and there are 11\.$/],
    ['a field it acts on', { headers: [['X-PM-KeepID', 'no']] }, /acts on the header field X-PM-KeepID itself\.$/],
    ['a long tag', { tags: ['x'.repeat(81)] }, /takes tags of 80 characters at most/],
    ['a long text', { rendered: { subject: 'x', text: 'x'.repeat(5 * 1024 * 1024 + 1) } }, /takes 5 MiB of text/],
  ])('is rejected with a sentence before anything is sent: %s', async (_what, changes, sentence) => {
    const outcome = (await send(parcelFor(['x@example.com'], changes))).outcomes.get(1);
    expect(outcome).toMatchObject({
      kind: 'rejected',
      bounce: 'content',
      reply: { text: expect.stringMatching(sentence) },
    });
    expect([vendor.connections.opened, sink.sessions]).toEqual([0, 0]);
  });
});

it('a whole message goes over SMTP byte for byte, with the token', async () => {
  const message = Buffer.from('From: a@example.com\r\n\r\n.\r\nw\xfcrde\r\n', 'latin1');
  const { rendered: _, ...whole } = parcelFor(['x@example.com'], { mime: async () => message });
  expect((await send(whole)).outcomes.get(1)?.kind).toBe('delivered');
  expect(sink.messages[0]).toMatchObject({ user: serverToken, to: ['x@example.com'] });
  expect(sink.messages[0]?.bytes.equals(message)).toBe(true);
});
