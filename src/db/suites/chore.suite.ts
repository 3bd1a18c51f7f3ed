/** The part of the store's contract that timed chores rest on. */

import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChoreRow } from '../verbs/chores.ts';
import type { Store } from '../verbs/store.ts';
import type { StoreHarness } from './store.suite.ts';
import { NOW, newMessage } from './suite.testing.ts';

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
      const messages = [newMessage(tenantId, { traceparent }), newMessage(tenantId)];
      await store.outbox.accept({ tenantId, messages });
      const { jobs } = await store.outbox.claim({ owner: 'a', now: NOW, leaseMs: 9, limit: 9, skipTenants: [] });
      expect(jobs.map(({ message }) => message.traceparent)).toEqual([traceparent, undefined]);
    });
  });
}
