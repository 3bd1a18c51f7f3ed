/**
 * Requests of each vendor's provider, held to the document that the vendor publishes. What is wrong in a document stands below as
 * it is said, with the reason; a fault that has gone from it fails the test too.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasVendorDocument } from '../../../test/vendor-document.ts';
import type { VendorMock } from '../../../test/vendor-mock.ts';
import { systemClock } from '../../core/clock.ts';
import type { Attachment } from '../../core/message.ts';
import { createStopping } from '../../core/stop.ts';
import { createProvider } from './index.ts';
import { parcelFor } from './provider.suite.ts';
import type { Parcel, Provider } from './provider.ts';

interface Published {
  readonly type: string;
  readonly document: string;
  readonly settings: object;
  /** What `check` asks is in the document. */
  readonly looks: boolean;
  /** Faults of the document, and whose. */
  readonly faults?: Readonly<Record<string, string>>;
}

const vendors: readonly Published[] = [
  {
    ...{ type: 'sendgrid', document: 'sendgrid-mail-v3.json', settings: { apiKey: 'k', ipPool: 'pool' } },
    // GET /v3/scopes stands in another of its documents.
    looks: false,
  },
  { ...{ type: 'resend', document: 'resend.json', settings: { apiKey: 'k' } }, looks: true },
  {
    ...{ type: 'mailgun', document: 'mailgun.yaml', settings: { apiKey: 'k', domain: 'example.com' } },
    looks: true,
    faults: {
      'request.body.to: Request body property to must be array':
        'a field of a form that may be repeated is read as text',
      'request.body.o:tag: Request body property o:tag must be array': 'the same',
    },
  },
  { ...{ type: 'postmark', document: 'postmark-server.yaml', settings: { serverToken: 'k' } }, looks: true },
];

const file = (filename: string, more: Partial<Attachment> = {}): Attachment => ({
  ...{ filename, contentType: 'application/pdf', content: { bytes: Buffer.from('%PDF'), size: 4 } },
  ...more,
});
const ann = { email: 'ann@example.com', name: 'Änn, "A"' };
const messages: Readonly<Record<string, Parcel>> = {
  'the smallest': parcelFor(['ann@example.com']),
  'of HTML alone': parcelFor(['ann@example.com'], { rendered: { subject: 'x', html: '<p>x</p>' } }),
  'with all there is': parcelFor(['ann@example.com', 'cleo@example.com', 'x@example.com', 'y@example.com'], {
    ...{ from: { email: 'a@example.com', name: 'Jörg' }, to: [ann], cc: [{ email: 'cleo@example.com' }] },
    ...{ replyTo: 'Help <help@example.com>, b@example.com', tags: ['order', 'shop'], category: 'mail' },
    rendered: { subject: 'Grüße', text: 'ü', html: '<img src="cid:logo">' },
    headers: [
      ['List-Unsubscribe', '<https://example.com/u>'],
      ['In-Reply-To', '<1@example.com>'],
    ],
    attachments: [file('report.pdf'), file('logo.png', { contentType: 'image/png', contentId: 'logo' })],
  }),
};

for (const { type, document, settings, looks, faults = {} } of vendors) {
  describe(`the document of ${type}`, () => {
    if (!hasVendorDocument(document)) {
      it.skip(`(skipped: ${document} is not there; IEP_VENDOR_DOCUMENTS names its folder)`, () => undefined);
      return;
    }
    let vendor: VendorMock;
    let provider: Provider;
    beforeAll(async () => {
      // It takes a second to load, which no run without documents needs.
      const { createVendorMock } = await import('../../../test/vendor-mock.ts');
      vendor = await createVendorMock(document);
      provider = createProvider('mail', { type, ...settings, endpoint: vendor.endpoint }, { clock: systemClock });
    });
    afterAll(async () => {
      await provider.close();
      await vendor.close();
    });

    it.each(Object.entries(messages))('allows a message: %s', async (_what, parcel) => {
      await provider.send(parcel, createStopping());
      const { status, violations } = vendor.calls.at(-1) ?? {};
      expect(violations?.filter((one) => !Object.hasOwn(faults, one))).toEqual([]);
      expect(status).not.toBe(404);
    });

    it.skipIf(!looks)('allows the check', async () => {
      expect(await provider.check()).toMatchObject({ ok: true });
      expect(vendor.calls.at(-1)?.violations).toEqual([]);
    });

    it('has no fewer faults than are noted', () => {
      const said = new Set(vendor.calls.flatMap(({ violations }) => violations));
      expect(Object.keys(faults).filter((one) => !said.has(one))).toEqual([]);
    });

    it('would tell what it does not allow', async () => {
      const before = vendor.calls.length;
      await fetch(new URL(vendor.calls[0]?.path ?? '', vendor.endpoint), { method: 'POST', body: '[]' });
      expect(vendor.calls[before]?.violations.length === 0 && vendor.calls[before]?.status < 300).toBe(false);
    });
  });
}
