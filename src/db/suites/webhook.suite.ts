/** The contract of the webhook verbs, run against every store there is. */

import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IepError } from '../../core/errors.ts';
import type { EventType } from '../../core/message.ts';
import type { Settlement } from '../verbs/outbox.ts';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { WebhookClaim, WebhookEndpoint, WebhookJob, WebhookReplay, WebhookSettlement } from '../verbs/webhooks.ts';
import type { StoreHarness } from './store.suite.ts';
import { DAY, MINUTE, NOW, newMessage } from './suite.testing.ts';

export function webhookSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`webhooks in store: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    let acme: Tenant;
    let globex: Tenant;

    beforeEach(async () => {
      harness = await createHarness();
      store = await harness.open();
      acme = await tenant('acme');
      globex = await tenant('globex');
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    const tenant = (slug: string) => store.tenants.add({ id: randomUUID(), slug, name: slug, settings: {}, now: NOW });
    const endpoint = (
      owner: Tenant,
      events: WebhookEndpoint['events'] = ['*'],
      more: { url?: string; max?: number } = {},
    ) =>
      store.webhooks.add({
        id: randomUUID(),
        tenantId: owner.id,
        url: more.url ?? 'https://hooks.example/in',
        events,
        secret: 'sealed',
        max: more.max ?? 10,
        now: NOW,
      });
    /** A message with these events besides `queued`. */
    const message = async (owner: Tenant, events: readonly EventType[] = [], at = NOW, rendered?: string) => {
      const entry = newMessage(owner.id, { to: [{ email: 'to@x.example', name: 'To' }] });
      const { id } = entry.message;
      await store.outbox.accept({ tenantId: owner.id, messages: [entry] });
      if (events.length === 0) return id;
      const { jobs } = await store.outbox.claim({ owner: 'm', now: at, leaseMs: MINUTE, limit: 100, skipTenants: [] });
      const job = jobs.find((one) => one.message.id === id);
      if (job === undefined) throw new Error('the message was not claimed');
      await store.outbox.settle({
        tenantId: owner.id,
        messageId: id,
        fence: job.fence,
        at,
        status: 'sent',
        recipients: [{ position: 0, status: 'sent' }],
        events: events.map((type) => ({ type, at, data: { provider: 'relay', attempt: 2, reply: '250 ok' } })),
        ...(rendered !== undefined && { rendered: { subject: rendered } }),
      });
      return id;
    };
    const fanOut = (now = NOW, limit = 500) => store.webhooks.fanOut({ limit, now });
    const claim = async (owner = 'a', more: Partial<WebhookClaim> = {}) => {
      const now = more.now ?? NOW;
      const limits = { limit: 100, maxPerEndpoint: 100, maxPerTenant: 100, maxDoubtful: 100 };
      return store.webhooks.claim({ owner, now, leaseMs: MINUTE, ...limits, ...more });
    };
    const end = (job: WebhookJob, more: Partial<WebhookSettlement> = {}) =>
      store.webhooks.settle({
        deliveryId: job.deliveryId,
        fence: job.fence,
        at: NOW,
        attempt: {
          startedAt: NOW,
          durationMs: 12,
          request: { 'webhook-id': job.deliveryId },
          status: 200,
          answer: 'ok',
        },
        lastAnswer: '200',
        delivered: true,
        quick: true,
        offAfterMs: 5 * DAY,
        ...more,
      });
    const fails = (job: WebhookJob, more: Partial<WebhookSettlement> = {}) =>
      end(job, { delivered: false, quick: false, lastAnswer: '500', dueAt: NOW + MINUTE, ...more });
    const told = (jobs: readonly WebhookJob[]) =>
      jobs.map(({ content, endpoint: { id } }) => [id, content.event.messageId, content.event.type]);
    const only = <T>([job, ...others]: readonly T[]) => {
      if (job === undefined || others.length > 0) throw new Error(`expected one, got ${others.length + Number(!!job)}`);
      return job;
    };
    const deliveries = async (one: WebhookEndpoint) =>
      (await store.webhooks.deliveries({ tenantId: one.tenantId, webhookId: one.id, limit: 100 })).items;
    const refusal = async (promise: Promise<unknown>) => {
      const error = await promise.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      return error instanceof IepError ? error.code : error;
    };

    /** One part, found and then sent again. */
    async function replayWebhooks({ dryRun, now, ...asked }: WebhookReplay & { dryRun: boolean; now: number }) {
      const { positions, ...rest } = await store.webhooks.replayable(asked);
      if (dryRun) return { matched: positions.length, ...rest };
      const { tenantId, webhookId, missed } = asked;
      const isAllMissed = missed && rest.cursor === undefined;
      return {
        matched: await store.webhooks.replayEvents({ tenantId, webhookId, positions, missed, isAllMissed, now }),
        ...rest,
      };
    }

    describe('endpoints', () => {
      it('are made, changed, listed and removed, each tenant its own', async () => {
        const made = await endpoint(acme, ['sent']);
        expect(made).toMatchObject({ tenantId: acme.id, events: ['sent'], active: true, secret: 'sealed' });
        const mine = { tenantId: acme.id, webhookId: made.id };
        const theirs = { tenantId: globex.id, webhookId: made.id };
        expect(await store.webhooks.get(mine)).toEqual(made);
        expect(await store.webhooks.list({ tenantId: acme.id })).toEqual([made]);
        const changed = await store.webhooks.set({
          ...mine,
          url: 'https://b.example/',
          description: 'b',
          now: NOW + 1,
        });
        expect(changed).toEqual({ ...made, url: 'https://b.example/', description: 'b', updatedAt: NOW + 1 });

        expect(await store.webhooks.get(theirs)).toBeUndefined();
        expect(await store.webhooks.list({ tenantId: globex.id })).toEqual([]);
        expect(await refusal(store.webhooks.set({ ...theirs, active: false, now: NOW }))).toBe('not_found');
        expect(await refusal(store.webhooks.deliveries({ ...theirs, limit: 1 }))).toBe('not_found');
        expect(await refusal(store.webhooks.delivery({ ...theirs, deliveryId: 'x' }))).toBe('not_found');
        expect(await refusal(store.webhooks.replayDelivery({ ...theirs, deliveryId: 'x', now: NOW }))).toBe(
          'not_found',
        );
        expect(await refusal(store.webhooks.replayable({ ...theirs, missed: false }))).toBe('not_found');
        const again = { positions: ['1'], missed: false, isAllMissed: false, now: NOW };
        expect(await refusal(store.webhooks.replayEvents({ ...theirs, ...again }))).toBe('not_found');
        expect(await store.webhooks.remove(theirs)).toBe(false);

        expect(await store.webhooks.remove(mine)).toBe(true);
        expect(await store.webhooks.remove(mine)).toBe(false);
        expect(await store.webhooks.get(mine)).toBeUndefined();
      });

      it('are at most so many', async () => {
        await endpoint(acme, ['*'], { max: 1 });
        expect(await refusal(endpoint(acme, ['*'], { max: 1 }))).toBe('conflict');
        await endpoint(globex, ['*'], { max: 1 });
      });

      it('keep the secret before for as long as was said', async () => {
        const { id } = await endpoint(acme);
        const ids = { tenantId: acme.id, webhookId: id };
        const rotated = await store.webhooks.set({
          ...ids,
          secret: 'b',
          previous: { secret: 'a', until: 7 },
          now: NOW,
        });
        expect(rotated).toMatchObject({ secret: 'b', previous: { secret: 'a', until: 7 } });
        expect(await store.webhooks.set({ ...ids, url: 'https://c.example/', now: NOW })).toMatchObject({
          secret: 'b',
          previous: { secret: 'a' },
        });
        expect(await store.webhooks.set({ ...ids, secret: 'c', now: NOW })).not.toHaveProperty('previous');
      });

      it('lose what they had when they are removed, and messages are removed with their deliveries', async () => {
        const gone = await endpoint(acme);
        await message(acme);
        await fanOut();
        await store.webhooks.remove({ tenantId: acme.id, webhookId: gone.id });
        expect((await claim()).jobs).toEqual([]);
        await fanOut();
        expect(await store.webhooks.pending()).toBe(0);
        await endpoint(globex);
        await message(globex);
        await fanOut();
        expect(await store.webhooks.pending()).toBe(1);
        await store.tenants.remove({ tenantId: globex.id, force: true, now: NOW });
        await store.tenants.clear({ limit: 100 });
        expect(await store.webhooks.pending()).toBe(0);
        expect(await harness.problems()).toEqual([]);
      });
    });

    describe('the fan-out', () => {
      it('reads nothing while nobody listens, and tells an endpoint only what comes after it', async () => {
        await message(acme, ['sent']);
        expect(await fanOut()).toEqual({ endpoints: 0, made: 0, more: false });
        const { id } = await endpoint(acme);
        const later = await message(acme);
        expect(await fanOut()).toEqual({ endpoints: 1, made: 1, more: false });
        expect(told((await claim()).jobs)).toEqual([[id, later, 'queued']]);
      });

      it('makes one delivery for each endpoint of the tenant that wants the event', async () => {
        const all = await endpoint(acme);
        const some = await endpoint(acme, ['sent', 'failed']);
        const theirs = await endpoint(globex);
        const off = await endpoint(acme);
        await store.webhooks.set({ tenantId: acme.id, webhookId: off.id, active: false, now: NOW });
        const mine = await message(acme, ['processing', 'sent']);
        const other = await message(globex);
        expect(await fanOut()).toMatchObject({ made: 5 });
        expect((await deliveries(all)).map(({ event, sequence }) => `${sequence} ${event}`)).toEqual([
          ...['3 sent', '2 processing', '1 queued'],
        ]);
        expect(await deliveries(some)).toMatchObject([
          { event: 'sent', messageId: mine, sequence: 3, status: 'pending', attempts: 0, nextAttemptAt: NOW },
        ]);
        expect(await deliveries(theirs)).toMatchObject([{ messageId: other }]);
        expect(await deliveries(off)).toEqual([]);
      });

      it('tells an endpoint nothing of before it, and all from then on, though it has still to tell others', async () => {
        const one = await endpoint(acme);
        const before = await message(acme);
        const two = await endpoint(acme);
        const after = await message(acme);
        await fanOut();
        const toldTo = async (which: WebhookEndpoint) => (await deliveries(which)).map(({ messageId }) => messageId);
        expect(await toldTo(one)).toEqual([after, before]);
        expect(await toldTo(two)).toEqual([after]);
      });

      it('goes on where it stopped, and a crash between its calls loses and doubles nothing', async () => {
        const one = await endpoint(acme);
        for (let count = 0; count < 5; count += 1) await message(acme);
        expect(await fanOut(NOW, 2)).toMatchObject({ made: 2, more: true });
        await store.close();
        store = await harness.reopen();
        expect(await fanOut(NOW, 2)).toMatchObject({ made: 2, more: true });
        expect(await fanOut(NOW, 2)).toMatchObject({ made: 1, more: false });
        expect(await fanOut(NOW, 2)).toMatchObject({ made: 0, more: false });
        expect(await deliveries(one)).toHaveLength(5);
      });
    });

    describe('claims', () => {
      it('bring all that the payload is made of, the same at every claim', async () => {
        const one = await endpoint(acme, ['sent']);
        const id = await message(acme, ['processing', 'sent'], NOW + 5);
        await fanOut();
        const first = only((await claim()).jobs);
        expect(first).toMatchObject({ endpoint: { id: one.id, secret: 'sealed' }, tries: 0, leaseUntil: NOW + MINUTE });
        expect(first.content).toEqual({
          event: {
            position: expect.any(String),
            tenantId: acme.id,
            messageId: id,
            sequence: 3,
            type: 'sent',
            at: NOW + 5,
            data: { provider: 'relay', attempt: 2, reply: '250 ok' },
          },
          mail: { to: ['to@x.example'], subject: 'Hello', provider: 'relay', attempts: 2 },
        });
        await fails(first);
        await message(acme, ['sent']);
        const again = only((await claim('a', { now: NOW + MINUTE })).jobs);
        expect(again.content).toEqual(first.content);
        expect(again.tries).toBe(1);
      });

      it('tell the subject that was sent, and of what came before the one that was submitted', async () => {
        await endpoint(acme, ['queued', 'sent']);
        await message(acme, ['sent'], NOW, 'Hello Jo');
        await fanOut();
        const queued = only((await claim()).jobs);
        await end(queued);
        const sent = only((await claim()).jobs);
        expect([queued, sent].map(({ content }) => [content.event.type, content.mail?.subject])).toEqual([
          ['queued', 'Hello'],
          ['sent', 'Hello Jo'],
        ]);
      });

      it('tell the same on a later try, whatever became of the message since', async () => {
        await endpoint(acme, ['suppressed']);
        const id = await message(acme);
        const settle = async (change: Pick<Settlement, 'status' | 'events'> & { rendered?: { subject: string } }) => {
          const due = { owner: 'm', now: NOW, leaseMs: MINUTE, limit: 1, skipTenants: [] };
          const { fence } = only((await store.outbox.claim(due)).jobs);
          const recipients = [{ position: 0, status: change.status }];
          await store.outbox.settle({ tenantId: acme.id, messageId: id, fence, at: NOW, recipients, ...change });
        };
        await settle({ status: 'suppressed', events: [{ type: 'suppressed', at: NOW }] });
        await fanOut();
        const first = only((await claim()).jobs);
        await fails(first);
        await store.messages.retry({ tenantId: acme.id, messageId: id, now: NOW });
        const sent = { type: 'sent', at: NOW, data: { provider: 'relay', attempt: 1 } } as const;
        await settle({ status: 'sent', events: [sent], rendered: { subject: 'Hello Jo' } });
        const again = only((await claim('a', { now: NOW + MINUTE })).jobs);
        expect(again.content).toEqual(first.content);
      });

      it('of one message follow each other in order, and one that failed holds nothing up', async () => {
        await endpoint(acme);
        await message(acme, ['processing', 'sent']);
        const other = await message(acme);
        await fanOut();
        const [first, beside, ...more] = (await claim()).jobs;
        expect([first?.content.event.sequence, beside?.content.event.messageId, more]).toEqual([1, other, []]);
        expect((await claim()).held).toBe(true);
        await fails(first as WebhookJob, { dueAt: NOW + 5 * MINUTE });
        await end(beside as WebhookJob);
        const second = only((await claim()).jobs);
        expect(second.content.event.sequence).toBe(2);
        await end(second);
        const third = only((await claim()).jobs);
        expect(third.content.event.sequence).toBe(3);
        await end(third);
        expect(await claim()).toEqual({ jobs: [], held: false, nextDueAt: NOW + 5 * MINUTE });
        expect(only((await claim('a', { now: NOW + 5 * MINUTE })).jobs).content.event.sequence).toBe(1);
      });

      it('take tenants in turn, and no more of an endpoint or tenant than it may have', async () => {
        const busy = await endpoint(acme);
        const calm = await endpoint(globex);
        for (let count = 0; count < 6; count += 1) await message(acme);
        await message(globex);
        await fanOut();
        const limits = { limit: 3, maxPerEndpoint: 4 };
        const { jobs } = await claim('a', limits);
        expect(jobs.map(({ endpoint: { id } }) => id).sort()).toEqual([busy.id, busy.id, calm.id].sort());
        expect((await claim('a', limits)).jobs).toHaveLength(2);
        expect(await claim('a', limits)).toMatchObject({ jobs: [], held: true });
        await endpoint(acme);
        await message(acme);
        await fanOut();
        expect((await claim('a', { ...limits, maxPerTenant: 4 })).jobs).toEqual([]);
        expect((await claim('a', { ...limits, maxPerTenant: 5 })).jobs).toHaveLength(1);
      });

      it('leave room for endpoints that answer, however many do not', async () => {
        const healthy = await endpoint(globex);
        await message(globex);
        await fanOut();
        await end(only((await claim()).jobs));
        for (let count = 0; count < 3; count += 1) await endpoint(acme);
        await message(acme);
        await message(globex);
        await fanOut();
        const { jobs } = await claim('a', { maxDoubtful: 2 });
        expect(jobs.filter(({ endpoint: { tenantId } }) => tenantId === acme.id)).toHaveLength(2);
        expect(jobs.filter(({ endpoint: { id } }) => id === healthy.id)).toHaveLength(1);
      });

      it('give an endpoint that fails one at a time until it answers again', async () => {
        await endpoint(acme);
        for (let count = 0; count < 4; count += 1) await message(acme);
        await fanOut();
        const first = (await claim('a', { limit: 1 })).jobs;
        await fails(only(first));
        const probe = only((await claim()).jobs);
        await end(probe);
        expect((await claim()).jobs).toHaveLength(2);
      });

      it('leave an endpoint alone for as long as it asked', async () => {
        await endpoint(acme);
        await message(acme);
        await message(acme);
        await fanOut();
        const [first, second] = (await claim()).jobs;
        await fails(first as WebhookJob, { dueAt: NOW + 20_000, waitUntil: NOW + 20_000 });
        await store.webhooks.release({ deliveryId: second?.deliveryId ?? '', fence: second?.fence ?? 0, dueAt: NOW });
        expect(await claim('a', { now: NOW + 19_999 })).toMatchObject({
          jobs: [],
          nextDueAt: NOW + 20_000,
          held: false,
        });
        expect((await claim('a', { now: NOW + 20_000 })).jobs).toHaveLength(1);
      });
    });

    describe('leases', () => {
      it('are kept from others until they end, and never claimed again by their owner', async () => {
        await endpoint(acme);
        await message(acme);
        await fanOut();
        const mine = only((await claim('a')).jobs);
        expect((await claim('b', { now: NOW + MINUTE - 1 })).jobs).toEqual([]);
        expect((await claim('a', { now: NOW + 2 * MINUTE })).jobs).toEqual([]);
        const theirs = only((await claim('b', { now: NOW + 2 * MINUTE })).jobs);
        expect(await end(mine)).toBeUndefined();
        expect(await store.webhooks.release({ deliveryId: mine.deliveryId, fence: mine.fence, dueAt: NOW })).toBe(
          false,
        );
        expect(await end(theirs)).toEqual({ status: 'delivered' });
        expect(await end(theirs)).toBeUndefined();
      });

      it('are freed of a daemon that is gone, and what it had under way comes first again', async () => {
        await endpoint(acme);
        await message(acme, ['processing', 'sent']);
        await fanOut();
        const before = only((await claim('dead')).jobs);
        await store.close();
        store = await harness.reopen();
        expect(await store.webhooks.recover({ owner: 'next', now: NOW })).toBe(1);
        expect(await end(before)).toBeUndefined();
        const again = only((await claim('next')).jobs);
        expect([again.deliveryId, again.content]).toEqual([before.deliveryId, before.content]);
        expect(await store.webhooks.recover({ owner: 'next', now: NOW })).toBe(0);
      });

      it('given back are due when they say, untried', async () => {
        const one = await endpoint(acme);
        await message(acme);
        await fanOut();
        const job = only((await claim()).jobs);
        await store.webhooks.release({ deliveryId: job.deliveryId, fence: job.fence, dueAt: NOW + 9 });
        expect(await claim()).toMatchObject({ jobs: [], nextDueAt: NOW + 9 });
        expect(await deliveries(one)).toMatchObject([{ status: 'pending', attempts: 0 }]);
      });

      it('follow a clock that goes back', async () => {
        await endpoint(acme);
        await message(acme);
        await fanOut();
        await fails(only((await claim()).jobs), { dueAt: NOW + MINUTE, waitUntil: NOW + MINUTE });
        expect(await store.webhooks.shift({ now: NOW - DAY, byMs: DAY })).toBe(1);
        expect((await claim('a', { now: NOW - DAY + MINUTE })).jobs).toHaveLength(1);
      });

      it('are free when a lease would have ended, of a clock that went back or was ahead', async () => {
        await endpoint(acme);
        await message(acme);
        await fanOut();
        await claim('a');
        await store.webhooks.shift({ now: NOW - DAY, byMs: DAY });
        expect((await claim('b', { now: NOW - DAY + MINUTE - 1 })).jobs).toEqual([]);
        expect((await claim('b', { now: NOW - DAY + MINUTE })).jobs).toHaveLength(1);
        await store.webhooks.followClock({ now: NOW - 2 * DAY, longestMs: MINUTE });
        expect((await claim('c', { now: NOW - 2 * DAY + MINUTE })).jobs).toHaveLength(1);
      });

      it('do not wait for a clock that was ahead when they were put off', async () => {
        await endpoint(acme);
        await message(acme);
        await fanOut();
        await fails(only((await claim()).jobs), { dueAt: NOW + MINUTE, waitUntil: NOW + MINUTE });
        expect(await store.webhooks.followClock({ now: NOW - DAY, longestMs: 2 * MINUTE })).toBe(1);
        expect((await claim('a', { now: NOW - DAY + 2 * MINUTE })).jobs).toHaveLength(1);
      });
    });

    describe('what came of it', () => {
      it('is kept with request, answer and duration, and read by its tenant', async () => {
        const one = await endpoint(acme);
        const id = await message(acme);
        await fanOut();
        await fails(only((await claim()).jobs), {
          attempt: { startedAt: NOW, durationMs: 10_000, request: { 'webhook-id': 'w' }, error: 'no answer' },
          dueAt: NOW + 5,
        });
        await end(only((await claim('a', { now: NOW + 5 })).jobs));
        const [delivery] = await deliveries(one);
        expect(delivery).toMatchObject({ status: 'delivered', attempts: 2, lastAnswer: '200', messageId: id });
        expect(delivery).not.toHaveProperty('nextAttemptAt');
        const ids = { tenantId: acme.id, webhookId: one.id, deliveryId: delivery?.id ?? '' };
        const detail = await store.webhooks.delivery(ids);
        expect(detail?.attemptLog).toEqual([
          { number: 1, startedAt: NOW, durationMs: 10_000, request: { 'webhook-id': 'w' }, error: 'no answer' },
          {
            number: 2,
            startedAt: NOW,
            durationMs: 12,
            request: { 'webhook-id': ids.deliveryId },
            status: 200,
            answer: 'ok',
          },
        ]);
        expect(detail?.content.event.messageId).toBe(id);
        const another = await endpoint(acme);
        expect(await store.webhooks.delivery({ ...ids, webhookId: another.id })).toBeUndefined();
      });

      it('is listed by page, status and message', async () => {
        const one = await endpoint(acme);
        const ids = [await message(acme), await message(acme), await message(acme)];
        await fanOut();
        for (const job of (await claim('a', { limit: 1 })).jobs) await end(job);
        const list = (more: object) =>
          store.webhooks.deliveries({ tenantId: acme.id, webhookId: one.id, limit: 2, ...more });
        const first = await list({});
        expect(first.items.map(({ messageId }) => messageId)).toEqual([ids[2], ids[1]]);
        const second = await list({ cursor: first.cursor });
        expect(second.items.map(({ messageId }) => messageId)).toEqual([ids[0]]);
        expect(second).not.toHaveProperty('cursor');
        expect((await list({ status: 'delivered' })).items).toHaveLength(1);
        expect((await list({ messageId: ids[1] })).items).toHaveLength(1);
      });

      it('is failed when it is not to be tried again', async () => {
        const one = await endpoint(acme);
        await message(acme);
        await fanOut();
        const ended = await end(only((await claim()).jobs), { delivered: false, lastAnswer: '500' });
        expect(ended).toEqual({ status: 'failed' });
        expect(await deliveries(one)).toMatchObject([{ status: 'failed', attempts: 1, lastAnswer: '500' }]);
        expect(await claim()).toEqual({ jobs: [], held: false });
      });

      it('loses requests and answers when they are old, never the delivery', async () => {
        const one = await endpoint(acme);
        const post = async (at: number) => {
          await message(acme);
          await fanOut(at);
          const job = only((await claim('a', { now: at })).jobs);
          await end(job, { attempt: { startedAt: at, durationMs: 1, request: {}, status: 200 } });
          return { tenantId: acme.id, webhookId: one.id, deliveryId: job.deliveryId };
        };
        const old = await post(NOW);
        const recent = await post(NOW + DAY);
        expect(await store.webhooks.prune({ before: NOW, limit: 10 })).toBe(0);
        expect(await store.webhooks.prune({ before: NOW + DAY, limit: 10 })).toBe(1);
        expect(await store.webhooks.delivery(old)).toMatchObject({ status: 'delivered', attemptLog: [] });
        expect((await store.webhooks.delivery(recent))?.attemptLog).toHaveLength(1);
      });
    });

    describe('turned off', () => {
      it('nothing is posted to it, also of what waited', async () => {
        const one = await endpoint(acme);
        const on = await endpoint(acme);
        const id = await message(acme);
        await fanOut();
        await store.webhooks.set({ tenantId: acme.id, webhookId: one.id, active: false, now: NOW });
        const { jobs, held, nextDueAt } = await claim();
        expect(told(jobs)).toEqual([[on.id, id, 'queued']]);
        expect([held, nextDueAt]).toEqual([false, undefined]);
      });

      it('at once when the answer says so; what waits is cancelled', async () => {
        const one = await endpoint(acme);
        await message(acme);
        await message(acme);
        await fanOut();
        const [first, second] = (await claim()).jobs;
        await message(acme);
        await fanOut();
        expect(await fails(first as WebhookJob, { offReason: '410' })).toEqual({
          status: 'cancelled',
          offReason: '410',
        });
        expect(await fails(second as WebhookJob)).toEqual({ status: 'cancelled' });
        expect(await store.webhooks.get({ tenantId: acme.id, webhookId: one.id })).toMatchObject({
          active: false,
          off: { reason: '410', at: NOW },
        });
        expect(await fanOut()).toEqual({ endpoints: 0, made: 0, more: false });
        expect((await deliveries(one)).map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'cancelled']);
        expect(await store.webhooks.pending()).toBe(0);
      });

      it('after nothing but failures for long enough; a success begins anew', async () => {
        const one = await endpoint(acme);
        await message(acme);
        await fanOut();
        const failAt = async (at: number) => fails(only((await claim('a', { now: at })).jobs), { at, dueAt: at });
        expect(await failAt(NOW)).toEqual({ status: 'pending' });
        expect(await failAt(NOW + 5 * DAY - 1)).toEqual({ status: 'pending' });
        await end(only((await claim()).jobs.concat((await claim('a', { now: NOW + 5 * DAY })).jobs)));
        await message(acme);
        await fanOut(NOW + 6 * DAY);
        expect(await failAt(NOW + 6 * DAY)).toEqual({ status: 'pending' });
        expect(await failAt(NOW + 11 * DAY)).toEqual({
          status: 'cancelled',
          offReason: 'nothing but failures for 5 days',
        });
        expect(await store.webhooks.get({ tenantId: acme.id, webhookId: one.id })).toMatchObject({ active: false });
      });

      it('and on again, it gets what comes from then on, and what it missed on demand', async () => {
        const one = await endpoint(acme, ['queued']);
        const ids = { tenantId: acme.id, webhookId: one.id };
        const got = await message(acme);
        await fanOut();
        await end(only((await claim()).jobs));
        const waiting = await message(acme);
        await fanOut();
        await store.webhooks.set({ ...ids, active: false, now: NOW });
        await fanOut();
        const missed = await message(acme, ['sent']);
        await store.webhooks.set({ ...ids, active: true, now: NOW });
        const later = await message(acme);
        await fanOut();
        expect((await claim()).jobs.map(({ content }) => content.event.messageId)).toEqual([later]);
        const replay = { ...ids, missed: true, now: NOW };
        expect(await replayWebhooks({ ...replay, dryRun: true })).toEqual({ matched: 2 });
        expect((await claim()).jobs).toEqual([]);
        expect(await replayWebhooks({ ...replay, dryRun: false })).toEqual({ matched: 2 });
        expect((await claim()).jobs.map(({ content }) => content.event.messageId).sort()).toEqual(
          [waiting, missed].sort(),
        );
        expect(await replayWebhooks({ ...replay, dryRun: false })).toEqual({ matched: 0 });
        expect((await deliveries(one)).filter(({ messageId }) => messageId === got)).toMatchObject([{ attempts: 1 }]);
      });
    });

    describe('replay', () => {
      it('of one keeps its id and begins its tries anew', async () => {
        const one = await endpoint(acme);
        await message(acme);
        await fanOut();
        const job = only((await claim()).jobs);
        await end(job);
        const ids = { tenantId: acme.id, webhookId: one.id };
        const again = await store.webhooks.replayDelivery({ ...ids, deliveryId: job.deliveryId, now: NOW + 1 });
        expect(again).toMatchObject({ id: job.deliveryId, status: 'pending', attempts: 1, nextAttemptAt: NOW + 1 });
        await store.webhooks.replayDelivery({ ...ids, deliveryId: job.deliveryId, now: NOW + 2 });
        const second = only((await claim('a', { now: NOW + 2 })).jobs);
        expect([second.deliveryId, second.tries, second.content]).toEqual([job.deliveryId, 0, job.content]);
        expect(await refusal(store.webhooks.replayDelivery({ ...ids, deliveryId: randomUUID(), now: NOW }))).toBe(
          'not_found',
        );
        await store.webhooks.set({ ...ids, active: false, now: NOW });
        expect(await refusal(store.webhooks.replayDelivery({ ...ids, deliveryId: job.deliveryId, now: NOW }))).toBe(
          'conflict',
        );
      });

      it('of a message, or of a time, takes only what is the tenant’s and what the endpoint wants', async () => {
        const first = await message(acme, ['sent'], NOW + 10 * MINUTE);
        const foreign = await message(globex, ['sent'], NOW + 10 * MINUTE);
        const second = await message(acme, ['sent'], NOW + 60 * MINUTE);
        const one = await endpoint(acme, ['sent']);
        await fanOut();
        const replay = (more: object) =>
          replayWebhooks({
            tenantId: acme.id,
            webhookId: one.id,
            missed: false,
            dryRun: false,
            now: NOW,
            ...more,
          });
        expect(await replay({ messageId: foreign })).toEqual({ matched: 0 });
        expect(await replay({ messageId: first, dryRun: true })).toEqual({ matched: 1 });
        expect(await replay({ from: NOW, until: NOW + 60 * MINUTE })).toEqual({ matched: 1 });
        expect(told((await claim()).jobs)).toEqual([[one.id, first, 'sent']]);
        expect(await replay({ from: NOW + 60 * MINUTE, until: NOW + 61 * MINUTE })).toEqual({ matched: 1 });
        expect(told((await claim()).jobs)).toEqual([[one.id, second, 'sent']]);
      });

      it('of a long time comes in parts', async () => {
        const one = await endpoint(acme);
        const entries = Array.from({ length: 2_300 }, () => newMessage(acme.id));
        await store.outbox.accept({ tenantId: acme.id, messages: entries });
        const replay = { tenantId: acme.id, webhookId: one.id, from: 0, missed: false, dryRun: false, now: NOW };
        const part = await replayWebhooks(replay);
        expect(part).toEqual({ matched: 2_000, cursor: expect.any(String) });
        expect(await replayWebhooks({ ...replay, cursor: part.cursor ?? '' })).toEqual({ matched: 300 });
        await fanOut(NOW, 5_000);
        expect(await store.webhooks.pending()).toBe(2_300);
      });
    });
  });
}
