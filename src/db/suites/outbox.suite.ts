import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Lane, Message } from '../../core/message.ts';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { StoreHarness } from './store.suite.ts';
import { addTenant, MINUTE, NOW, newMessage, openWithTenants } from './suite.testing.ts';
import { asDeferred, asFailed, asSent, attempt, idsOf, only, suppress, workOn } from './work.testing.ts';

export function outboxSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`outbox: ${name}`, () => {
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
    const { accept, claim, statusOf } = workOn(() => store);

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
        expect(await store.outbox.settle(asSent(answer.job))).toBe(true);
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
        expect(await statusOf(acme, id)).toBe('scheduled');
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
        expect(await store.outbox.settle(asSent(old))).toBe(false);
        expect(await store.outbox.release({ messageId: id, fence: old.fence, dueAt: NOW })).toBe(false);
        expect(await store.messages.get({ tenantId: acme.id, messageId: id })).toEqual(before);
        expect(await store.outbox.settle(asSent(current))).toBe(true);
        expect(await store.outbox.settle(asSent(current))).toBe(false);
      });

      it('does not mistake an old lease for that of a message which was retried', async () => {
        const id = await accept(acme);
        const first = only(await claim());
        await store.outbox.settle(asFailed(first));
        await store.messages.retry({ tenantId: acme.id, messageId: id, now: NOW });
        const second = only(await claim());
        expect(await store.outbox.settle(asSent(first))).toBe(false);
        expect(await store.outbox.settle(asSent(second))).toBe(true);
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
        expect(await store.outbox.settle(asDeferred(settled, NOW + MINUTE))).toBe(true);
        expect(only(await claim('second')).deaths).toBe(1);

        await store.outbox.recover({ owner: 'third', now: NOW });
        const once = (await claim('third')).jobs;
        expect(once.map(({ deaths }) => deaths)).toEqual([1, 1, 1, 1]);
        for (const job of once) expect(await store.outbox.settle(asSent(job))).toBe(true);
        const alone = only(await claim('third'));
        expect(alone.deaths).toBe(2);
        expect(await claim('third')).toMatchObject({ jobs: [] });
        expect(await store.outbox.settle(asSent(alone))).toBe(true);
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
        await store.outbox.settle({
          ...asSent(only(await claim())),
          rendered: { subject: 's', html: '<b>', text: 't' },
        });
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
        const first = asDeferred(only(await claim()), NOW + 1000, [{ position: 0, status: 'sent' }]);
        await store.outbox.settle({ ...first, sentAt: NOW + 2 });
        await store.outbox.settle({ ...asSent(only(await claim('a', { now: NOW + 1000 }))), sentAt: NOW + 1002 });
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

      it('forgets the deaths of its owners with each part that is known', async () => {
        const id = await accept(acme, { to: [{ email: 'a@x.example' }, { email: 'b@x.example' }] });
        await claim('first');
        await store.outbox.recover({ owner: 'second', now: NOW });
        const { fence, deaths } = only(await claim('second'));
        expect(deaths).toBe(1);
        const part = { tenantId: acme.id, messageId: id, fence, at: NOW + 1, provider: 'relay', startedAt: NOW };
        expect(await store.outbox.settlePart({ ...part, sent: [{ position: 0, reply: '250 ok' }], events: [] })).toBe(
          true,
        );
        await store.outbox.recover({ owner: 'third', now: NOW });
        expect(only(await claim('third')).deaths).toBe(1);
      });

      it('puts it back for later, and counts only attempts that count', async () => {
        const id = await accept(acme);
        await store.outbox.settle(asDeferred(only(await claim()), NOW + 1000));
        const throttled = asDeferred(only(await claim('a', { now: NOW + 1000 })), NOW + 2000);
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
          ...asDeferred(only(await claim()), NOW + 1, [{ position: 0, status: 'failed' }]),
          dead: true,
        });
        await store.outbox.settle(asSent(only(await claim('a', { now: NOW + 1 }))));
        expect((await store.messages.get({ tenantId: acme.id, messageId: id }))?.dead).toBe(true);
      });

      it('offers only recipients that are still open', async () => {
        await accept(acme, { to: [{ email: 'to@x.example' }, { email: 'b@x.example' }] });
        await store.outbox.settle(asDeferred(only(await claim()), NOW + 1, [{ position: 0, status: 'sent' }]));
        const job = only(await claim('a', { now: NOW + 1 }));
        expect(job.recipients.map(({ position }) => position)).toEqual([1]);
        expect(job.settled).toEqual(['sent']);
      });
    });
  });
}

function plainBytes(_: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  const isBuffer = typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
  return isBuffer && 'data' in value ? value.data : value;
}
