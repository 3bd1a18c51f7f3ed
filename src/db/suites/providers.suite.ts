/** The contract of the verbs about providers made by command, dead letters, and what `explain` asks. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messageOf } from '../../../test/jobs.ts';
import { createIds } from '../../core/ids.ts';
import type { Job } from '../../core/message.ts';
import type { AttemptRecord } from '../verbs/messages.ts';
import type { Settlement } from '../verbs/outbox.ts';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { StoreHarness } from './store.suite.ts';
import { takeMessage } from './suite.testing.ts';

const NOW = 1_790_000_000_000;
const newId = createIds({ now: () => NOW });

export function storedProvidersSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`store, providers and dead letters: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    let acme: Tenant;
    let globex: Tenant;

    beforeEach(async () => {
      harness = await createHarness();
      store = await harness.open();
      [acme, globex] = [await addTenant('acme'), await addTenant('globex')];
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    const addTenant = (slug: string) => store.tenants.add({ id: newId(), slug, name: slug, settings: {}, now: NOW });

    async function accept(tenant: Tenant, provider?: string): Promise<string> {
      const message = messageOf({ id: newId(), tenantId: tenant.id, createdAt: NOW, ...(provider && { provider }) });
      const recipients = [{ address: 'Jo@example.com', kind: 'to' as const }];
      await store.outbox.accept({ tenantId: tenant.id, messages: [{ message, recipients }] });
      return message.id;
    }
    async function claim(): Promise<Job> {
      const { jobs } = await store.outbox.claim({ owner: 'a', now: NOW, leaseMs: 60_000, limit: 1, skipTenants: [] });
      const [job] = jobs;
      if (!job) throw new Error('nothing to claim');
      return job;
    }
    const attempt = (changes: Partial<AttemptRecord> = {}): AttemptRecord => ({
      ...{
        provider: 'relay',
        startedAt: NOW,
        endedAt: NOW + 1,
        outcome: 'unavailable',
        reply: 'refused',
        counted: false,
      },
      ...changes,
    });
    const settle = (job: Job, end: Partial<Settlement>) =>
      store.outbox.settle({
        ...{ tenantId: job.message.tenantId, messageId: job.message.id, fence: job.fence, at: NOW },
        ...{ status: 'failed', events: [] },
        recipients: [{ position: 0, status: end.status ?? 'failed' }],
        ...end,
      });
    const die = async (tenant: Tenant) => {
      const id = await accept(tenant);
      await settle(await claim(), { dead: true, attempts: [attempt({ counted: true })] });
      return id;
    };

    describe('a settlement', () => {
      it('keeps every provider that was tried, counts one attempt, and what was said where it failed', async () => {
        const id = await accept(acme);
        const attempts = [
          attempt({ transcript: 'S: 421 not now' }),
          attempt({ provider: 'spare', outcome: 'delivered', counted: true }),
        ];
        await settle(await claim(), { status: 'sent', attempts });
        const detail = await store.messages.get({ tenantId: acme.id, messageId: id });
        expect(detail).toMatchObject({
          attempts: 1,
          provider: 'spare',
          attemptLog: [
            { number: 1, provider: 'relay', counted: false },
            { number: 2, provider: 'spare', counted: true },
          ],
        });
        const { transcripts } =
          (await store.messages.circumstances({ tenantId: acme.id, messageId: id, now: NOW })) ?? {};
        expect(transcripts).toEqual([{ number: 1, transcript: 'S: 421 not now' }]);
      });
    });

    describe('how often each provider had a message', () => {
      it('is told with one that is open for several, counted or not', async () => {
        const first = await takeMessage(store, { tenantId: acme.id, to: ['a@x.example', 'b@x.example'] });
        expect(first.handovers).toBeUndefined();
        const attempts = [attempt({}), attempt({ provider: 'spare', counted: true })];
        await settle(first, { ...{ status: 'queued', dueAt: NOW }, recipients: [], attempts });
        const second = await claim();
        expect(second.handovers).toEqual(
          new Map([
            ['relay', 1],
            ['spare', 1],
          ]),
        );
        const recipients = [{ position: 0, status: 'sent' as const }];
        await settle(second, { ...{ status: 'queued', dueAt: NOW }, recipients, attempts: [attempt({})] });
        expect((await claim()).handovers).toBeUndefined();
      });
    });

    describe('a provider that never answered', () => {
      const noAnswer = attempt({ outcome: 'unknown', counted: true });
      const unanswered = async (id: string) =>
        (await store.messages.circumstances({ tenantId: acme.id, messageId: id, now: NOW }))?.unanswered;

      it('is told however many attempts there were since', async () => {
        const id = await accept(acme);
        await settle(await claim(), { status: 'queued', dueAt: NOW, attempts: [noAnswer] });
        for (let count = 0; count < 3; count++) {
          const later = attempt({ provider: 'relay', outcome: 'deferred', counted: true });
          await settle(await claim(), { status: 'queued', dueAt: NOW, attempts: [later] });
          expect(await unanswered(id)).toBe('relay');
        }
        expect((await claim()).unanswered).toBe('relay');
      });

      it('is told with the message until somebody retries it by hand', async () => {
        const id = await accept(acme);
        const first = await claim();
        expect(first.unanswered).toBeUndefined();
        await settle(first, { status: 'queued', dueAt: NOW, attempts: [noAnswer] });
        const second = await claim();
        expect([second.unanswered, await unanswered(id)]).toEqual(['relay', 'relay']);
        await settle(second, {
          ...{ status: 'failed', dead: true },
          attempts: [attempt({ outcome: 'deferred', counted: true })],
        });
        await store.messages.retry({ tenantId: acme.id, messageId: id, now: NOW });
        const third = await claim();
        await settle(third, {
          ...{ status: 'queued', dueAt: NOW },
          attempts: [attempt({}), attempt({ outcome: 'deferred', counted: true })],
        });
        expect([third.unanswered, await unanswered(id), (await claim()).unanswered]).toEqual([
          undefined,
          undefined,
          undefined,
        ]);
      });
    });

    describe('providers', () => {
      const relay = { name: 'relay', type: 'smtp', settings: 'v1.sealed', createdAt: NOW, updatedAt: NOW };

      it('are added, changed and removed by name', async () => {
        await store.providers.add({ ...relay, name: 'spare' });
        await store.providers.add(relay);
        await expect(store.providers.add(relay)).rejects.toMatchObject({ code: 'conflict' });
        expect(await store.providers.set({ name: 'relay', settings: 'v1.other', now: NOW + 5 })).toBe(true);
        expect(await store.providers.set({ name: 'nobody', settings: '', now: NOW })).toBe(false);
        expect(await store.providers.list()).toEqual([
          { ...relay, settings: 'v1.other', updatedAt: NOW + 5 },
          { ...relay, name: 'spare' },
        ]);
        expect(await store.providers.remove({ name: 'relay' })).toBe(true);
        expect(await store.providers.remove({ name: 'relay' })).toBe(false);
        expect((await store.providers.list()).map(({ name }) => name)).toEqual(['spare']);
      });

      it('keep what OAuth2 gave them last, over a restart, until they are removed', async () => {
        const token = async (provider: string) => store.providers.keptToken({ provider });
        await store.providers.add(relay);
        await store.providers.keepToken({ provider: 'relay', token: 'v1.aa.first', now: NOW });
        await store.providers.keepToken({ provider: 'relay', token: 'v1.aa.second', now: NOW + 1 });
        await store.providers.keepToken({ provider: 'of-the-configuration', token: 'v1.aa.other', now: NOW });
        expect(await token('nobody')).toBeUndefined();
        await store.close();
        store = await harness.reopen();
        expect(await token('relay')).toBe('v1.aa.second');
        expect(
          (await store.seals.list({ limit: 100 })).items.filter(({ table }) => table === 'provider_tokens'),
        ).toMatchObject([
          { id: 'of-the-configuration', context: 'token:of-the-configuration' },
          { id: 'relay', context: 'token:relay' },
        ]);
        await store.providers.remove({ name: 'relay' });
        expect([await token('relay'), await token('of-the-configuration')]).toEqual([undefined, 'v1.aa.other']);
      });
    });

    describe('dead letters', () => {
      it('are counted by tenant until they are retried or deleted', async () => {
        const [first, second] = [await die(acme), await die(acme)];
        await die(globex);
        expect(await store.messages.deadLetters()).toEqual([
          { tenantId: acme.id, count: 2 },
          { tenantId: globex.id, count: 1 },
        ]);
        await store.messages.retry({ tenantId: acme.id, messageId: first, now: NOW });
        await store.messages.remove({ tenantId: acme.id, messageId: second });
        expect(await store.messages.deadLetters()).toEqual([{ tenantId: globex.id, count: 1 }]);
      });

      it('are retried and deleted as such only while they are', async () => {
        const [id, other] = [await die(acme), await die(acme)];
        const dead = { tenantId: acme.id, messageId: id, onlyDead: true };
        expect(await store.messages.retry({ ...dead, now: NOW })).toBe('queued');
        await expect(store.messages.retry({ ...dead, now: NOW })).rejects.toMatchObject({ code: 'conflict' });
        // What was retried in between may have been sent: its history stays.
        await store.messages.cancel({ tenantId: acme.id, messageId: id, now: NOW });
        await expect(store.messages.remove(dead)).rejects.toMatchObject({ code: 'conflict' });
        expect(await store.messages.get({ tenantId: acme.id, messageId: id })).toBeDefined();
        await store.messages.remove({ ...dead, messageId: other });
        expect(await store.messages.get({ tenantId: acme.id, messageId: other })).toBeUndefined();
      });

      it('are deleted with all that is kept of them, by their own tenant, once nothing is owed', async () => {
        const id = await die(acme);
        await expect(store.messages.remove({ tenantId: globex.id, messageId: id })).rejects.toMatchObject({
          code: 'not_found',
        });
        await store.messages.retry({ tenantId: acme.id, messageId: id, now: NOW });
        await expect(store.messages.remove({ tenantId: acme.id, messageId: id })).rejects.toMatchObject({
          code: 'conflict',
        });
        await store.messages.cancel({ tenantId: acme.id, messageId: id, now: NOW });
        await store.messages.remove({ tenantId: acme.id, messageId: id });
        expect(await store.messages.get({ tenantId: acme.id, messageId: id })).toBeUndefined();
        expect(await store.messages.content({ tenantId: acme.id, messageId: id })).toBeUndefined();
        expect((await store.events.after({ tenantId: acme.id, limit: 10 })).events).toEqual([]);
        expect(await harness.problems()).toEqual([]);
      });
    });

    describe('circumstances', () => {
      const ask = (tenant: Tenant, messageId: string) =>
        store.messages.circumstances({ tenantId: tenant.id, messageId, now: NOW });

      it('tell why a message waits, to its own tenant', async () => {
        const id = await accept(acme, 'relay');
        expect(await ask(acme, id)).toEqual({
          wantedProvider: 'relay',
          entry: { dueAt: NOW, isScheduled: false, deaths: 0 },
          isPaused: false,
          suppressions: [],
          unsubscribes: [],
          transcripts: [],
        });
        expect(await ask(globex, id)).toBeUndefined();
        await store.outbox.pause({ tenantId: acme.id, paused: true, now: NOW });
        expect(await ask(acme, id)).toMatchObject({ isPaused: true });
        await store.outbox.pause({ tenantId: acme.id, paused: false, now: NOW });
        await claim();
        expect(await ask(acme, id)).toMatchObject({ entry: { dueAt: NOW, leaseUntil: NOW + 60_000 } });
      });

      it('tell which recipients are suppressed now, and why', async () => {
        const id = await accept(acme);
        const entry = { email: 'jo@example.com', createdAt: NOW };
        await store.suppressions.add({
          tenantId: acme.id,
          entries: [{ ...entry, reason: 'complaint', note: 'by phone', expiresAt: NOW + 1 }],
        });
        await store.suppressions.add({
          tenantId: acme.id,
          entries: [{ ...entry, email: '@example.com', reason: 'manual' }],
        });
        await store.suppressions.add({ tenantId: globex.id, entries: [{ ...entry, reason: 'manual' }] });
        const { suppressions } = (await ask(acme, id)) ?? {};
        expect(suppressions).toMatchObject([
          { email: '@example.com', reason: 'manual' },
          { email: 'jo@example.com', reason: 'complaint', note: 'by phone', expiresAt: NOW + 1 },
        ]);
        const later = await store.messages.circumstances({ tenantId: acme.id, messageId: id, now: NOW + 2 });
        expect(later?.suppressions.map(({ email }) => email)).toEqual(['@example.com']);
      });
    });
  });
}
