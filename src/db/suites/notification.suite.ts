/** The contract of the verbs of notifications; part of the store's. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mustDecideAgain } from '../../core/notification-delivery.ts';
import type { NewDelivery, NewNotification, NotificationJob, WindowTake } from '../verbs/notifications.ts';
import type { NewMessage } from '../verbs/outbox.ts';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { StoreHarness } from './store.suite.ts';
import { DAY, MINUTE, NOW, newId, newMessage, openWithTenants } from './suite.testing.ts';

const HOUR = 60 * MINUTE;
const KEY = 'job:subscriber:jo:email';

function newDelivery(more: Partial<NewDelivery> = {}): NewDelivery {
  return {
    ...{ recipient: 'subscriber:jo', channel: 'email', step: 0, verdict: { kind: 'now' }, takes: [], slot: 0 },
    ...more,
  };
}

/** Waits in a digest: it opens the window, or joins that of the number. */
export function inDigest(no?: number): NewDelivery {
  const window = { kind: 'digest' as const, key: KEY, ...(no !== undefined && { no }) };
  return newDelivery({ verdict: { kind: 'held', reason: 'digest', until: NOW + HOUR, window } });
}

export async function addNotification(
  store: Store,
  tenantId: string,
  deliveries: readonly NewDelivery[],
  { now = NOW, message, ...more }: Partial<NewNotification> & { now?: number; message?: NewMessage } = {},
): Promise<string> {
  const notification = { id: newId(), type: 'job', content: { data: { n: 1 } }, ...more };
  const add = { verb: 'notifications.add', input: { tenantId, now, notification, deliveries } } as const;
  const mail = message && ({ verb: 'outbox.accept', input: { tenantId, messages: [message], all: true } } as const);
  await store.together(mail ? [mail, add] : [add]);
  return notification.id;
}

export const claimNotifications = async (
  store: Store,
  { now = NOW, owner = 'a/1', limit = 100, maxPerSlot = 4, maxDoubtful = 100 } = {},
) =>
  (await store.notifications.claim({ owner, now, leaseMs: MINUTE, limit, maxPerTenant: 20, maxPerSlot, maxDoubtful }))
    .jobs;

export const claimedOf = ({ entry, fence, tenantId }: NotificationJob) => ({ entry, fence, tenantId });

export function notificationSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`notifications: ${name}`, () => {
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

    const add = (deliveries: readonly NewDelivery[], more: Parameters<typeof addNotification>[3] = {}) =>
      addNotification(store, acme.id, deliveries, more);
    const deliveriesOf = async (id: string) =>
      (await store.notifications.deliveries({ tenantId: acme.id, id, limit: 100 })).items;
    const digestsAt = async (now: number) =>
      (
        await store.notifications.facts({
          tenantId: acme.id,
          now,
          addresses: [],
          windows: [{ kind: 'digest', key: KEY }],
        })
      ).windows;
    const again = async (call: Promise<unknown>) => mustDecideAgain(await call.catch((error: unknown) => error));

    it('keep what goes at once with its message, and follow it', async () => {
      const message = newMessage(acme.id);
      const id = await add([newDelivery({ messageId: message.message.id })], { message });
      expect(await deliveriesOf(id)).toMatchObject([{ status: 'pending', messageId: message.message.id }]);
      expect(await claimNotifications(store)).toEqual([]);
      const lease = { owner: 'o', now: NOW, leaseMs: MINUTE };
      const [job] = (await store.outbox.claim({ ...lease, limit: 1, skipTenants: [] })).jobs;
      if (job === undefined) throw new Error('expected a job');
      const end = { tenantId: acme.id, messageId: message.message.id, fence: job.fence, at: NOW + 5, events: [] };
      await store.outbox.settle({ ...end, status: 'bounced', recipients: [{ position: 0, status: 'bounced' }] });
      expect(await deliveriesOf(id)).toMatchObject([{ status: 'failed', reason: 'bounced', updatedAt: NOW + 5 }]);
      await store.messages.retry({ tenantId: acme.id, messageId: message.message.id, now: NOW + 9, onlyDead: false });
      expect(await deliveriesOf(id)).toMatchObject([{ status: 'pending' }]);
      expect((await deliveriesOf(id))[0]).not.toHaveProperty('reason');
      expect(
        await store.notifications.ofMessage({ tenantId: acme.id, messageId: message.message.id, limit: 9 }),
      ).toMatchObject([{ id }]);
      expect(
        await store.notifications.ofMessage({ tenantId: globex.id, messageId: message.message.id, limit: 9 }),
      ).toEqual([]);
    });

    it('store neither mail nor notification where one of them is refused', async () => {
      const message = newMessage(acme.id);
      await add([inDigest()]);
      expect(await again(add([inDigest()], { message }))).toBe(true);
      expect((await store.outbox.claim({ owner: 'o', now: NOW, leaseMs: 9, limit: 9, skipTenants: [] })).jobs).toEqual(
        [],
      );
    });

    it('hold a delivery until its time, and end its claim once', async () => {
      const id = await add([newDelivery({ verdict: { kind: 'held', reason: 'quiet_hours', until: NOW + HOUR } })]);
      expect(await claimNotifications(store)).toEqual([]);
      const [job] = await claimNotifications(store, { now: NOW + HOUR });
      if (job === undefined) throw new Error('expected a job');
      expect(job.work).toMatchObject({
        kind: 'deliver',
        notification: { id, tenantId: acme.id, content: { data: { n: 1 } } },
        delivery: { recipient: 'subscriber:jo', channel: 'email' },
      });
      expect(await claimNotifications(store, { now: NOW + HOUR })).toEqual([]);
      const settlement = {
        ...claimedOf(job),
        at: NOW + HOUR,
        outcome: { status: 'skipped', reason: 'no_address' },
      } as const;
      expect(await again(store.notifications.settle({ ...settlement, fence: 1 }))).toBe(true);
      await store.notifications.settle(settlement);
      expect(await again(store.notifications.settle(settlement))).toBe(true);
      const [ended] = await deliveriesOf(id);
      expect(ended).toMatchObject({ status: 'skipped', reason: 'no_address' });
      expect(ended?.history).toEqual([
        { at: NOW, status: 'held', reason: 'quiet_hours', until: NOW + HOUR },
        { at: NOW + HOUR, status: 'skipped', reason: 'no_address' },
      ]);
      expect(await store.notifications.pending()).toBe(0);
    });

    it('try a post again when it is due, and count that', async () => {
      await add([newDelivery({ channel: 'slack', slot: 3 })]);
      const [job] = await claimNotifications(store);
      if (job === undefined) throw new Error('expected a job');
      expect(job.tries).toBe(0);
      await store.notifications.settle({ ...claimedOf(job), at: NOW, dueAt: NOW + 5, tried: true });
      expect(await claimNotifications(store, { now: NOW + 4 })).toEqual([]);
      const [next] = await claimNotifications(store, { now: NOW + 5 });
      expect(next?.tries).toBe(1);
      if (next === undefined) throw new Error('expected a job');
      expect(await store.notifications.release({ entry: next.entry, fence: next.fence, dueAt: NOW })).toBe(true);
      expect((await claimNotifications(store))[0]?.tries).toBe(1);
    });

    it('name the files of what gathered, in their order', async () => {
      const fileOf = (filename: string, content: string) => {
        return { filename, contentType: 'text/plain', content: Buffer.from(content) };
      };
      await add([inDigest()], { files: [fileOf('b.log', 'four'), fileOf('a.log', '')] });
      const [job] = await claimNotifications(store, { now: NOW + HOUR });
      const files = [
        { filename: 'b.log', contentType: 'text/plain', size: 4 },
        { filename: 'a.log', contentType: 'text/plain', size: 0 },
      ];
      expect(job?.work).toMatchObject({ window: { items: [{ files }] } });
    });

    it('gather a digest that one opens and the others join, until it ends', async () => {
      await add([inDigest()]);
      expect(await again(add([inDigest()]))).toBe(true);
      const [open] = await digestsAt(NOW);
      expect(open).toMatchObject({ key: KEY, endsAt: NOW + HOUR, count: 0 });
      for (let n = 2; n <= 120; n++) await add([inDigest(open?.no)], { content: { n }, now: NOW + n });
      expect(await digestsAt(NOW + HOUR)).toEqual([]);
      expect(await again(add([inDigest(open?.no)], { now: NOW + HOUR }))).toBe(true);
      expect(await claimNotifications(store, { now: NOW + HOUR - 1 })).toEqual([]);

      const [job] = await claimNotifications(store, { now: NOW + HOUR });
      if (job?.work.kind !== 'window' || job.work.window === undefined) throw new Error('expected a window');
      const { window } = job.work;
      expect(window).toMatchObject({
        count: 120,
        firstAt: NOW,
        lastAt: NOW + 120,
        recipient: 'subscriber:jo',
        type: 'job',
      });
      expect(window.items).toHaveLength(100);
      expect([window.items[0]?.content, window.items.at(-1)?.content]).toEqual([{ n: 21 }, { n: 120 }]);

      const message = newMessage(acme.id);
      const mail = { verb: 'outbox.accept', input: { tenantId: acme.id, messages: [message], all: true } } as const;
      const end = (count: number) =>
        store.together([
          mail,
          {
            verb: 'notifications.settle',
            input: {
              ...{ ...claimedOf(job), at: NOW + HOUR, window: { no: window.no, count, takes: [] } },
              outcome: { status: 'pending', messageId: message.message.id },
            },
          },
        ]);
      expect(await again(end(119))).toBe(true);
      expect(await again(add([inDigest(open?.no)], { now: NOW }))).toBe(true);
      await end(120);
      expect(await again(store.notifications.settle({ ...claimedOf(job), at: NOW }))).toBe(true);
      const [newest] = (await store.notifications.list({ tenantId: acme.id, filter: {}, limit: 1 })).items;
      expect(await deliveriesOf(newest?.id ?? '')).toMatchObject([
        { status: 'pending', messageId: message.message.id },
      ]);
      expect(await store.notifications.pending()).toBe(0);
      await add([inDigest()], { now: NOW + HOUR });
    });

    it('open the next digest where one is over and still goes', async () => {
      await add([inDigest()]);
      const later = NOW + HOUR + 1;
      await add(
        [
          newDelivery({
            verdict: { kind: 'held', reason: 'digest', until: NOW + 2 * HOUR, window: { kind: 'digest', key: KEY } },
          }),
        ],
        { now: later },
      );
      expect(await digestsAt(later)).toMatchObject([{ endsAt: NOW + 2 * HOUR }]);
      const [job] = await claimNotifications(store, { now: later });
      expect(job?.work).toMatchObject({ kind: 'window', window: { count: 1 } });
    });

    it('count what goes at once in a window, as far as its limit', async () => {
      const take: WindowTake = { kind: 'rate', key: KEY, endsAt: NOW + HOUR, limit: 2 };
      const one = newDelivery({ takes: [take], verdict: { kind: 'skipped', reason: 'preference' } });
      await add([one]);
      await add([one]);
      expect(await again(add([one]))).toBe(true);
      await add([one], { now: NOW + HOUR });
      const { windows } = await store.notifications.facts({
        ...{ tenantId: acme.id, now: NOW + HOUR - 1, addresses: [], windows: [{ kind: 'rate', key: KEY }] },
      });
      expect(windows).toMatchObject([{ count: 1 }]);
      expect(await store.notifications.sweepWindows({ now: NOW + HOUR + 1, limit: 9 })).toBe(1);
    });

    it('make one for an idempotency key of a tenant', async () => {
      const id = await add([], { idempotencyKey: 'k', idempotencyHash: 'h' });
      expect(await again(add([], { idempotencyKey: 'k', idempotencyHash: 'h' }))).toBe(true);
      await addNotification(store, globex.id, [], { idempotencyKey: 'k' });
      const find = (tenantId: string) => store.notifications.byKey({ tenantId, idempotencyKey: 'k' });
      expect(await find(acme.id)).toMatchObject({ id, idempotencyHash: 'h' });
      expect((await find(globex.id))?.id).not.toBe(id);
    });

    it('go through a topic in pages, each recipient once', async () => {
      const skipped = newDelivery({ verdict: { kind: 'skipped', reason: 'preference' } });
      const id = await add([skipped], { rest: { topics: ['t'] } });
      const [job] = await claimNotifications(store);
      if (job === undefined) throw new Error('expected a job');
      expect(job.work).toMatchObject({ kind: 'rest', notification: { rest: { topics: ['t'] } } });
      const recipients = ['subscriber:jo', 'subscriber:al'] as const;
      expect(await store.notifications.told({ tenantId: acme.id, id, step: 0, recipients })).toEqual(['subscriber:jo']);
      const more = [newDelivery(), newDelivery({ recipient: 'subscriber:al' })];
      await store.notifications.settle({ ...claimedOf(job), at: NOW, dueAt: NOW, deliveries: more, rest: { at: 1 } });
      const [last] = await claimNotifications(store, { owner: 'b/1' }).then((jobs) =>
        jobs.filter(({ work }) => work.kind === 'rest'),
      );
      if (last === undefined) throw new Error('expected a job');
      await store.notifications.settle({ ...claimedOf(last), at: NOW, deliveries: [], rest: null });
      expect((await deliveriesOf(id)).map(({ recipient }) => recipient)).toEqual(['subscriber:jo', 'subscriber:al']);
      expect(await store.notifications.get({ tenantId: acme.id, id })).not.toHaveProperty('rest');
    });

    it('end an escalation when somebody acknowledges it, once', async () => {
      const escalation = { state: { next: 1 }, nextAt: NOW + 5 };
      const sent = newDelivery({ step: 1, channel: 'slack', slot: 1 });
      const held = newDelivery({ step: 1, verdict: { kind: 'held', reason: 'quiet_hours', until: NOW + DAY } });
      const id = await add([sent, held], { escalation });
      const [post] = await claimNotifications(store);
      if (post === undefined) throw new Error('expected a job');
      await store.notifications.settle({ ...claimedOf(post), at: NOW, outcome: { status: 'sent' } });
      const [step] = await claimNotifications(store, { now: NOW + 5 });
      if (step === undefined) throw new Error('expected a job');
      expect(step.work).toMatchObject({ kind: 'step', notification: { escalation: { next: 1 }, isEscalating: true } });
      expect(await store.notifications.escalating({ tenantId: acme.id, limit: 9 })).toMatchObject([{ id }]);

      const acknowledge = (tenantId: string) =>
        store.notifications.acknowledge({ tenantId, id, by: 'Jo', now: NOW + 6 });
      await expect(acknowledge(globex.id)).rejects.toMatchObject({ code: 'not_found' });
      expect(await acknowledge(acme.id)).toBe(true);
      expect(await acknowledge(acme.id)).toBe(false);
      const next = { ...claimedOf(step), at: NOW + 6, deliveries: [newDelivery({ step: 2 })] };
      expect(await again(store.notifications.settle(next))).toBe(true);
      expect((await deliveriesOf(id)).map(({ status }) => status)).toEqual(['acknowledged', 'cancelled']);
      expect(await store.notifications.get({ tenantId: acme.id, id })).toMatchObject({
        ...{ isEscalating: false, acknowledgedBy: 'Jo', acknowledgedAt: NOW + 6 },
      });
      expect(await store.notifications.pending()).toBe(0);
      const { events } = await store.events.after({ tenantId: acme.id, limit: 50 });
      expect(events.map(({ type }) => type)).toEqual(['notification.created', 'notification.acknowledged']);
    });

    it('are listed by whether somebody has yet to acknowledge them', async () => {
      const escalation = { state: { next: 1 }, nextAt: NOW + 5 };
      const [plain, open, seen] = [
        await add([newDelivery()]),
        await add([], { escalation }),
        await add([], { escalation }),
      ];
      await store.notifications.acknowledge({ tenantId: acme.id, id: seen, by: 'Jo', now: NOW });
      const listed = async (escalating: boolean) =>
        (await store.notifications.list({ tenantId: acme.id, filter: { escalating }, limit: 9 })).items.map(
          ({ id }) => id,
        );
      expect([await listed(true), await listed(false)]).toEqual([[open], [seen, plain]]);
    });

    it('cancel what is open, so that a digest goes without it', async () => {
      const message = newMessage(acme.id);
      const id = await add([inDigest()]);
      const [open] = await digestsAt(NOW);
      const other = await add(
        [inDigest(open?.no), newDelivery({ channel: 'slack', slot: 2, messageId: message.message.id })],
        {
          message,
        },
      );
      expect(await store.notifications.cancel({ tenantId: acme.id, id: other, now: NOW + 1 })).toEqual({
        ...{ cancelled: 1, messageIds: [message.message.id] },
      });
      expect(await deliveriesOf(other)).toMatchObject([{ status: 'cancelled' }, { status: 'pending' }]);
      const [job] = await claimNotifications(store, { now: NOW + HOUR });
      expect(job?.work).toMatchObject({ kind: 'window', window: { count: 1, items: [{ notificationId: id }] } });
      await store.notifications.remove({ tenantId: acme.id, id });
      const [empty] = await claimNotifications(store, { now: NOW + HOUR + 2 * MINUTE, owner: 'b/1' });
      expect(empty?.work).toMatchObject({ kind: 'window', window: undefined });
      await expect(store.notifications.cancel({ tenantId: globex.id, id: other, now: NOW })).rejects.toMatchObject({
        code: 'not_found',
      });
      await expect(store.notifications.remove({ tenantId: globex.id, id: other })).rejects.toMatchObject({
        code: 'not_found',
      });
    });

    it('list by what they are and what became of them, the newest first', async () => {
      const first = await add([newDelivery({ verdict: { kind: 'skipped', reason: 'preference' } })], {
        category: 'ops',
      });
      const second = await add([inDigest()], { type: 'invoice', now: NOW + 5, content: { data: { number: 'R_17' } } });
      await addNotification(store, globex.id, [newDelivery()]);
      const ids = async (filter: Parameters<typeof store.notifications.list>[0]['filter']) =>
        (await store.notifications.list({ tenantId: acme.id, filter, limit: 9 })).items.map(({ id }) => id);
      expect(await ids({})).toEqual([second, first]);
      expect(await ids({ type: 'job' })).toEqual([first]);
      expect(await ids({ category: 'ops' })).toEqual([first]);
      expect(await ids({ status: 'held' })).toEqual([second]);
      expect(await ids({ status: 'skipped', channel: 'slack' })).toEqual([]);
      expect(await ids({ subscriber: 'jo', channel: 'email' })).toEqual([second, first]);
      expect(await ids({ subscriber: 'nobody' })).toEqual([]);
      expect(await ids({ from: NOW + 1 })).toEqual([second]);
      expect(await ids({ before: NOW + 1 })).toEqual([first]);
      expect(await ids({ q: 'r_17 invoice' })).toEqual([second]);
      expect(await ids({ q: 'rx17' })).toEqual([]);
      const page = await store.notifications.list({ tenantId: acme.id, filter: {}, limit: 1 });
      expect(await ids({ statuses: { some: ['held', 'skipped'], none: ['held'] } })).toEqual([first]);
      expect(await ids({ statuses: { some: ['held'], none: [] } })).toEqual([second]);
      const told = await add([newDelivery({ recipient: 'email:jo@example.org' })], { now: NOW + 6 });
      const asked = await add([], { now: NOW + 7, content: { data: {}, asked: { recipientEmail: 'jo@example.org' } } });
      expect(await ids({ address: 'jo@example.org' })).toEqual([asked, told]);
      const { items, cursor } = await store.notifications.ids({ tenantId: acme.id, filter: {}, limit: 3 });
      expect(items).toEqual([asked, told, second]);
      const rest = { tenantId: acme.id, filter: {}, limit: 3, ...(cursor !== undefined && { cursor }) };
      expect(await store.notifications.ids(rest)).toEqual({ items: [first] });
      for (const id of [asked, told]) await store.notifications.remove({ tenantId: acme.id, id });
      expect(page.items).toMatchObject([{ id: second, counts: { held: 1 } }]);
      const next = {
        tenantId: acme.id,
        filter: {},
        limit: 1,
        ...(page.cursor !== undefined && { cursor: page.cursor }),
      };
      expect((await store.notifications.list(next)).items).toMatchObject([{ id: first, counts: { skipped: 1 } }]);
      expect(await store.notifications.get({ tenantId: globex.id, id: first })).toBeUndefined();
    });

    it('are claimed a tenant in turn, and a slot fills no more than its share', async () => {
      const posts = (slot: number, count: number, of: string) =>
        Array.from({ length: count }, (_, at) =>
          newDelivery({ channel: 'slack', slot, recipient: `channel:${of}${at}` }),
        );
      await add([...posts(1, 9, 'a'), ...posts(2, 2, 'b')]);
      await addNotification(store, globex.id, posts(1, 2, 'c'));
      const { jobs, held } = await store.notifications.claim({
        ...{ owner: 'a/1', now: NOW, leaseMs: MINUTE, limit: 50, maxPerTenant: 20, maxPerSlot: 4, maxDoubtful: 50 },
      });
      const tenants = jobs.map(({ tenantId }) => (tenantId === acme.id ? 'acme' : 'globex'));
      expect(tenants.slice(0, 4).sort()).toEqual(['acme', 'acme', 'globex', 'globex']);
      expect(tenants.filter((one) => one === 'acme')).toHaveLength(6);
      expect(held).toBe(true);
      expect(await claimNotifications(store)).toEqual([]);
      expect(await store.notifications.recover({ owner: 'a/2', now: NOW })).toBe(jobs.length);
      expect(await claimNotifications(store, { owner: 'a/2' })).toHaveLength(jobs.length);
    });

    it('leave room for slots that answer, whatever does not', async () => {
      const posts = (slot: number, count: number) =>
        Array.from({ length: count }, (_, at) =>
          newDelivery({ channel: 'slack', slot, recipient: `channel:s${slot}n${at}` }),
        );
      const done = async (slot: number, answered: { delivered: boolean; quick: boolean }) => {
        const [job] = await claimNotifications(store, { owner: 'first/1' });
        if (job === undefined) throw new Error('nothing is due');
        await store.notifications.settle({ ...claimedOf(job), at: NOW, outcome: { status: 'sent' }, answered });
        return slot;
      };
      for (const [slot, answered] of [
        [1, { delivered: true, quick: true }],
        [2, { delivered: false, quick: true }],
        [3, { delivered: true, quick: false }],
      ] as const) {
        await add(posts(slot, 1));
        await done(slot, answered);
      }
      await add([1, 2, 3, 4].flatMap((slot) => posts(slot, 4)));
      await add([newDelivery({ verdict: { kind: 'held', reason: 'quiet_hours', until: NOW } })]);
      const claimed = async (maxDoubtful: number) => {
        const jobs = await claimNotifications(store, { maxDoubtful });
        return jobs.map(({ work }) => (work.kind === 'deliver' ? work.delivery.recipient.slice(8, 10) : '')).sort();
      };
      // The quick address and work without an address are not held up. Of the slow and new addresses one is taken.
      const first = await claimed(1);
      expect(first.filter((one) => ['s1', 'er'].includes(one))).toEqual(['er', 's1', 's1', 's1', 's1']);
      expect(first).toHaveLength(6);
      // One that fails has one at once.
      const rest = [...first, ...(await claimed(20))];
      expect(['s2', 's3', 's4'].map((slot) => rest.filter((one) => one === slot).length)).toEqual([1, 4, 4]);
    });

    it('are listed of all tenants where none is named', async () => {
      const [ours, theirs] = [await add([]), await addNotification(store, globex.id, [])];
      const { items, cursor } = await store.notifications.list({ filter: {}, limit: 1 });
      expect(items).toMatchObject([{ id: theirs, tenantSlug: 'globex' }]);
      const next = { filter: {}, limit: 1, ...(cursor !== undefined && { cursor }) };
      expect((await store.notifications.list(next)).items).toMatchObject([{ id: ours, tenantSlug: 'acme' }]);
    });

    it('forget old ones that owe nothing, and keep the others', async () => {
      await add([newDelivery({ verdict: { kind: 'skipped', reason: 'preference' } })]);
      const held = await add([inDigest()]);
      const young = await add([], { now: NOW + DAY });
      const theirs = await addNotification(store, globex.id, []);
      expect(await store.notifications.sweep({ tenantId: acme.id, before: NOW + 1, limit: 9 })).toBe(1);
      expect(await store.notifications.get({ tenantId: globex.id, id: theirs })).toBeDefined();
      const left = (await store.notifications.list({ tenantId: acme.id, filter: {}, limit: 9 })).items;
      expect(left.map(({ id }) => id)).toEqual([young, held]);
    });

    it('keep files while they may be needed', async () => {
      const file = { filename: 'log.txt', contentType: 'text/plain', content: Buffer.from('hi') };
      const id = await add([inDigest()], { files: [file] });
      const [kept] = await store.notifications.files({ tenantId: acme.id, id });
      expect(kept && Buffer.from(kept.content).toString()).toBe('hi');
      await expect(store.notifications.files({ tenantId: globex.id, id })).rejects.toMatchObject({ code: 'not_found' });
    });
  });
}
