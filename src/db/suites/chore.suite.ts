/** The part of the store's contract that timed chores rest on. */

import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Message } from '../../core/message.ts';
import type { ChoreRow } from '../verbs/chores.ts';
import type { Store } from '../verbs/store.ts';
import type { StoreHarness } from './store.suite.ts';

const NOW = 1_790_000_000_000;
const PAGES = 50;

export function choreSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`chores: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    beforeEach(async () => {
      harness = await createHarness();
      store = await harness.open();
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    it('keeps how each stands, through a restart', async () => {
      const night = { name: 'night', schedule: '0 3 * * *', nextAt: NOW + 1 };
      const off = { name: 'off', schedule: 'off' };
      const start = { owner: 'first', now: NOW, catchUpMs: 5 };
      await store.chores.enlist({ ...start, chores: [night, { ...off, name: 'gone' }, off] });
      const enlisted = await store.chores.enlist({ ...start, chores: [night, off] });
      expect(enlisted).toEqual([
        { ...night, failures: 0 },
        { ...off, failures: 0 },
      ]);
      const { row } = await store.chores.claim({ ...start, leaseMs: 9, plan: night, known: {} });
      expect(row).toEqual({ ...night, startedAt: NOW, failures: 0 });
      const ran: ChoreRow = {
        ...{ ...row, endedAt: NOW + 5, outcome: 'failed', detail: 'disk', succeededAt: NOW - 9, failures: 2 },
      };
      expect(await store.chores.settle({ owner: 'first', row: ran })).toBe(true);
      const later = { ...off, schedule: '0 4 * * *', nextAt: NOW + 7 };
      await store.chores.plan(later);
      await store.close();
      store = await harness.reopen();
      expect(await store.chores.list()).toEqual([ran, { ...later, failures: 0 }]);
    });

    it('knows at a start which run was cut short', async () => {
      const night = { name: 'night', schedule: '0 3 * * *', nextAt: NOW };
      const start = { owner: 'first', now: NOW, catchUpMs: 5, chores: [night] };
      await store.chores.enlist(start);
      await store.chores.claim({ owner: 'first', now: NOW, leaseMs: 9, plan: night, known: {} });
      const again = await store.chores.enlist({ ...start, owner: 'second', chores: [{ ...night, nextAt: NOW + 99 }] });
      expect(again).toMatchObject([{ nextAt: NOW + 5, startedAt: NOW, outcome: 'stopped' }]);
    });

    it('keeps the trace that a message belongs to', async () => {
      const tenantId = randomUUID();
      await store.tenants.add({ id: tenantId, slug: 'acme', name: 'Acme', settings: {}, now: NOW });
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      await accept(store, tenantId, 10, { traceparent });
      await accept(store, tenantId, 10);
      const { jobs } = await claim(store);
      expect(jobs.map(({ message }) => message.traceparent)).toEqual([traceparent, undefined]);
    });

    it('gives free pages back in steps, while it takes mail', async () => {
      const tenantId = randomUUID();
      await store.tenants.add({ id: tenantId, slug: 'acme', name: 'Acme', settings: {}, now: NOW });
      for (let count = 0; count < 40; count++) await accept(store, tenantId, 20_000);
      const full = await store.care.space();
      expect(full).toMatchObject({ canShrink: true, freePages: 0 });
      await store.tenants.remove({ tenantId, force: true, now: NOW });
      await store.tenants.clear({ limit: 100 });
      const freed = await store.care.space();
      expect(freed.freePages).toBeGreaterThan(PAGES);
      const other = randomUUID();
      const [, step] = await Promise.all([
        store.tenants.add({ id: other, slug: 'other', name: 'Other', settings: {}, now: NOW }),
        store.care.giveBack({ pages: PAGES }),
      ]);
      expect(step.pages).toBeGreaterThanOrEqual(freed.pages - PAGES - 2);
      expect(step.freePages).toBeLessThan(freed.freePages);
      expect(step.freePages).toBeGreaterThan(0);
      await store.care.giveBack({ pages: 1_000_000 });
      expect(await store.care.space()).toMatchObject({ freePages: 0 });
      expect(await store.care.integrity()).toEqual([]);
    });

    it('cuts the write-ahead log, beside writes', async () => {
      const tenantId = randomUUID();
      await store.tenants.add({ id: tenantId, slug: 'acme', name: 'Acme', settings: {}, now: NOW });
      const [, cut] = await Promise.all([accept(store, tenantId, 10), store.care.checkpoint()]);
      expect(cut).toEqual({ walBytes: 0, blocked: false });
      expect((await claim(store)).jobs).toHaveLength(1);
    });

    it('claims and settles as before once it knows the sizes of its tables', async () => {
      const tenantId = randomUUID();
      await store.tenants.add({ id: tenantId, slug: 'acme', name: 'Acme', settings: {}, now: NOW });
      for (let count = 0; count < 5; count++) await accept(store, tenantId, 10);
      await store.care.optimize();
      await store.care.optimize();
      expect((await claim(store)).jobs).toHaveLength(5);
    });

    it('is written anew', async () => {
      expect(await store.care.compact()).toMatchObject({ canShrink: true, freePages: 0 });
    });
  });
}

function claim(store: Store) {
  return store.outbox.claim({ owner: 'a', now: NOW, leaseMs: 60_000, limit: 100, skipTenants: [] });
}

async function accept(store: Store, tenantId: string, bytes: number, more: Partial<Message> = {}): Promise<void> {
  const id = randomUUID();
  const message: Message = {
    ...{
      id,
      tenantId,
      createdAt: NOW,
      door: 'http',
      from: { email: 'a@acme.example' },
      envelopeFrom: 'a@acme.example',
    },
    ...{ to: [{ email: 'b@x.example' }], cc: [], subject: 's', messageIdHeader: `<${id}@acme.example>` },
    ...{ content: { kind: 'parts', text: 'x'.repeat(bytes) }, attachments: [], tags: [], lane: 'normal' },
    ...{ maxAttempts: 5 },
    ...more,
  };
  await store.outbox.accept({
    tenantId,
    messages: [{ message, recipients: [{ address: 'b@x.example', kind: 'to' }] }],
  });
}
