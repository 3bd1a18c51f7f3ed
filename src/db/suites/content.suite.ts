/** The store's verbs about content, run against every store there is: other times, fetched attachments, retention. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIds } from '../../core/ids.ts';
import type { Attachment, Job, Message } from '../../core/message.ts';
import type { Settlement } from '../verbs/outbox.ts';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { StoreHarness } from './store.suite.ts';

const NOW = 1_790_000_000_000;
const DAY = 24 * 3600_000;
const newId = createIds({ now: () => NOW });

export function contentSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`content in the store: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    let acme: Tenant;
    let globex: Tenant;

    beforeEach(async () => {
      harness = await createHarness();
      store = await harness.open();
      acme = await store.tenants.add({ id: newId(), slug: 'acme', name: 'Acme', settings: {}, now: NOW });
      globex = await store.tenants.add({ id: newId(), slug: 'globex', name: 'Globex', settings: {}, now: NOW });
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    async function accept(tenant: Tenant, more: Partial<Message> = {}): Promise<string> {
      const message = messageOf(tenant, more);
      const recipients = [{ address: 'b@x.example', kind: 'to' as const }];
      await store.outbox.accept({ tenantId: tenant.id, messages: [{ message, recipients }] });
      return message.id;
    }
    const claim = async (now = NOW) =>
      (await store.outbox.claim({ owner: newId(), now, leaseMs: 60_000, limit: 100, skipTenants: [] })).jobs;
    const look = (tenant: Tenant, messageId: string) => store.messages.get({ tenantId: tenant.id, messageId });
    /** Sends all that is due. */
    async function finish(at = NOW): Promise<void> {
      for (const job of await claim(at)) await store.outbox.settle(sent(job, at));
    }

    describe('reschedule', () => {
      const reschedule = (tenant: Tenant, messageId: string, scheduledAt: number, now = NOW) =>
        store.messages.reschedule({ tenantId: tenant.id, messageId, scheduledAt, now });
      const refused = { code: 'not_reschedulable' };

      it('gives a scheduled message another time, earlier or later', async () => {
        const id = await accept(acme, { scheduledAt: NOW + DAY });
        expect(await reschedule(acme, id, NOW + 2 * DAY)).toBe('scheduled');
        expect(await claim(NOW + DAY)).toEqual([]);
        expect(await look(acme, id)).toMatchObject({ scheduledAt: NOW + 2 * DAY, nextAttemptAt: NOW + 2 * DAY });
        expect(await reschedule(acme, id, NOW + 1000)).toBe('scheduled');
        expect(await claim(NOW + 1000)).toHaveLength(1);
      });

      it('sends at once what is given no time to come', async () => {
        const id = await accept(acme, { scheduledAt: NOW + DAY });
        expect(await reschedule(acme, id, 0)).toBe('queued');
        const detail = await look(acme, id);
        expect(detail?.status).toBe('queued');
        expect(detail?.recipients.map(({ status }) => status)).toEqual(['queued']);
        expect(detail?.events.map(({ type, data }) => [type, data.rescheduled])).toEqual([
          ['queued', undefined],
          ['queued', true],
        ]);
        await finish();
        expect((await look(acme, id))?.status).toBe('sent');
      });

      it('leaves alone what is not scheduled, under way, ended or another’s', async () => {
        const queued = await accept(acme);
        await expect(reschedule(acme, queued, NOW + DAY)).rejects.toMatchObject(refused);
        await claim();
        await expect(reschedule(acme, queued, NOW + DAY)).rejects.toMatchObject(refused);
        const cancelled = await accept(acme, { scheduledAt: NOW + DAY });
        await store.messages.cancel({ tenantId: acme.id, messageId: cancelled, now: NOW });
        await expect(reschedule(acme, cancelled, NOW + DAY)).rejects.toMatchObject(refused);
        const scheduled = await accept(acme, { scheduledAt: NOW + DAY });
        await expect(reschedule(globex, scheduled, NOW)).rejects.toMatchObject({ code: 'not_found' });
        await store.messages.retry({ tenantId: acme.id, messageId: scheduled, now: NOW });
        await expect(reschedule(acme, scheduled, NOW + DAY)).rejects.toMatchObject(refused);
      });
    });

    describe('attachments by URL', () => {
      const urls = [
        { url: 'https://a.example/1', position: 1 },
        { url: 'https://a.example/2', filename: 'two.pdf', contentType: 'a/b', contentId: 'c', position: 2 },
      ];
      const keep = (job: Job, tenant: Tenant, rest: { pending: typeof urls }) =>
        store.content.keepAttachments({
          tenantId: tenant.id,
          messageId: job.message.id,
          fence: job.fence,
          fetched: [{ position: 1, attachment: file('one.pdf') }],
          ...rest,
        });

      it('are named until they were fetched, and then attached in their place', async () => {
        const id = await accept(acme, { attachments: [file('zero.pdf')], attachmentUrls: urls });
        const [job] = (await claim()) as [Job];
        expect(job.message.attachmentUrls).toEqual(urls);
        expect(await keep(job, acme, { pending: urls.slice(1) })).toBe(true);
        const content = await store.messages.content({ tenantId: acme.id, messageId: id });
        expect(content?.message.attachmentUrls).toEqual(urls.slice(1));
        expect(content?.message.attachments.map(({ filename }) => filename)).toEqual(['zero.pdf', 'one.pdf']);
      });

      it('are kept only for who holds the lease, of that tenant', async () => {
        await accept(acme, { attachmentUrls: urls });
        const [job] = (await claim()) as [Job];
        expect(await keep({ ...job, fence: job.fence + 1 }, acme, { pending: [] })).toBe(false);
        expect(await keep(job, globex, { pending: [] })).toBe(false);
        const content = await store.messages.content({ tenantId: acme.id, messageId: job.message.id });
        expect(content?.message.attachmentUrls).toEqual(urls);
      });
    });

    describe('retention', () => {
      const expire = (tenant: Tenant, before: number) =>
        store.content.expireMessages({ tenantId: tenant.id, before, limit: 100 });

      it('removes messages of the tenant that are old and owe nothing, with all that is theirs', async () => {
        const old = await accept(acme, { attachments: [file('a.pdf')] });
        const others = await accept(globex);
        await finish();
        const young = await accept(acme, { createdAt: NOW + DAY });
        const open = await accept(acme, { scheduledAt: NOW + 100 * DAY });
        expect(await expire(acme, NOW + 1)).toEqual({ removed: 1 });
        expect(await look(acme, old)).toBeUndefined();
        for (const id of [young, open]) expect(await look(acme, id)).toBeDefined();
        expect(await look(globex, others)).toBeDefined();
        expect((await store.events.after({ limit: 100 })).events.some((event) => event.messageId === old)).toBe(false);
        expect(await harness.problems()).toEqual([]);
      });

      it('counts from the last change', async () => {
        const id = await accept(acme, { scheduledAt: NOW + 50 * DAY });
        await finish(NOW + 50 * DAY);
        await expire(acme, NOW + 50 * DAY);
        expect(await look(acme, id)).toBeDefined();
        expect(await expire(acme, NOW + 50 * DAY + 1)).toEqual({ removed: 1 });
      });

      it('goes through all of them step by step, past those that stay', async () => {
        for (let n = 0; n < 5; n++) await accept(acme, { scheduledAt: NOW + DAY });
        for (let n = 0; n < 5; n++) await accept(acme);
        await finish();
        let removed = 0;
        let after: { createdAt: number; seq: number } | undefined;
        let steps = 0;
        do {
          const input = { tenantId: acme.id, before: NOW + 1, limit: 2, ...(after && { after }) };
          const step = await store.content.expireMessages(input);
          removed += step.removed;
          after = step.next;
          steps += 1;
        } while (after !== undefined);
        expect(removed).toBe(5);
        expect(steps).toBeGreaterThan(4);
      });

      it('needs the blob of a whole message that still waits', async () => {
        const blob = '4'.repeat(64);
        const raw = { kind: 'raw', raw: { blob, size: 9 }, utf8Header: false } as const;
        await accept(acme, { content: raw, scheduledAt: NOW + DAY });
        await store.content.expireAttachments({ before: [], otherwise: NOW + 2 * DAY, limit: 100, now: NOW });
        expect(await store.content.neededBlobs({ blobs: [blob] })).toEqual([blob]);
      });

      it('takes what a provider kept of the message along with its attachments', async () => {
        const id = await accept(acme, { attachments: [file('a.pdf')] });
        const [job] = (await claim()) as [Job];
        await store.outbox.settle({ ...sent(job, NOW), rendered: { subject: 's' }, kept: Uint8Array.of(1, 2, 3) });
        const kept = async () => store.messages.content({ tenantId: acme.id, messageId: id });
        expect((await kept())?.kept).toHaveLength(3);
        await store.content.expireAttachments({ before: [], otherwise: NOW + 1, limit: 100, now: NOW });
        expect((await kept())?.kept).toBeUndefined();
        expect((await kept())?.rendered?.subject).toBe('s');
      });

      it('takes the bytes of old attachments, each tenant’s at its own time, and remembers what they were', async () => {
        const [first, second] = ['1'.repeat(64), '2'.repeat(64)];
        const raw = { kind: 'raw', raw: { blob: second, size: 9 }, utf8Header: false } as const;
        const inRow = await accept(acme, { attachments: [file('a.pdf'), file('b.pdf', first)] });
        const whole = await accept(acme, { content: raw });
        const others = await accept(globex, { attachments: [file('c.pdf', first)] });
        await finish();
        const open = await accept(acme, { attachments: [file('d.pdf', second)], scheduledAt: NOW + DAY });
        expect(await store.content.neededBlobs({ blobs: [first, second, '3'.repeat(64)] })).toEqual([first, second]);
        expect(await store.content.namedBlobs({ after: '', limit: 10 })).toEqual([first, second]);
        expect(await store.content.namedBlobs({ after: '', limit: 1 })).toEqual([first]);
        expect(await store.content.namedBlobs({ after: first, limit: 10 })).toEqual([second]);

        const before = [{ tenantId: globex.id, time: NOW }];
        const expiring = { before, otherwise: NOW + 1, limit: 2, now: NOW };
        const step = await store.content.expireAttachments(expiring);
        expect(step).toMatchObject({ removed: 3, next: expect.any(Number) });
        expect(await store.content.expireAttachments({ ...expiring, after: step.next ?? 0 })).toMatchObject({
          removed: 0,
        });
        expect(await store.content.expireAttachments(expiring)).toMatchObject({ removed: 0 });

        expect((await look(acme, inRow))?.attachments).toEqual([
          { filename: 'a.pdf', contentType: 'application/pdf', size: 4, removedAt: NOW },
          { filename: 'b.pdf', contentType: 'application/pdf', size: 4, removedAt: NOW },
        ]);
        for (const messageId of [inRow, whole]) {
          expect((await store.messages.content({ tenantId: acme.id, messageId }))?.removedAt).toBe(NOW);
        }
        expect((await store.messages.content({ tenantId: globex.id, messageId: others }))?.removedAt).toBeUndefined();
        expect((await look(acme, open))?.attachments[0]).not.toHaveProperty('removedAt');
        // One is another tenant's too, one belongs to what is still open.
        expect(await store.content.neededBlobs({ blobs: [first, second] })).toEqual([first, second]);
        await store.messages.cancel({ tenantId: acme.id, messageId: open, now: NOW });
        await store.content.expireAttachments({ before: [], otherwise: NOW + 1, limit: 100, now: NOW });
        expect(await store.content.neededBlobs({ blobs: [first, second] })).toEqual([]);
      });

      it('does not send again what is not whole any more', async () => {
        const id = await accept(acme, { attachments: [file('a.pdf')] });
        const [job] = (await claim()) as [Job];
        await store.outbox.settle({
          ...sent(job, NOW),
          status: 'failed',
          recipients: [{ position: 0, status: 'failed' }],
        });
        await store.content.expireAttachments({ before: [], otherwise: NOW + 1, limit: 100, now: NOW });
        await expect(store.messages.retry({ tenantId: acme.id, messageId: id, now: NOW })).rejects.toMatchObject({
          code: 'not_retryable',
          message: expect.stringContaining('attachments were removed'),
        });
        const filter = { status: ['failed' as const] };
        const { items: messages } = await store.messages.retryable({ tenantId: acme.id, filter, limit: 10 });
        expect(messages).toMatchObject([{ messageId: id }]);
        expect(await store.messages.retryEach({ tenantId: acme.id, messages, now: NOW })).toEqual([]);
      });
    });
  });
}

function file(filename: string, blob?: string): Attachment {
  const content = blob === undefined ? { bytes: Buffer.from('%PDF'), size: 4 } : { blob, size: 4 };
  return { filename, contentType: 'application/pdf', content };
}

function messageOf(tenant: Tenant, more: Partial<Message>): Message {
  const id = newId();
  return {
    id,
    tenantId: tenant.id,
    createdAt: NOW,
    door: 'http',
    from: { email: 'a@acme.example' },
    envelopeFrom: 'a@acme.example',
    to: [{ email: 'b@x.example' }],
    cc: [],
    subject: 's',
    messageIdHeader: `<${id}@acme.example>`,
    content: { kind: 'parts', text: 't' },
    attachments: [],
    tags: [],
    lane: 'normal',
    maxAttempts: 5,
    ...more,
  };
}

function sent(job: Job, at: number): Settlement {
  return {
    tenantId: job.message.tenantId,
    messageId: job.message.id,
    fence: job.fence,
    at,
    status: 'sent',
    recipients: [{ position: 0, status: 'sent' }],
    events: [{ type: 'sent', at }],
  };
}
