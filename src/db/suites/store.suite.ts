/** The store's contract, run against every store there is. A store passes all of it or it is not one. */

import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IepError, type RefusalCode } from '../../core/errors.ts';
import type { Job, Lane, Message, Status } from '../../core/message.ts';
import type { MessageFilter } from '../verbs/messages.ts';
import type { NewMessage, Settlement } from '../verbs/outbox.ts';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import { MINUTE, NOW, newId, newMessage } from './suite.testing.ts';

export interface StoreHarness {
  open(): Promise<Store>;
  /** Opens what is there again, as after a crash of the process that had it open. */
  reopen(): Promise<Store>;
  /** What contradicts itself in what is stored; nothing where it is sound. */
  problems(): Promise<readonly string[]>;
  cleanUp(): Promise<void>;
}

export function storeSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`store: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    let acme: Tenant;
    let globex: Tenant;

    beforeEach(async () => {
      harness = await createHarness();
      store = await harness.open();
      acme = await addTenant(store, 'acme');
      globex = await addTenant(store, 'globex');
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    const accept = (tenant: Tenant, more: Partial<Message> = {}, rest: Partial<NewMessage> = {}) =>
      acceptOne(store, tenant, { more, rest });
    const claim = (owner = 'a', more: { now?: number; limit?: number; skipTenants?: string[] } = {}) => {
      const now = more.now ?? NOW;
      return store.outbox.claim({ owner, now, leaseMs: MINUTE, limit: 100, skipTenants: [], ...more });
    };
    const retryMany = async (request: {
      tenantId: string;
      filter: MessageFilter;
      now: number;
      limit: number;
      dryRun: boolean;
    }) => {
      const { items } = await store.messages.retryable(request);
      const moved = request.dryRun ? items : await store.messages.retryEach({ ...request, messages: items });
      return { matched: items.length, messageIds: moved.map(({ messageId }) => messageId) };
    };
    const idsOf = (jobs: readonly Job[]) => jobs.map(({ message }) => message.id);

    describe('accept', () => {
      it('keeps everything that an attempt needs', async () => {
        const message: Partial<Message> = {
          from: { email: 'a@acme.example', name: 'Ämne' },
          to: [{ email: 'to@x.example', name: 'To' }],
          cc: [{ email: 'cc@x.example' }],
          replyTo: 'r@acme.example',
          content: {
            kind: 'parts',
            html: '<p>{{n}}</p>',
            text: 't',
            variables: { n: [1, null, { a: 'ü' }] },
            headers: [['X-A', 'b']],
          },
          attachments: [
            {
              filename: 'a.pdf',
              contentType: 'application/pdf',
              contentId: 'c',
              content: { bytes: Uint8Array.of(0, 255), size: 2 },
            },
            { filename: 'b.pdf', contentType: 'application/pdf', content: { blob: 'ab'.repeat(32), size: 9 } },
          ],
          category: 'c',
          tags: ['t1', 't2'],
          metadata: { k: 'v' },
          lane: 'high',
          groupId: 'g',
          provider: 'p',
        };
        const id = await accept(acme, message);
        const { jobs } = await claim();
        expect(jobs).toHaveLength(1);
        // Through JSON, because a store may answer bytes as a Buffer.
        expect(JSON.parse(JSON.stringify(jobs[0]?.message, plainBytes))).toMatchObject(
          JSON.parse(JSON.stringify({ ...message, id, tenantId: acme.id }, plainBytes)),
        );
        expect(jobs[0]?.recipients).toEqual([
          { position: 0, address: 'to@x.example', kind: 'to' },
          { position: 1, address: 'cc@x.example', kind: 'cc' },
        ]);
      });

      it('keeps a raw message byte for byte', async () => {
        const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
        const raw = { kind: 'raw', raw: { bytes, size: 256 }, utf8Header: true } as const;
        const id = await accept(acme, { content: raw });
        const content = (await store.messages.content({ tenantId: acme.id, messageId: id }))?.message.content;
        expect(content?.kind === 'raw' && 'bytes' in content.raw && Buffer.from(content.raw.bytes)).toEqual(
          Buffer.from(bytes),
        );
      });

      it('hands over what it leases at once, and nobody claims it again', async () => {
        const entry = newMessage(acme.id);
        const [answer] = await store.outbox.accept({
          tenantId: acme.id,
          messages: [entry],
          lease: { owner: 'a', now: NOW, leaseMs: MINUTE },
        });
        if (answer?.kind !== 'accepted' || answer.job === undefined) throw new Error('expected a leased job');
        expect(answer.job.message.id).toBe(entry.message.id);
        expect((await claim('b')).jobs).toEqual([]);
        expect(await store.outbox.settle(sent(answer.job))).toBe(true);
      });

      it('answers the first message when an idempotency key comes again', async () => {
        const first = await accept(acme, {}, { idempotencyKey: 'k', idempotencyHash: 'h' });
        const again = (hash: string) =>
          store.outbox.accept({
            tenantId: acme.id,
            messages: [newMessage(acme.id, {}, { idempotencyKey: 'k', idempotencyHash: hash })],
          });
        expect(await again('h')).toMatchObject([{ kind: 'duplicate', messageId: first, samePayload: true }]);
        expect(await again('other')).toMatchObject([{ kind: 'duplicate', messageId: first, samePayload: false }]);
        expect(idsOf((await claim()).jobs)).toEqual([first]);
        const other = await accept(globex, {}, { idempotencyKey: 'k', idempotencyHash: 'h' });
        expect(other).not.toBe(first);
      });

      it('answers the same key twice in one commit with one message', async () => {
        const messages = [1, 2].map(() => newMessage(acme.id, {}, { idempotencyKey: 'k', idempotencyHash: 'h' }));
        const answers = await store.outbox.accept({ tenantId: acme.id, messages });
        expect(answers.map(({ kind }) => kind)).toEqual(['accepted', 'duplicate']);
      });

      it('stores all of a batch or nothing', async () => {
        const twin = newMessage(acme.id);
        await expect(
          store.outbox.accept({ tenantId: acme.id, messages: [newMessage(acme.id), twin, twin] }),
        ).rejects.toThrow();
        expect((await claim()).jobs).toEqual([]);
      });

      it('leaves other callers of the same commit alone when one fails', async () => {
        const twin = newMessage(acme.id);
        await store.outbox.accept({ tenantId: acme.id, messages: [twin] });
        const answers = await Promise.allSettled([
          accept(acme),
          store.outbox.accept({ tenantId: acme.id, messages: [twin] }),
          accept(globex),
        ]);
        expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect((await claim()).jobs).toHaveLength(3);
      });

      it('notes suppressed recipients, and skips them by the list as it is when it is claimed', async () => {
        await suppress(store, acme, 'To@X.example');
        const [answer] = await store.outbox.accept({ tenantId: acme.id, messages: [newMessage(acme.id)] });
        expect(answer).toMatchObject({ suppressedRecipients: ['to@x.example'] });
        expect((await claim()).jobs[0]?.suppressed).toEqual([0]);
        await store.outbox.recover({ owner: 'b', now: NOW });
        await store.suppressions.remove({ tenantId: acme.id, email: 'to@x.EXAMPLE' });
        expect((await claim('b')).jobs[0]?.suppressed).toEqual([]);
      });

      it('forgets a suppression when it expires', async () => {
        await suppress(store, acme, 'to@x.example', NOW + 1000);
        await accept(acme, { createdAt: NOW + 1000 });
        expect((await claim('a', { now: NOW + 1000 })).jobs[0]?.suppressed).toEqual([]);
      });
    });

    describe('claim', () => {
      it('leaves what is scheduled until its time and says when that is', async () => {
        const id = await accept(acme, { scheduledAt: NOW + 5000 });
        expect(await claim()).toEqual({ jobs: [], nextDueAt: NOW + 5000 });
        expect(await status(id)).toBe('scheduled');
        expect(idsOf((await claim('a', { now: NOW + 5000 })).jobs)).toEqual([id]);
      });

      it('takes the high lane first, then normal, then low, each in the order of arrival', async () => {
        const ids: Record<string, string> = {};
        for (const [index, lane] of (['low', 'normal', 'high', 'low', 'normal', 'high'] as Lane[]).entries()) {
          ids[`${lane}${index}`] = await accept(acme, { lane, createdAt: NOW - 100 + index });
        }
        const order = ['high2', 'high5', 'normal1', 'normal4', 'low0', 'low3'].map((key) => ids[key]);
        expect(idsOf((await claim()).jobs)).toEqual(order);
      });

      it('serves tenants in turn, so that a backlog of one does not hold up the other', async () => {
        for (let index = 0; index < 30; index++) await accept(acme);
        await accept(globex);
        const shares = [await claim('a', { limit: 4 }), await claim('a', { limit: 4 })].map(({ jobs }) =>
          jobs.map(({ message }) => (message.tenantId === acme.id ? 'acme' : 'globex')).sort(),
        );
        expect(shares[0]).toEqual(['acme', 'acme', 'acme', 'globex']);
        expect(shares[1]).toEqual(['acme', 'acme', 'acme', 'acme']);
      });

      it('takes single entries from many tenants in turn', async () => {
        const initech = await addTenant(store, 'initech');
        const tenants = [acme, globex, initech];
        for (const tenant of tenants) for (let index = 0; index < 3; index++) await accept(tenant);
        const served: (string | undefined)[] = [];
        for (let index = 0; index < 6; index++) {
          served.push((await claim('a', { limit: 1 })).jobs[0]?.message.tenantId);
        }
        expect(served.slice(0, 3).sort()).toEqual(tenants.map(({ id }) => id).sort());
        expect(served.slice(3).sort()).toEqual(tenants.map(({ id }) => id).sort());
      });

      it('skips the tenants it is told to', async () => {
        await accept(acme);
        const id = await accept(globex);
        expect(idsOf((await claim('a', { skipTenants: [acme.id] })).jobs)).toEqual([id]);
      });

      it('says when the next falls due beside what it takes now', async () => {
        const id = await accept(acme);
        await accept(acme, { scheduledAt: NOW + 18 });
        const { jobs, nextDueAt } = await claim();
        expect(idsOf(jobs)).toEqual([id]);
        expect(nextDueAt).toBe(NOW + 18);
      });

      it('says that more is due when the limit cut it short', async () => {
        await accept(acme);
        await accept(acme);
        expect((await claim('a', { limit: 1 })).nextDueAt).toBe(NOW);
      });

      it('claims nothing while paused, as a whole or for a tenant', async () => {
        await accept(acme);
        await accept(globex);
        await store.outbox.pause({ paused: true, now: NOW });
        expect(await claim()).toEqual({ jobs: [] });
        await store.outbox.pause({ paused: false, now: NOW });
        await store.outbox.pause({ tenantId: acme.id, paused: true, now: NOW });
        const { jobs } = await claim();
        expect(jobs.map(({ message }) => message.tenantId)).toEqual([globex.id]);
        const leased = await store.outbox.accept({
          tenantId: acme.id,
          messages: [newMessage(acme.id)],
          lease: { owner: 'a', now: NOW, leaseMs: MINUTE },
        });
        expect(leased[0]).not.toHaveProperty('job');
      });
    });

    describe('leases', () => {
      it('never gives an owner its own lease again, and gives it to another when it expires', async () => {
        const id = await accept(acme);
        expect(idsOf((await claim('a')).jobs)).toEqual([id]);
        expect((await claim('a', { now: NOW + 10 * MINUTE })).jobs).toEqual([]);
        expect((await claim('b', { now: NOW + MINUTE - 1 })).jobs).toEqual([]);
        expect(idsOf((await claim('b', { now: NOW + MINUTE })).jobs)).toEqual([id]);
      });

      it('changes nothing for a settle or release whose lease was lost', async () => {
        const id = await accept(acme);
        const old = only(await claim('a'));
        const current = only(await claim('b', { now: NOW + MINUTE }));
        const before = await store.messages.get({ tenantId: acme.id, messageId: id });
        expect(await store.outbox.settle(sent(old))).toBe(false);
        expect(await store.outbox.release({ messageId: id, fence: old.fence, dueAt: NOW })).toBe(false);
        expect(await store.messages.get({ tenantId: acme.id, messageId: id })).toEqual(before);
        expect(await store.outbox.settle(sent(current))).toBe(true);
        expect(await store.outbox.settle(sent(current))).toBe(false);
      });

      it('does not mistake an old lease for that of a message which was retried', async () => {
        const id = await accept(acme);
        const first = only(await claim());
        await store.outbox.settle(failed(first));
        await store.messages.retry({ tenantId: acme.id, messageId: id, now: NOW });
        const second = only(await claim());
        expect(await store.outbox.settle(sent(first))).toBe(false);
        expect(await store.outbox.settle(sent(second))).toBe(true);
      });

      it('frees the leases of owners that are gone', async () => {
        const id = await accept(acme);
        await claim('gone');
        expect(await store.outbox.recover({ owner: 'b', now: NOW })).toBe(1);
        expect(idsOf((await claim('b')).jobs)).toEqual([id]);
        expect(await store.outbox.recover({ owner: 'b', now: NOW })).toBe(0);
      });

      it('counts for what was under way that its owner died, and tries few of it together, then one alone', async () => {
        const ids = new Set<string>();
        for (let at = 0; at < 12; at += 1) ids.add(await accept(acme));
        const spared = await accept(acme, { createdAt: NOW, scheduledAt: NOW + MINUTE });
        await claim('first');
        await store.outbox.recover({ owner: 'second', now: NOW });
        const fresh = await accept(globex);

        const together = (await claim('second')).jobs;
        expect(together.map(({ deaths }) => deaths)).toEqual([...Array(8).fill(1), undefined]);
        expect(idsOf(together)).toContain(fresh);
        const [settled, ...others] = together.filter(({ deaths }) => deaths === 1);
        if (settled === undefined) throw new Error('nothing was claimed');
        expect(await store.outbox.settle(deferred(settled, NOW + MINUTE))).toBe(true);
        expect(only(await claim('second')).deaths).toBe(1);

        await store.outbox.recover({ owner: 'third', now: NOW });
        const once = (await claim('third')).jobs;
        expect(once.map(({ deaths }) => deaths)).toEqual([1, 1, 1, 1]);
        for (const job of once) expect(await store.outbox.settle(sent(job))).toBe(true);
        const alone = only(await claim('third'));
        expect(alone.deaths).toBe(2);
        expect(await claim('third')).toMatchObject({ jobs: [] });
        expect(await store.outbox.settle(sent(alone))).toBe(true);
        expect(only(await claim('third')).deaths).toBe(2);
        expect(others).toHaveLength(7);
        const later = (await claim('third', { now: NOW + MINUTE })).jobs;
        expect(later.find(({ message }) => message.id === settled.message.id)?.deaths).toBeUndefined();
        expect(idsOf(later)).toContain(spared);
      });

      it('counts from zero after a retry by hand', async () => {
        const id = await accept(acme);
        await claim('first');
        await store.outbox.recover({ owner: 'second', now: NOW });
        await store.messages.retry({ tenantId: acme.id, messageId: id, now: NOW });
        expect(only(await claim('second')).deaths).toBeUndefined();
      });

      it('gives a claim back untried', async () => {
        const id = await accept(acme);
        const job = only(await claim());
        expect(await store.outbox.release({ messageId: id, fence: job.fence, dueAt: NOW + 1000 })).toBe(true);
        expect(await claim()).toEqual({ jobs: [], nextDueAt: NOW + 1000 });
        expect(only(await claim('a', { now: NOW + 1000 })).attempts).toBe(0);
      });

      it('moves due times back with the clock, but not schedules', async () => {
        const queued = await accept(acme, { createdAt: NOW });
        await accept(acme, { createdAt: NOW, scheduledAt: NOW + MINUTE });
        expect(await store.outbox.shift({ now: NOW - 60 * MINUTE, byMs: 60 * MINUTE })).toBe(1);
        expect(idsOf((await claim('a', { now: NOW - 60 * MINUTE })).jobs)).toEqual([queued]);
      });

      it('moves what was put off under a clock that was ahead, but not schedules', async () => {
        const longestMs = 60 * MINUTE;
        const ahead = NOW + 24 * 60 * MINUTE;
        const deferred = await accept(acme, { createdAt: ahead });
        const [job] = (await claim('a', { now: ahead })).jobs;
        if (job === undefined) throw new Error('nothing was claimed');
        await store.outbox.settle({
          ...{ tenantId: acme.id, messageId: deferred, fence: job.fence, at: ahead, status: 'queued' },
          ...{ recipients: [], events: [], dueAt: ahead + 5 * MINUTE },
        });
        const held = await accept(acme, { createdAt: NOW - MINUTE });
        const [other] = (await claim('a', { now: NOW })).jobs;
        await store.outbox.release({ messageId: held, fence: other?.fence ?? 0, dueAt: ahead });
        const chosen = await accept(acme, { createdAt: NOW - MINUTE, scheduledAt: ahead });
        const untouched = await accept(acme, { createdAt: NOW - MINUTE });

        expect(await store.outbox.followClock({ now: NOW, longestMs })).toBe(2);
        expect(await store.outbox.followClock({ now: NOW, longestMs })).toBe(0);
        const dueAt = async (at: number) => idsOf((await claim('a', { now: at })).jobs);
        expect(await dueAt(NOW)).toEqual([untouched]);
        expect(await dueAt(NOW + 5 * MINUTE)).toEqual([deferred]);
        expect(await dueAt(NOW + longestMs)).toEqual([held]);
        expect(await dueAt(ahead - 1)).toEqual([]);
        expect(await dueAt(ahead)).toEqual([chosen]);
      });
    });

    describe('settle', () => {
      it('ends a message: statuses, attempt, history, and no work left', async () => {
        const id = await accept(acme);
        await store.outbox.settle({ ...sent(only(await claim())), rendered: { subject: 's', html: '<b>', text: 't' } });
        const detail = await store.messages.get({ tenantId: acme.id, messageId: id });
        expect(detail).toMatchObject({
          status: 'sent',
          attempts: 1,
          provider: 'relay',
          sentAt: NOW + 2,
          recipients: [{ email: 'to@x.example', status: 'sent', reply: '250 ok' }],
          attemptLog: [{ number: 1, provider: 'relay', outcome: 'delivered' }],
        });
        expect(detail?.subject).toBe('s');
        expect(detail?.events.map(({ type, sequence }) => [sequence, type])).toEqual([
          [1, 'queued'],
          [2, 'sent'],
        ]);
        expect((await store.messages.content({ tenantId: acme.id, messageId: id }))?.rendered?.html).toBe('<b>');
        expect((await store.outbox.queue({ now: NOW })).rows).toEqual([]);
      });

      it('was sent when its first recipient was, whenever the others are', async () => {
        const entry = newMessage(acme.id, { to: [{ email: 'a@x.example' }, { email: 'b@x.example' }] });
        await store.outbox.accept({ tenantId: acme.id, messages: [entry] });
        const first = deferred(only(await claim()), NOW + 1000, [{ position: 0, status: 'sent' }]);
        await store.outbox.settle({ ...first, sentAt: NOW + 2 });
        await store.outbox.settle({ ...sent(only(await claim('a', { now: NOW + 1000 }))), sentAt: NOW + 1002 });
        const detail = await store.messages.get({ tenantId: acme.id, messageId: entry.message.id });
        expect([detail?.status, detail?.sentAt]).toEqual(['sent', NOW + 2]);
      });

      it('knows a part of a claim that goes on, whatever becomes of the rest', async () => {
        const to = [{ email: 'a@x.example' }, { email: 'b@x.example' }];
        const id = await accept(acme, { to });
        const job = only(await claim());
        const part = {
          ...{ tenantId: acme.id, messageId: id, fence: job.fence, at: NOW + 1, provider: 'relay', startedAt: NOW },
          sent: [{ position: 0, reply: '250 ok' }],
          events: [{ type: 'sent' as const, at: NOW + 1, recipient: 'a@x.example' }],
        };
        expect(await store.outbox.settlePart({ ...part, fence: job.fence + 1 })).toBe(false);
        expect(await store.outbox.settlePart(part)).toBe(true);
        const detail = await store.messages.get({ tenantId: acme.id, messageId: id });
        expect(detail).toMatchObject({ status: 'processing', sentAt: NOW + 1, attempts: 0 });
        expect(detail?.recipients.map(({ status }) => status)).toEqual(['sent', 'processing']);
        expect(detail?.events.map(({ type }) => type)).toEqual(['queued', 'sent']);
        expect((await claim('b', { now: NOW + 1 })).jobs).toEqual([]);
        await store.outbox.release({ messageId: id, fence: job.fence, dueAt: NOW + 2 });
        expect(await store.outbox.settlePart(part)).toBe(false);
        const next = only(await claim('a', { now: NOW + 2 }));
        expect([next.recipients.map(({ position }) => position), next.settled]).toEqual([[1], ['sent']]);
      });

      it('puts it back for later, and counts only attempts that count', async () => {
        const id = await accept(acme);
        await store.outbox.settle(deferred(only(await claim()), NOW + 1000));
        const throttled = deferred(only(await claim('a', { now: NOW + 1000 })), NOW + 2000);
        await store.outbox.settle({ ...throttled, attempts: [{ ...attempt, outcome: 'throttled', counted: false }] });
        const job = only(await claim('a', { now: NOW + 2000 }));
        expect(job.attempts).toBe(1);
        const detail = await store.messages.get({ tenantId: acme.id, messageId: id });
        expect(detail?.status).toBe('processing');
        expect(detail?.attemptLog.map(({ number, counted }) => [number, counted])).toEqual([
          [1, true],
          [2, false],
        ]);
      });

      it('keeps a dead letter dead while another recipient is still tried', async () => {
        const id = await accept(acme, { to: [{ email: 'to@x.example' }, { email: 'b@x.example' }] });
        await store.outbox.settle({
          ...deferred(only(await claim()), NOW + 1, [{ position: 0, status: 'failed' }]),
          dead: true,
        });
        await store.outbox.settle(sent(only(await claim('a', { now: NOW + 1 }))));
        expect((await store.messages.get({ tenantId: acme.id, messageId: id }))?.dead).toBe(true);
      });

      it('offers only recipients that are still open', async () => {
        await accept(acme, { to: [{ email: 'to@x.example' }, { email: 'b@x.example' }] });
        await store.outbox.settle(deferred(only(await claim()), NOW + 1, [{ position: 0, status: 'sent' }]));
        const job = only(await claim('a', { now: NOW + 1 }));
        expect(job.recipients.map(({ position }) => position)).toEqual([1]);
        expect(job.settled).toEqual(['sent']);
      });
    });

    describe('people', () => {
      it('cancels what waits, not what is under way or ended', async () => {
        const waiting = await accept(acme);
        expect(await store.messages.cancel({ tenantId: acme.id, messageId: waiting, now: NOW })).toBe('cancelled');
        await expectRefusal(
          store.messages.cancel({ tenantId: acme.id, messageId: waiting, now: NOW }),
          'not_cancellable',
        );
        expect((await claim()).jobs).toEqual([]);
        const leased = await accept(acme);
        await claim();
        await expectRefusal(
          store.messages.cancel({ tenantId: acme.id, messageId: leased, now: NOW }),
          'not_cancellable',
        );
      });

      it('retries a dead letter with its attempts at zero and its content as it was', async () => {
        const id = await accept(acme, { subject: 'kept' });
        await store.outbox.settle({ ...failed(only(await claim())), dead: true });
        const filter = { dead: true };
        expect((await store.messages.list({ tenantId: acme.id, filter, limit: 10 })).items).toHaveLength(1);
        expect(await store.messages.retry({ tenantId: acme.id, messageId: id, now: NOW + 1 })).toBe('queued');
        const job = only(await claim('a', { now: NOW + 1 }));
        expect(job).toMatchObject({ attempts: 0, message: { subject: 'kept' } });
        expect((await store.messages.list({ tenantId: acme.id, filter, limit: 10 })).items).toEqual([]);
      });

      it('tells of a message whose rest is cancelled that some of it was sent', async () => {
        const entry = newMessage(acme.id, { to: [{ email: 'a@x.example' }, { email: 'b@x.example' }] });
        await store.outbox.accept({ tenantId: acme.id, messages: [entry] });
        const ids = { tenantId: acme.id, messageId: entry.message.id };
        await store.outbox.settle(deferred(only(await claim()), NOW + MINUTE, [{ position: 0, status: 'sent' }]));
        expect(await store.messages.cancel({ ...ids, now: NOW })).toBe('sent');
        const detail = await store.messages.get(ids);
        expect([detail?.status, ...(detail?.recipients ?? []).map(({ status }) => status)]).toEqual([
          ...['sent', 'sent', 'cancelled'],
        ]);
      });

      it('makes a waiting retry due now, and refuses where there is nothing to retry', async () => {
        const id = await accept(acme);
        await store.outbox.settle(deferred(only(await claim()), NOW + MINUTE));
        await store.messages.retry({ tenantId: acme.id, messageId: id, now: NOW });
        await store.outbox.settle(sent(only(await claim())));
        await expectRefusal(store.messages.retry({ tenantId: acme.id, messageId: id, now: NOW }), 'not_retryable');
      });

      it('retries many by filter, and only counts them when asked to', async () => {
        for (let index = 0; index < 3; index++) {
          await accept(acme, { category: index < 2 ? 'a' : 'b' });
        }
        for (const job of (await claim()).jobs) await store.outbox.settle(failed(job));
        const request = { tenantId: acme.id, filter: { category: 'a' }, now: NOW, limit: 100 };
        expect((await retryMany({ ...request, dryRun: true })).matched).toBe(2);
        expect((await claim()).jobs).toHaveLength(0);
        expect((await retryMany({ ...request, dryRun: false })).messageIds).toHaveLength(2);
        expect((await claim()).jobs).toHaveLength(2);
      });

      it('retries by filter a dead letter that reached some of its recipients, and only the others', async () => {
        const entry = newMessage(acme.id, { to: [{ email: 'a@x.example' }, { email: 'b@x.example' }] });
        await store.outbox.accept({ tenantId: acme.id, messages: [entry] });
        const job = only(await claim());
        const recipients = [
          { position: 0, status: 'sent' as const },
          { position: 1, status: 'failed' as const },
        ];
        await store.outbox.settle({ ...sent(job), recipients, dead: true });
        const request = { tenantId: acme.id, filter: { dead: true }, now: NOW, limit: 9, dryRun: false };
        expect(await retryMany(request)).toEqual({ matched: 1, messageIds: [entry.message.id] });
        expect(only(await claim()).recipients).toMatchObject([{ address: 'b@x.example' }]);
      });

      it('retries by filter what failed long ago, however much was sent since', async () => {
        const id = await accept(acme);
        await store.outbox.settle(failed(only(await claim())));
        for (let index = 0; index < 3; index++) await accept(acme, { createdAt: NOW + index });
        for (const job of (await claim('a', { now: NOW + 5 })).jobs) await store.outbox.settle(sent(job));
        const request = { tenantId: acme.id, now: NOW, limit: 2, dryRun: true };
        expect(await retryMany({ ...request, filter: {} })).toEqual({ matched: 1, messageIds: [id] });
      });

      it('retries what is scheduled only for who asks for it by name', async () => {
        const id = await accept(acme, { scheduledAt: NOW + MINUTE, groupId: 'g' });
        const request = { tenantId: acme.id, now: NOW, limit: 100, dryRun: false };
        expect(await retryMany({ ...request, filter: { groupId: 'g' } })).toEqual({ matched: 0, messageIds: [] });
        expect((await claim()).jobs).toEqual([]);
        const asked = { ...request, filter: { status: ['scheduled'] as const } };
        expect((await retryMany(asked)).messageIds).toEqual([id]);
      });

      it('flushes what waits for a retry, not what is scheduled', async () => {
        await accept(acme, { scheduledAt: NOW + MINUTE });
        const id = await accept(acme);
        await store.outbox.settle(deferred(only(await claim()), NOW + MINUTE));
        expect(await store.outbox.flush({ now: NOW, limit: 9 })).toEqual({ flushed: 1 });
        expect(idsOf((await claim()).jobs)).toEqual([id]);
      });

      it('counts flushes, of one tenant and of all, whether or not anything waits', async () => {
        expect(await store.outbox.flushes()).toBe(0);
        await store.outbox.flush({ now: NOW, limit: 9 });
        await store.outbox.flush({ tenantId: acme.id, now: NOW, limit: 9 });
        expect(await store.outbox.flushes()).toBe(2);
      });
    });

    describe('lists', () => {
      it('pages newest first without gaps or repeats', async () => {
        const ids: string[] = [];
        for (let index = 0; index < 7; index++) {
          ids.unshift(await accept(acme, { createdAt: NOW + Math.floor(index / 3) }));
        }
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.messages.list({
            tenantId: acme.id,
            filter: {},
            limit: 2,
            ...(cursor ? { cursor } : {}),
          });
          seen.push(...page.items.map(({ id }) => id));
          cursor = page.cursor;
        } while (cursor !== undefined);
        expect(seen).toEqual(ids);
      });

      it.each<[string, Parameters<Store['messages']['list']>[0]['filter'], boolean]>([
        ['status', { status: ['queued'] }, true],
        ['another status', { status: ['failed'] }, false],
        ['processing', { status: ['processing'] }, false],
        ['recipient', { recipient: 'to@x.example' }, true],
        ['domain of a recipient', { recipient: '@x.example' }, true],
        ['another recipient', { recipient: 'o@x.example' }, false],
        ['sender', { sender: 'From@acme.example' }, true],
        ['time', { createdFrom: NOW, createdBefore: NOW + 1 }, true],
        ['earlier time', { createdBefore: NOW }, false],
        ['category', { category: 'c' }, true],
        ['tag', { tag: 't' }, true],
        ['part of a tag', { tag: '%' }, false],
        ['group', { groupId: 'g' }, true],
        ['words', { q: 'hel x.exam' }, true],
        ['words that are not there', { q: 'hel%lo' }, false],
      ])('filters by %s', async (_, filter, found) => {
        await accept(acme, { subject: 'Hello', category: 'c', tags: ['t'], groupId: 'g' });
        const { items } = await store.messages.list({ tenantId: acme.id, filter, limit: 10 });
        expect(items.length > 0).toBe(found);
      });

      it('counts over time', async () => {
        await accept(acme);
        await accept(globex);
        const range = { from: NOW - 86_400_000, until: NOW + 86_400_000, bucket: 'hour' } as const;
        expect(await store.messages.stats(range)).toMatchObject({ total: 2, byStatus: { queued: 2 } });
        const { total, buckets } = await store.messages.stats({ ...range, tenantId: acme.id });
        expect(total).toBe(1);
        expect(buckets).toEqual([{ at: Math.floor(NOW / 3_600_000) * 3_600_000, byStatus: { queued: 1 } }]);
      });

      it('streams events in commit order from any position', async () => {
        const first = await accept(acme);
        const { position: middle } = await store.events.end();
        const second = await accept(globex);
        const all = await store.events.after({ limit: 10 });
        expect(all.events.map(({ messageId }) => messageId)).toEqual([first, second]);
        const { events } = await store.events.after({ position: middle, limit: 10 });
        expect(events.map(({ messageId }) => messageId)).toEqual([second]);
        const own = await store.events.after({ tenantId: globex.id, limit: 10 });
        expect(own.events.map(({ messageId }) => messageId)).toEqual([second]);
        expect([all.position, own.position]).toEqual(Array(2).fill((await store.events.end()).position));
        expect(await store.events.after({ position: own.position, limit: 10 })).toEqual({ ...own, events: [] });
      });

      it('goes on behind the events of others, a part at a time', async () => {
        const ids = [await accept(acme), await accept(globex), await accept(acme), await accept(globex)];
        const seen: string[] = [];
        for (let position: string | undefined; ; ) {
          const next = await store.events.after({ tenantId: acme.id, limit: 1, ...(position && { position }) });
          if (next.position === position) break;
          seen.push(...next.events.map(({ messageId = '' }) => messageId));
          position = next.position;
        }
        expect(seen).toEqual([ids[0], ids[2]]);
      });

      it('knows the positions that it gave, and ends where the log does', async () => {
        expect(await store.events.end()).toEqual({ position: expect.any(String) });
        await accept(acme, { createdAt: NOW + 5 });
        const { position, at } = await store.events.end();
        expect(at).toBe(NOW + 5);
        expect(await store.events.knownPosition(position)).toBe(position);
        expect(await store.events.knownPosition(`${position}00`)).toBe(position);
        expect(await store.events.knownPosition('x')).toBeUndefined();
      });

      it('leaves out what was written before and happened before a time', async () => {
        for (const at of [10, 30, 20]) await accept(acme, { createdAt: NOW + at });
        const { position: until } = await store.events.end();
        await accept(acme, { createdAt: NOW + 15 });
        for (const who of [{}, { tenantId: acme.id }]) {
          const { events } = await store.events.after({ ...who, limit: 10, since: { at: NOW + 20, until } });
          expect(events.map(({ at }) => at - NOW)).toEqual([30, 20, 15]);
        }
      });

      it('finds where in the log a time is', async () => {
        expect(await store.events.positionBefore(NOW)).toBe((await store.events.end()).position);
        for (const at of [10, 20, 20, 30, 40, 50]) await accept(acme, { createdAt: NOW + at });
        const seen = async (at: number) => {
          const position = await store.events.positionBefore(NOW + at);
          return (await store.events.after({ position, limit: 10 })).events.map((event) => event.at - NOW);
        };
        expect(await seen(0)).toEqual([10, 20, 20, 30, 40, 50]);
        expect(await seen(20)).toEqual([20, 20, 30, 40, 50]);
        expect(await seen(21)).toEqual([30, 40, 50]);
        expect(await seen(50)).toEqual([50]);
        expect(await seen(51)).toEqual([]);
      });
    });

    describe('isolation', () => {
      it('lets no tenant see or touch what is another’s', async () => {
        const id = await accept(acme, {}, { idempotencyKey: 'k', idempotencyHash: 'h' });
        await suppress(store, acme, 'secret@x.example');
        await store.domains.add({ tenantId: acme.id, domain: 'acme.example', id: randomUUID(), now: NOW });
        const foreign = { tenantId: globex.id, messageId: id };
        expect(await store.messages.get(foreign)).toBeUndefined();
        expect(await store.messages.content(foreign)).toBeUndefined();
        await expectRefusal(store.messages.cancel({ ...foreign, now: NOW }), 'not_found');
        await expectRefusal(store.messages.retry({ ...foreign, now: NOW }), 'not_found');
        expect((await store.messages.list({ tenantId: globex.id, filter: { q: id }, limit: 10 })).items).toEqual([]);
        expect((await store.events.after({ tenantId: globex.id, limit: 10 })).events).toEqual([]);
        expect((await store.suppressions.list({ tenantId: globex.id, limit: 10, now: NOW })).items).toEqual([]);
        expect(await store.suppressions.remove({ tenantId: globex.id, email: 'secret@x.example' })).toBe(false);
        expect(await store.domains.remove({ tenantId: globex.id, domain: 'acme.example' })).toBe(false);
        expect((await retryMany({ tenantId: globex.id, filter: {}, now: NOW, limit: 9, dryRun: false })).matched).toBe(
          0,
        );
        expect(await store.outbox.flush({ tenantId: globex.id, now: NOW, limit: 9 })).toEqual({ flushed: 0 });
        expect((await store.outbox.queue({ now: NOW, tenantId: globex.id })).rows).toEqual([]);
        const job = only(await claim());
        expect(await store.outbox.settle({ ...sent(job), tenantId: globex.id })).toBe(false);
        expect((await store.messages.get({ ...foreign, tenantId: acme.id }))?.status).toBe('processing');
      });

      it('tells the operator whose a thing is', async () => {
        const id = await accept(acme);
        expect(await store.tenants.ownerOf({ kind: 'message', id })).toBe(acme.id);
        expect(await store.tenants.ownerOf({ kind: 'webhook', id })).toBeUndefined();
        expect(await store.tenants.ownerOf({ kind: 'message', id: randomUUID() })).toBeUndefined();
      });
    });

    describe('tenants and keys', () => {
      it('changes a tenant’s settings one by one', async () => {
        await store.tenants.set({ tenantId: acme.id, settings: { primary: 'relay', maxAttempts: 3 }, now: NOW + 1 });
        const changed = await store.tenants.set({
          tenantId: acme.id,
          settings: { primary: null },
          active: false,
          now: NOW + 2,
        });
        expect(changed).toMatchObject({ settings: { maxAttempts: 3 }, active: false, updatedAt: NOW + 2 });
        expect(changed.settings).not.toHaveProperty('primary');
        await expectRefusal(addTenant(store, 'acme'), 'conflict');
      });

      it('removes a tenant with all that is its own, but not while it owes mail', async () => {
        const id = await accept(acme);
        await expectRefusal(store.tenants.remove({ tenantId: acme.id, force: false, now: NOW }), 'conflict');
        await store.outbox.settle(sent(only(await claim())));
        await store.tenants.remove({ tenantId: acme.id, force: false, now: NOW });
        expect((await store.tenants.list()).map(({ slug }) => slug)).toEqual(['globex']);
        expect(await store.tenants.clear({ limit: 9 })).toEqual({ isDone: true });
        expect(await store.messages.get({ tenantId: acme.id, messageId: id })).toBeUndefined();
        expect(await harness.problems()).toEqual([]);
      });

      it('keeps keys of tenants and of the operator', async () => {
        const key = { id: randomUUID(), prefix: 'abcdefgh', hash: 'x', scopes: ['send'] as const, createdAt: NOW };
        await store.keys.add({ ...key, tenantId: acme.id });
        await store.keys.add({ ...key, id: randomUUID(), prefix: 'operator', scopes: ['operator'] });
        await expectRefusal(store.keys.add({ ...key, id: randomUUID() }), 'conflict');
        expect(await store.keys.byPrefix('abcdefgh')).toEqual({ ...key, tenantId: acme.id });
        expect(await store.keys.byPrefix('nosuchkey')).toBeUndefined();
        expect(await store.keys.list({ tenantId: acme.id })).toHaveLength(1);
        expect(await store.keys.list({})).toHaveLength(2);
        await store.keys.set({ keyId: key.id, revokedAt: NOW + 5 });
        expect((await store.keys.byPrefix('abcdefgh'))?.revokedAt).toBe(NOW + 5);
      });
    });

    describe('crash', () => {
      it('loses nothing that was answered, at whichever step it comes', async () => {
        const reopen = async () => {
          await store.close();
          store = await harness.reopen();
          await store.outbox.recover({ owner: 'b', now: NOW });
        };
        const id = await accept(acme);
        await reopen();
        const claimed = only(await claim('b'));
        expect(claimed.message.id).toBe(id);
        await reopen();
        // The owner is the same name again, as if its pid came back: its lease is its own until it is freed.
        await store.outbox.recover({ owner: 'c', now: NOW });
        const again = only(await claim('c'));
        expect(await store.outbox.settle(sent(claimed))).toBe(false);
        await store.outbox.settle(deferred(again, NOW + 1000));
        await reopen();
        const retried = only(await claim('c', { now: NOW + 1000 }));
        expect(retried.attempts).toBe(1);
        await store.outbox.settle(sent(retried));
        await reopen();
        expect((await claim('c', { now: NOW + 10 * MINUTE })).jobs).toEqual([]);
        expect(await status(id)).toBe('sent');
        expect(await harness.problems()).toEqual([]);
      });
    });

    it('keeps its order and its balance with 50,000 waiting', { timeout: 120_000 }, async () => {
      const total = 50_000;
      for (let start = 0; start < total; start += 500) {
        const tenant = start % 1000 === 0 ? acme : globex;
        const messages = Array.from({ length: 500 }, () => newMessage(tenant.id));
        await store.outbox.accept({ tenantId: tenant.id, messages });
      }
      expect((await store.outbox.queue({ now: NOW })).rows.reduce((sum, row) => sum + row.waiting, 0)).toBe(total);
      const seen = new Set<string>();
      for (let jobs = (await claim('a', { limit: 500 })).jobs; jobs.length > 0; ) {
        const tenants = new Set(jobs.map(({ message }) => message.tenantId));
        expect(tenants.size).toBe(2);
        for (const { message } of jobs) seen.add(message.id);
        for (const job of jobs.slice(0, 10)) expect(await store.outbox.settle(sent(job))).toBe(true);
        ({ jobs } = await claim('a', { limit: 500 }));
      }
      expect(seen.size).toBe(total);
    });

    it('never loses, doubles or revives a message, whatever happens in whatever order on two nodes', {
      timeout: 120_000,
    }, async () => {
      await using other = new AsyncDisposableStack();
      const second = other.adopt(await harness.open(), (it) => it.close());
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
          const model = createModel([store, second], [acme, globex]);
          for (const one of steps) await model.take(one);
          await model.finish();
        }),
        { numRuns: 60 },
      );
    });

    async function status(messageId: string): Promise<Status | undefined> {
      return (await store.messages.get({ tenantId: acme.id, messageId }))?.status;
    }
  });
}

// ------------------------------------------------------------------------------------------------------ the model

type Step =
  | { kind: 'accept'; tenant: number; lane: Lane; leased: boolean; delay: number }
  | { kind: 'claim'; owner: number; limit: number }
  | { kind: 'settle'; pick: number; end: 'sent' | 'failed' | 'deferred' }
  | { kind: 'release'; pick: number }
  | { kind: 'crash'; owner: number }
  | { kind: 'tick'; ms: number }
  | { kind: 'retry' | 'cancel'; pick: number };

const pick = fc.nat(1000);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('accept' as const),
      tenant: fc.nat(1),
      lane: fc.constantFrom<Lane>('high', 'normal', 'low'),
      leased: fc.boolean(),
      delay: fc.constantFrom(0, 0, 30_000, 200_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      owner: fc.nat(1),
      limit: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      pick,
      end: fc.constantFrom('sent', 'failed', 'deferred'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), owner: fc.nat(1) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('tick' as const), ms: fc.constantFrom(1, 10_000, 60_000, 300_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('retry' as const, 'cancel' as const), pick }) },
);

interface Expected {
  readonly tenant: Tenant;
  state: 'waiting' | 'leased' | 'sent' | 'failed' | 'cancelled';
  dueAt: number;
  owner?: string;
  fence?: number;
}

/** What the store should hold, kept in the simplest way there is. */
function createModel(nodes: readonly [Store, Store], tenants: readonly Tenant[]) {
  const messages = new Map<string, Expected>();
  const held: Job[] = [];
  const owners = nodes.map((_, node) => newRun(node));
  let now = NOW;

  /** Settling, accepting, changing by hand: any node does that for any message, so they take turns. */
  let turn = 0;
  const eitherNode = () => nodes[++turn % 2] ?? nodes[0];
  const nth = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)];

  function newRun(node: number): string {
    return `${node}/${randomUUID()}`;
  }

  function nodeOf(owner: string): Store {
    return owner.startsWith('0') ? nodes[0] : nodes[1];
  }

  async function claim(owner: string, limit: number): Promise<readonly Job[]> {
    const { jobs } = await nodeOf(owner).outbox.claim({ owner, now, leaseMs: MINUTE, limit, skipTenants: [] });
    const ours = jobs.filter(({ message }) => messages.has(message.id));
    for (const job of ours) {
      const expected = messages.get(job.message.id);
      if (expected === undefined) continue;
      expect(['waiting', 'leased']).toContain(expected.state);
      expect(expected.dueAt).toBeLessThanOrEqual(now);
      if (expected.state === 'leased') expect(expected.owner).not.toBe(owner);
      Object.assign(expected, { state: 'leased', owner, fence: job.fence, dueAt: now + MINUTE });
      held.push(job);
    }
    return ours;
  }

  async function settle(job: Job, end: 'sent' | 'failed' | 'deferred'): Promise<void> {
    const expected = messages.get(job.message.id);
    const dueAt = now + 5_000;
    const valid = expected?.state === 'leased' && expected.fence === job.fence;
    const settlement = end === 'sent' ? sent(job) : end === 'failed' ? failed(job) : deferred(job, dueAt);
    expect(await eitherNode().outbox.settle(settlement)).toBe(valid);
    if (!valid || expected === undefined) return;
    if (end === 'deferred') Object.assign(expected, { state: 'waiting', dueAt, fence: undefined });
    else Object.assign(expected, { state: end, fence: undefined });
  }

  return {
    async take(step: Step): Promise<void> {
      if (step.kind === 'tick') now += step.ms;
      if (step.kind === 'accept') {
        const tenant = nth(tenants, step.tenant);
        const owner = owners[0];
        if (tenant === undefined || owner === undefined) return;
        const scheduledAt = step.delay === 0 ? {} : { scheduledAt: now + step.delay };
        const entry = newMessage(tenant.id, { createdAt: now, lane: step.lane, ...scheduledAt });
        const lease = step.leased ? { lease: { owner, now: now, leaseMs: MINUTE } } : {};
        const [answer] = await nodeOf(owner).outbox.accept({ tenantId: tenant.id, messages: [entry], ...lease });
        const job = answer?.kind === 'accepted' ? answer.job : undefined;
        expect(job !== undefined).toBe(step.leased && step.delay === 0);
        messages.set(entry.message.id, {
          tenant,
          state: job ? 'leased' : 'waiting',
          dueAt: job ? now + MINUTE : now + step.delay,
          ...(job ? { owner, fence: job.fence } : {}),
        });
        if (job) held.push(job);
      }
      if (step.kind === 'claim') await claim(owners[step.owner] ?? '', step.limit);
      if (step.kind === 'settle') {
        const job = nth(held, step.pick);
        if (job) await settle(job, step.end);
      }
      if (step.kind === 'release') {
        const job = nth(held, step.pick);
        const expected = job && messages.get(job.message.id);
        if (!job || !expected) return;
        const valid = expected.state === 'leased' && expected.fence === job.fence;
        expect(await eitherNode().outbox.release({ messageId: job.message.id, fence: job.fence, dueAt: now })).toBe(
          valid,
        );
        if (valid) Object.assign(expected, { state: 'waiting', dueAt: now, fence: undefined });
      }
      if (step.kind === 'crash') {
        // This node is gone and begins anew. What the other has under way is none of its business before the lease ends.
        const owner = newRun(step.owner);
        owners[step.owner] = owner;
        await nodeOf(owner).outbox.recover({ owner, now });
        for (const expected of messages.values()) {
          const isFree = expected.owner?.[0] === owner[0] || expected.dueAt <= now;
          if (expected.state === 'leased' && isFree) {
            Object.assign(expected, { state: 'waiting', dueAt: now, fence: undefined });
          }
        }
      }
      if (step.kind === 'retry' || step.kind === 'cancel') {
        const [id, expected] = nth([...messages], step.pick) ?? [];
        if (id === undefined || expected === undefined) return;
        const call = eitherNode().messages[step.kind]({ tenantId: expected.tenant.id, messageId: id, now });
        if (expected.state === 'waiting' || (step.kind === 'retry' && expected.state === 'failed')) {
          await call;
          Object.assign(expected, step.kind === 'retry' ? { state: 'waiting', dueAt: now } : { state: 'cancelled' });
        } else await expectRefusal(call, step.kind === 'retry' ? 'not_retryable' : 'not_cancellable');
      }
    },

    /** Both nodes die; one begins anew and works off what is left when all leases have ended. Then everything must have its outcome. */
    async finish(): Promise<void> {
      now += 400_000;
      const owner = newRun(0);
      await nodeOf(owner).outbox.recover({ owner, now });
      for (const expected of messages.values()) {
        if (expected.state === 'leased') Object.assign(expected, { state: 'waiting', dueAt: now, fence: undefined });
      }
      for (let jobs = await claim(owner, 50); jobs.length > 0; jobs = await claim(owner, 50)) {
        for (const job of jobs) await settle(job, 'sent');
      }
      for (const [id, expected] of messages) {
        expect(['sent', 'failed', 'cancelled']).toContain(expected.state);
        const detail = await eitherNode().messages.get({ tenantId: expected.tenant.id, messageId: id });
        expect(detail?.status).toBe(expected.state);
        expect(detail?.events.map(({ sequence }) => sequence)).toEqual(detail?.events.map((_, index) => index + 1));
      }
    },
  };
}

// ---------------------------------------------------------------------------------------------- making test data

function plainBytes(_: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  const isBuffer = typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
  return isBuffer && 'data' in value ? value.data : value;
}

async function addTenant(store: Store, slug: string): Promise<Tenant> {
  return store.tenants.add({ id: newId(), slug, name: slug, settings: {}, now: NOW });
}

async function acceptOne(
  store: Store,
  tenant: Tenant,
  { more, rest }: { more: Partial<Message>; rest: Partial<NewMessage> },
): Promise<string> {
  const entry = newMessage(tenant.id, more, rest);
  await store.outbox.accept({ tenantId: tenant.id, messages: [entry] });
  return entry.message.id;
}

async function suppress(store: Store, tenant: Tenant, email: string, expiresAt?: number): Promise<void> {
  const entry = { email, reason: 'manual' as const, createdAt: NOW, ...(expiresAt !== undefined && { expiresAt }) };
  await store.suppressions.add({ tenantId: tenant.id, entries: [entry] });
}

const attempt = {
  provider: 'relay',
  startedAt: NOW + 1,
  endedAt: NOW + 2,
  outcome: 'delivered',
  counted: true,
} as const;

function settlement(job: Job, status: Status): Settlement {
  return {
    tenantId: job.message.tenantId,
    messageId: job.message.id,
    fence: job.fence,
    at: NOW + 2,
    status,
    recipients: job.recipients.map(({ position }) => ({ position, status, reply: '250 ok' })),
    attempts: [attempt],
    events: [{ type: status === 'sent' ? 'sent' : 'failed', at: NOW + 2 }],
  };
}

function sent(job: Job): Settlement {
  return { ...settlement(job, 'sent'), sentAt: NOW + 2 };
}

function failed(job: Job): Settlement {
  return settlement(job, 'failed');
}

function deferred(job: Job, dueAt: number, recipients: Settlement['recipients'] = []): Settlement {
  return { ...settlement(job, 'queued'), recipients, events: [{ type: 'retry_scheduled', at: NOW + 2 }], dueAt };
}

function only({ jobs }: { readonly jobs: readonly Job[] }): Job {
  const [job, ...others] = jobs;
  if (job === undefined || others.length > 0) throw new Error(`expected one job, got ${jobs.length}`);
  return job;
}

async function expectRefusal(promise: Promise<unknown>, code: RefusalCode): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(IepError);
  expect((error as IepError).code).toBe(code);
}
