/** What providers keep to be looked at. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Job, Message } from '../../core/message.ts';
import type { InboxFilter } from '../verbs/inbox.ts';
import type { Settlement } from '../verbs/outbox.ts';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { StoreHarness } from './store.suite.ts';
import { DAY, MINUTE, NOW, newMessage, openWithTenants } from './suite.testing.ts';

export function inboxSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`inbox: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    let acme: Tenant;
    let globex: Tenant;

    beforeEach(async () => {
      ({ harness, store, acme, globex } = await openWithTenants(createHarness));
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    /** Accepts a message, and settles it as a provider does that keeps what it is given. */
    async function receive(
      { tenant = acme, at = NOW, kept = 'Subject: s\r\n\r\nhi', rendered = '' } = {},
      more: Partial<Message> = {},
    ): Promise<string> {
      const entry = newMessage(tenant.id, more);
      await store.outbox.accept({ tenantId: tenant.id, messages: [entry] });
      const { jobs } = await store.outbox.claim({ owner: 'a', now: NOW, leaseMs: MINUTE, limit: 1, skipTenants: [] });
      const [job] = jobs as [Job];
      await store.outbox.settle({
        ...settled(job, at),
        ...(kept !== '' && { kept: Buffer.from(kept) }),
        ...(rendered !== '' && { rendered: { subject: rendered } }),
      });
      return entry.message.id;
    }

    const list = (filter: InboxFilter = {}, more: { tenant?: Tenant; limit?: number; cursor?: string } = {}) => {
      const { tenant = acme, limit = 100, cursor } = more;
      return store.inbox.list({ tenantId: tenant.id, filter, limit, ...(cursor !== undefined && { cursor }) });
    };
    const idsOf = async (filter: InboxFilter = {}, tenant = acme) =>
      (await list(filter, { tenant })).items.map(({ messageId }) => messageId);

    it('has what a provider kept, newest first, each tenant its own', async () => {
      const first = await receive();
      await receive({ kept: '' });
      const second = await receive({ kept: 'Content-Type: multipart/mixed\r\n\r\n', at: NOW + 5 }, { subject: 'Two' });
      const other = await receive({ tenant: globex });
      expect((await list()).items).toMatchObject([
        {
          ...{ messageId: second, subject: 'Two', from: { email: 'from@acme.example' }, to: ['to@x.example'] },
          ...{ receivedAt: NOW + 5, size: 33, hasAttachments: true },
        },
        { messageId: first, size: 16, hasAttachments: false },
      ]);
      expect(await idsOf({}, globex)).toEqual([other]);
    });

    it('is narrowed by a recipient in any case, a part of the subject as it was rendered, and a time', async () => {
      const ada = await receive({ rendered: 'Grüße 17%' }, { subject: '{{x}}', to: [{ email: 'Ada@x.example' }] });
      const bob = await receive({ at: NOW + 1_000 }, { subject: 'Invoice', to: [{ email: 'bob@x.example' }] });
      expect(await idsOf({ to: 'aDA@X.example' })).toEqual([ada]);
      expect(await idsOf({ subject: 'GRÜSSE' })).toEqual([ada]);
      expect(await idsOf({ subject: '7%' })).toEqual([ada]);
      expect(await idsOf({ subject: '_nvoice' })).toEqual([]);
      expect(await idsOf({ since: NOW + 1_000 })).toEqual([bob]);
      expect(await idsOf({ to: 'ada@x.example', subject: 'invoice' })).toEqual([]);
    });

    it('is that of all tenants where none is named, each with its own, but of none that is being removed', async () => {
      const [mine, theirs] = [await receive(), await receive({ tenant: globex, at: NOW + 1_000 })];
      const all = async (filter: InboxFilter = {}, more = {}) => {
        const { items, cursor } = await store.inbox.list({ filter, limit: 100, ...more });
        return { rows: items.map(({ messageId, tenantSlug }) => [messageId, tenantSlug]), cursor };
      };
      expect((await all()).rows).toEqual([
        [theirs, 'globex'],
        [mine, 'acme'],
      ]);
      expect((await all({ since: NOW + 1_000 })).rows).toEqual([[theirs, 'globex']]);
      const { cursor } = await all({}, { limit: 1 });
      expect((await all({}, { limit: 1, cursor })).rows).toEqual([[mine, 'acme']]);
      const before = await store.inbox.newest({});
      await store.tenants.remove({ tenantId: globex.id, force: true, now: NOW });
      expect((await all()).rows).toEqual([[mine, 'acme']]);
      await receive();
      expect(await store.inbox.newest({})).not.toBe(before);
    });

    it('goes on page by page', async () => {
      const ids: string[] = [];
      for (let i = 0; i < 5; i += 1) ids.unshift(await receive());
      const first = await list({}, { limit: 2 });
      const second = await list({}, { limit: 2, cursor: first.cursor ?? '' });
      const third = await list({}, { limit: 2, cursor: second.cursor ?? '' });
      expect([first, second, third].flatMap(({ items }) => items.map(({ messageId }) => messageId))).toEqual(ids);
      expect(third.cursor).toBeUndefined();
      await expect(list({}, { cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_request' });
    });

    it('says of each tenant whether something came', async () => {
      const newest = (tenant = acme) => store.inbox.newest({ tenantId: tenant.id });
      expect(await newest()).toBeUndefined();
      const id = await receive();
      const before = await newest();
      await receive({ tenant: globex });
      expect(await newest()).toBe(before);
      await store.messages.remove({ tenantId: acme.id, messageId: id });
      await receive();
      expect(await newest()).not.toBe(before);
    });

    it('loses a message with its bytes', async () => {
      const old = await receive({}, { attachments: [{ ...file, content: { bytes: Uint8Array.of(1), size: 1 } }] });
      const deleted = await receive();
      expect(await idsOf()).toEqual([deleted, old]);
      await store.messages.remove({ tenantId: acme.id, messageId: deleted });
      expect(await idsOf()).toEqual([old]);
      await store.content.expireAttachments({ before: [], otherwise: NOW + DAY, limit: 100, now: NOW });
      expect(await idsOf()).toEqual([]);
    });
  });
}

const file = { filename: 'a.pdf', contentType: 'application/pdf' };

function settled({ message, recipients, fence }: Job, at: number): Settlement {
  return {
    ...{ tenantId: message.tenantId, messageId: message.id, fence, at, status: 'sent', sentAt: at },
    recipients: recipients.map(({ position }) => ({ position, status: 'sent' })),
    events: [{ type: 'sent', at }],
  };
}
