/** The store as a whole, run against every store there is: crashes, a long backlog, and a model of two nodes. */

import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Job, Lane } from '../../core/message.ts';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import { MINUTE, NOW, newMessage, openWithTenants } from './suite.testing.ts';
import { asDeferred, asFailed, asSent, expectRefusal, only, workOn } from './work.testing.ts';

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
      ({ harness, store, acme, globex } = await openWithTenants(createHarness));
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });
    const { accept, claim, statusOf } = workOn(() => store);

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
        expect(await store.outbox.settle(asSent(claimed))).toBe(false);
        await store.outbox.settle(asDeferred(again, NOW + 1000));
        await reopen();
        const retried = only(await claim('c', { now: NOW + 1000 }));
        expect(retried.attempts).toBe(1);
        await store.outbox.settle(asSent(retried));
        await reopen();
        expect((await claim('c', { now: NOW + 10 * MINUTE })).jobs).toEqual([]);
        expect(await statusOf(acme, id)).toBe('sent');
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
        for (const job of jobs.slice(0, 10)) expect(await store.outbox.settle(asSent(job))).toBe(true);
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
  });
}

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
    const settlement = end === 'sent' ? asSent(job) : end === 'failed' ? asFailed(job) : asDeferred(job, dueAt);
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
