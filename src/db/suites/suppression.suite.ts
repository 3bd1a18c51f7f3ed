/** The suppression list's contract: what counts, what suppresses, what is forgotten, and that it is the tenant's own. */

import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIds } from '../../core/ids.ts';
import type { Job, Message } from '../../core/message.ts';
import type { Settlement } from '../verbs/outbox.ts';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { StoreHarness } from './store.suite.ts';

const NOW = 1_790_000_000_000;
const newId = createIds({ now: () => NOW });

export function suppressionSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`suppressions: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    let acme: Tenant;
    let globex: Tenant;
    let now: number;

    beforeEach(async () => {
      harness = await createHarness();
      store = await harness.open();
      acme = await addTenant('acme');
      globex = await addTenant('globex');
      now = NOW;
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    const addTenant = (slug: string) => store.tenants.add({ id: newId(), slug, name: slug, settings: {}, now: NOW });

    async function take(tenant: Tenant, ...to: string[]): Promise<Job> {
      const id = randomUUID();
      const message: Message = {
        ...{ id, tenantId: tenant.id, createdAt: now, door: 'http', subject: 'Hello', messageIdHeader: `<${id}@a>` },
        ...{ from: { email: 'a@acme.example' }, envelopeFrom: 'a@acme.example', cc: [], attachments: [], tags: [] },
        ...{
          to: to.map((email) => ({ email })),
          content: { kind: 'parts', text: 'hi' },
          lane: 'normal',
          maxAttempts: 5,
        },
      };
      const recipients = to.map((address) => ({ address, kind: 'to' as const }));
      const lease = { owner: 'a', now: now, leaseMs: 60_000 };
      const [answer] = await store.outbox.accept({ tenantId: tenant.id, messages: [{ message, recipients }], lease });
      if (answer?.kind !== 'accepted' || answer.job === undefined) throw new Error('expected a job');
      return answer.job;
    }

    /** Ends a claim with every recipient bounced. */
    function bounced(job: Job, reply = '550 5.1.1 no such user'): Settlement {
      now += 1;
      return {
        ...{ tenantId: job.message.tenantId, messageId: job.message.id, fence: job.fence, at: now, status: 'bounced' },
        recipients: job.recipients.map(({ position }) => ({ position, status: 'bounced', reply })),
        events: job.recipients.map(({ address }) => ({
          type: 'bounced',
          at: now,
          recipient: address,
          data: { reply },
        })),
      };
    }

    async function bounce(tenant: Tenant, ...to: string[]): Promise<string> {
      const job = await take(tenant, ...to);
      expect(await store.outbox.settle(bounced(job))).toBe(true);
      return job.message.id;
    }

    /** Of a message to that address; of a new one where none is named. */
    async function complain(
      tenant: Tenant,
      email: string,
      more: { at?: number; reply?: string; messageId?: string } = {},
    ) {
      const { at = now, reply, messageId = (await take(tenant, email)).message.id } = more;
      const data = reply === undefined ? {} : { diagnostic: reply };
      const [taken] = await store.feedback.record({
        door: 'import',
        feedback: [{ kind: 'complained', at, recipient: email, data, about: { messageId } }],
        now: at,
      });
      return { messageId, taken };
    }

    const entry = (tenant: Tenant, email: string) => store.suppressions.get({ tenantId: tenant.id, email, now });
    const suppress = (tenant: Tenant, email: string, expiresAt?: number) =>
      store.suppressions.add({
        tenantId: tenant.id,
        entries: [{ email, reason: 'manual', createdAt: now, ...(expiresAt !== undefined && { expiresAt }) }],
      });
    const suppressedOf = async (tenant: Tenant, ...to: string[]) => {
      const job = await take(tenant, ...to);
      await store.outbox.release({ messageId: job.message.id, fence: job.fence, dueAt: now });
      const claimed = await store.outbox.claim({ owner: 'b', now, leaseMs: 1, limit: 100, skipTenants: [] });
      const again = claimed.jobs.find(({ message }) => message.id === job.message.id);
      expect(again?.suppressed).toEqual(job.suppressed);
      return job.suppressed.map((position) => to[position]);
    };

    it('are only ever strengthened by what is added so', async () => {
      const add = (email: string, more: object) =>
        store.suppressions.add({
          tenantId: acme.id,
          entries: [{ email, reason: 'manual', createdAt: now, ...more }],
          strengthenAt: now,
        });
      const { messageId } = await complain(acme, 'c@x.example', { reply: 'abuse' });
      await add('C@x.example', { expiresAt: now + 5, note: 'by hand' });
      expect(await entry(acme, 'c@x.example')).toEqual({
        ...{ email: 'c@x.example', reason: 'complaint', note: 'by hand', createdAt: now },
        evidence: [{ at: now, messageId, reply: 'abuse' }],
      });

      const ranks = ['manual', 'unsubscribe', 'hard_bounce', 'complaint'] as const;
      for (const [at, reason] of ranks.entries()) {
        for (const other of ranks) {
          const email = `${reason}-${other}@x.example`;
          await add(email, { reason, expiresAt: now + 10 });
          await add(email, { reason: other, expiresAt: now + 20 });
          await add(email, { reason, expiresAt: now + 5 });
          expect(await entry(acme, email)).toMatchObject({
            reason: ranks[Math.max(at, ranks.indexOf(other))],
            expiresAt: now + 20,
          });
        }
      }

      await add('e@x.example', { reason: 'complaint', expiresAt: now + 1 });
      now += 2;
      await add('e@x.example', { expiresAt: now + 1 });
      expect(await entry(acme, 'e@x.example')).toMatchObject({ reason: 'manual', expiresAt: now + 1, createdAt: now });
    });

    it('say what came of them when they are added again, and keep what is not said', async () => {
      const add = async (more: object) => {
        const given = [{ email: 'D@x.example', createdAt: now, ...more }];
        return store.suppressions.add({ tenantId: acme.id, entries: given });
      };
      expect(await add({ note: 'first' })).toEqual(['added']);
      expect(await add({ reason: 'complaint', expiresAt: now + 2 })).toEqual(['changed']);
      expect(await entry(acme, 'd@x.example')).toMatchObject({
        reason: 'complaint',
        note: 'first',
        expiresAt: now + 2,
      });
      expect(await add({ expiresAt: now + 2 })).toEqual(['unchanged']);
      expect(await add({ note: 'second' })).toEqual(['changed']);
      const kept = { email: 'd@x.example', reason: 'complaint', note: 'second', createdAt: now };
      expect(await entry(acme, 'd@x.example')).toEqual(kept);
      const emails = ['d@x.example', 'none@x.example'];
      expect(await store.suppressions.of({ tenantId: acme.id, emails, now })).toEqual([kept]);
      expect(await store.suppressions.of({ tenantId: globex.id, emails, now })).toEqual([]);
      // One that has ended says nothing any more.
      await add({ expiresAt: now + 1 });
      now += 1;
      expect(await store.suppressions.of({ tenantId: acme.id, emails, now })).toEqual([]);
      expect(await add({})).toEqual(['added']);
      expect(await entry(acme, 'd@x.example')).toEqual({ email: 'd@x.example', reason: 'manual', createdAt: now });
    });

    describe('a list that is full', () => {
      const add = (tenant: Tenant, ...emails: string[]) =>
        store.suppressions.add({
          ...{ tenantId: tenant.id, max: 3 },
          entries: emails.map((email) => ({ email, reason: 'manual', note: 'by hand', createdAt: now })),
        });
      const full = { code: 'conflict', message: expect.stringContaining('at most 3 suppressed addresses') };

      it('takes nothing more, and nothing of what does not fit as a whole', async () => {
        await add(acme, 'a@x.example', 'b@x.example');
        await expect(add(acme, 'c@x.example', 'd@x.example')).rejects.toMatchObject(full);
        expect(await entry(acme, 'c@x.example')).toBeUndefined();
        await add(acme, 'c@x.example');
        await expect(add(acme, 'd@x.example')).rejects.toMatchObject(full);
        await add(globex, 'd@x.example');
        // What is there may be changed, whoever made the list longer than it may be.
        await suppress(acme, 'e@x.example');
        expect(await add(acme, 'A@x.example', 'e@x.example')).toEqual(['unchanged', 'changed']);
        await expect(add(acme, 'a@x.example', 'f@x.example')).rejects.toMatchObject(full);
      });

      it('takes what bounces and who complains', async () => {
        await add(acme, 'a@x.example', 'b@x.example', 'c@x.example');
        for (let times = 0; times < 3; times += 1) await bounce(acme, 'gone@x.example');
        await complain(acme, 'jo@x.example');
        expect(await entry(acme, 'gone@x.example')).toMatchObject({ reason: 'hard_bounce' });
        expect(await entry(acme, 'jo@x.example')).toMatchObject({ reason: 'complaint' });
      });

      it('has room again for each that is removed, or swept away', async () => {
        await add(acme, 'a@x.example', 'b@x.example');
        await suppress(acme, 'c@x.example', now + 1);
        await expect(add(acme, 'd@x.example')).rejects.toMatchObject(full);
        await store.suppressions.remove({ tenantId: acme.id, email: 'a@x.example' });
        await add(acme, 'd@x.example');
        await store.suppressions.sweep({ expiredBefore: now + 2, bouncedBefore: 0, limit: 10 });
        await add(acme, 'e@x.example');
        await expect(add(acme, 'f@x.example')).rejects.toMatchObject(full);
      });
    });

    describe('hard bounces', () => {
      it('suppress an address with the third, and say what led to it', async () => {
        const ids = [await bounce(acme, 'Gone@x.example'), await bounce(acme, 'gone@x.example', 'ok@x.example')];
        expect(await entry(acme, 'gone@x.example')).toBeUndefined();
        ids.push(await bounce(acme, 'gone@x.example'));
        expect(await entry(acme, 'gone@x.example')).toEqual({
          email: 'gone@x.example',
          reason: 'hard_bounce',
          createdAt: NOW + 3,
          evidence: ids.map((messageId, index) => ({
            at: NOW + index + 1,
            messageId,
            reply: '550 5.1.1 no such user',
          })),
        });
        expect(await suppressedOf(acme, 'GONE@x.example', 'ok@x.example')).toEqual(['GONE@x.example']);
        expect(await entry(globex, 'gone@x.example')).toBeUndefined();
        const { events = [] } = (await store.messages.get({ tenantId: acme.id, messageId: ids[2] ?? '' })) ?? {};
        expect(events.at(-1)).toMatchObject({ type: 'bounced', data: { suppressed: true } });
        const before = await store.messages.get({ tenantId: acme.id, messageId: ids[1] ?? '' });
        expect(before?.events.at(-1)?.data).not.toHaveProperty('suppressed');
      });

      it('count as the tenant wishes, and only its own', async () => {
        await store.tenants.set({ tenantId: globex.id, settings: { suppressAfterHardBounces: 1 }, now });
        await bounce(acme, 'gone@x.example');
        await bounce(acme, 'gone@x.example');
        await bounce(globex, 'gone@x.example');
        expect(await entry(globex, 'gone@x.example')).toMatchObject({ reason: 'hard_bounce' });
        expect(await entry(acme, 'gone@x.example')).toBeUndefined();
      });

      it('count once for a message, however often it is retried', async () => {
        const job = await take(acme, 'gone@x.example');
        await store.outbox.settle(bounced(job));
        for (let n = 0; n < 3; n += 1) {
          await store.messages.retry({ tenantId: acme.id, messageId: job.message.id, now });
          const { jobs } = await store.outbox.claim({ owner: 'a', now, leaseMs: 1, limit: 1, skipTenants: [] });
          for (const again of jobs) await store.outbox.settle(bounced(again));
        }
        expect(await entry(acme, 'gone@x.example')).toBeUndefined();
      });

      it('do not count when the lease was lost', async () => {
        await bounce(acme, 'gone@x.example');
        await bounce(acme, 'gone@x.example');
        const job = await take(acme, 'gone@x.example');
        expect(await store.outbox.settle({ ...bounced(job), fence: job.fence + 1 })).toBe(false);
        expect(await entry(acme, 'gone@x.example')).toBeUndefined();
      });

      it('do not count where the provider refused for another reason', async () => {
        for (let n = 0; n < 4; n += 1) {
          const job = await take(acme, 'full@x.example');
          const end = bounced(job, '552 5.2.2 mailbox full');
          await store.outbox.settle({
            ...end,
            recipients: end.recipients.map((one) => ({ ...one, status: 'failed' })),
          });
        }
        expect(await entry(acme, 'full@x.example')).toBeUndefined();
      });

      it('begin anew when somebody takes the address off the list', async () => {
        for (let n = 0; n < 3; n += 1) await bounce(acme, 'gone@x.example');
        expect(await store.suppressions.remove({ tenantId: acme.id, email: 'Gone@x.example' })).toBe(true);
        await bounce(acme, 'gone@x.example');
        await bounce(acme, 'gone@x.example');
        expect(await entry(acme, 'gone@x.example')).toBeUndefined();
        await bounce(acme, 'gone@x.example');
        expect((await entry(acme, 'gone@x.example'))?.evidence).toHaveLength(3);
      });

      it('leave an entry alone that is there, and replace one that has expired', async () => {
        await suppress(acme, 'gone@x.example');
        for (let n = 0; n < 3; n += 1) await bounce(acme, 'gone@x.example');
        expect(await entry(acme, 'gone@x.example')).toMatchObject({ reason: 'manual', createdAt: NOW });
        await suppress(acme, 'gone@x.example', now);
        await bounce(acme, 'gone@x.example');
        expect(await entry(acme, 'gone@x.example')).toMatchObject({ reason: 'hard_bounce', createdAt: now });
        expect(await entry(acme, 'gone@x.example')).not.toHaveProperty('expiresAt');
      });

      it('survive a crash with the settlement that they came in', async () => {
        for (let n = 0; n < 3; n += 1) await bounce(acme, 'gone@x.example');
        await store.close();
        store = await harness.reopen();
        expect(await entry(acme, 'gone@x.example')).toMatchObject({ reason: 'hard_bounce' });
      });
    });

    describe('a complaint', () => {
      it('suppresses at once and for good, whatever the list said', async () => {
        await suppress(acme, 'jo@x.example', now + 1_000);
        const job = await take(acme, 'Jo@x.example');
        await complain(acme, 'Jo@x.example', { at: now + 1, messageId: job.message.id, reply: 'abuse' });
        expect(await entry(acme, 'jo@x.example')).toEqual({
          email: 'jo@x.example',
          reason: 'complaint',
          createdAt: NOW,
          evidence: [{ at: now + 1, messageId: job.message.id, reply: 'abuse' }],
        });
        const detail = await store.messages.get({ tenantId: acme.id, messageId: job.message.id });
        expect(detail?.events.at(-1)).toMatchObject({ type: 'complained', recipient: 'Jo@x.example' });
      });

      it('adds its evidence to what is there, and what a person says of the entry takes none away', async () => {
        await bounce(acme, 'jo@x.example');
        await complain(acme, 'jo@x.example', { at: now + 1, reply: 'first' });
        await complain(acme, 'jo@x.example', { at: now + 2, reply: 'second' });
        await suppress(acme, 'jo@x.example');
        const replies = (await entry(acme, 'jo@x.example'))?.evidence?.map(({ reply }) => reply);
        expect(replies?.slice(-2)).toEqual(['first', 'second']);
        for (let count = 0; count < 20; count++) await complain(acme, 'jo@x.example', { at: now + 3 + count });
        expect((await entry(acme, 'jo@x.example'))?.evidence).toHaveLength(10);
      });
    });

    it('suppress who unsubscribes, and weaken no entry that says more', async () => {
      const unsubscribe = async (email: string) => {
        const { message } = await take(acme, email);
        const about = { messageId: message.id };
        await store.feedback.record({
          door: 'import',
          feedback: [{ kind: 'unsubscribed', at: now, recipient: email, data: {}, about }],
          now,
        });
        return message.id;
      };
      const messageId = await unsubscribe('Jo@x.example');
      expect(await entry(acme, 'jo@x.example')).toEqual({
        ...{ email: 'jo@x.example', reason: 'unsubscribe', createdAt: now },
        evidence: [{ at: now, messageId }],
      });
      await complain(acme, 'al@x.example');
      await unsubscribe('al@x.example');
      expect(await entry(acme, 'al@x.example')).toMatchObject({ reason: 'complaint' });
      expect(await entry(globex, 'jo@x.example')).toBeUndefined();
    });

    describe('the list', () => {
      it('holds a whole domain, without those below it', async () => {
        await suppress(acme, '@x.example');
        const to = [
          'a@x.example',
          'b@X.Example'.toLowerCase(),
          'c@sub.x.example',
          'd@notx.example',
          'x.example@y.example',
        ];
        expect(await suppressedOf(acme, ...to)).toEqual(['a@x.example', 'b@x.example']);
        expect(await suppressedOf(globex, 'a@x.example')).toEqual([]);
        expect(await entry(acme, 'a@x.example')).toMatchObject({ email: '@x.example' });
        await suppress(acme, 'a@x.example', now);
        expect(await entry(acme, 'a@x.example')).toMatchObject({ email: '@x.example' });
        expect(await store.suppressions.remove({ tenantId: acme.id, email: '@x.example' })).toBe(true);
        expect(await suppressedOf(acme, 'a@x.example')).toEqual([]);
        expect(await entry(acme, 'a@x.example')).toMatchObject({ email: 'a@x.example', expiresAt: now });
      });

      it('is searched by address, reason and state', async () => {
        await suppress(acme, 'a@x.example');
        await suppress(acme, 'b@x.example', now);
        await complain(acme, 'c@y.example');
        const emails = async (filter: Partial<Parameters<Store['suppressions']['list']>[0]>) =>
          (await store.suppressions.list({ tenantId: acme.id, limit: 10, now, ...filter })).items.map(
            ({ email }) => email,
          );
        expect(await emails({})).toEqual(['a@x.example', 'c@y.example']);
        expect(await emails({ state: 'expired' })).toEqual(['b@x.example']);
        expect(await emails({ state: 'all' })).toEqual(['a@x.example', 'b@x.example', 'c@y.example']);
        expect(await emails({ state: 'all', q: '@X', reason: 'manual' })).toEqual(['a@x.example', 'b@x.example']);
        expect(await emails({ reason: 'complaint' })).toEqual(['c@y.example']);
        expect(await emails({ tenantId: globex.id, state: 'all' })).toEqual([]);
        const page = await store.suppressions.list({ tenantId: acme.id, limit: 2, now, state: 'all' });
        expect(page.cursor).toBe('b@x.example');
      });

      it('is swept of what expired long ago, and of bounces that are old', async () => {
        await suppress(acme, 'old@x.example', NOW - 10);
        await suppress(acme, 'new@x.example', NOW + 10);
        await suppress(acme, 'kept@x.example');
        await bounce(acme, 'gone@x.example');
        await bounce(acme, 'gone@x.example');
        const sweep = { expiredBefore: NOW, bouncedBefore: NOW + 2, limit: 100 };
        expect(await store.suppressions.sweep(sweep)).toEqual({ suppressions: 1, bounces: 1 });
        expect(await store.suppressions.sweep(sweep)).toEqual({ suppressions: 0, bounces: 0 });
        await bounce(acme, 'gone@x.example');
        expect(await entry(acme, 'gone@x.example')).toBeUndefined();
        expect((await store.suppressions.list({ tenantId: acme.id, limit: 9, now, state: 'all' })).items).toHaveLength(
          2,
        );
      });
    });

    it('goes with its tenant', async () => {
      await bounce(acme, 'gone@x.example');
      await suppress(acme, 'a@x.example');
      await store.tenants.remove({ tenantId: acme.id, force: true, now: NOW });
      expect(await store.tenants.clear({ limit: 100 })).toEqual({ isDone: true });
      expect(await harness.problems()).toEqual([]);
    });
  });
}
