/** The contract of publications: one node tells, from where it was told to. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../verbs/store.ts';
import type { StoreHarness } from './store.suite.ts';
import { MINUTE, NOW, openWithTenants, takeMessage } from './suite.testing.ts';

export function publicationSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`publications: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    let acme: string;

    beforeEach(async () => {
      const opened = await openWithTenants(createHarness);
      ({ harness, store } = opened);
      acme = opened.acme.id;
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    const lead = (owner: string, now = NOW) => store.publications.lead({ name: 'nats', owner, now, leaseMs: MINUTE });
    const accept = () => takeMessage(store, { tenantId: acme, to: ['a@x.example'] });

    it('begin where the log ends, and go on from where they were told to', async () => {
      await accept();
      const { position: end } = await store.events.end();
      expect(await lead('a/1')).toEqual({ position: end });
      await accept();
      const { events, position } = await store.events.after({ tenantId: acme, position: end, limit: 10 });
      expect(events).toMatchObject([{ type: 'queued' }]);
      expect(await lead('a/1')).toEqual({ position: end });
      expect(await store.publications.told({ name: 'nats', owner: 'a/1', position })).toBe(true);
      expect(await lead('a/1')).toEqual({ position });
    });

    it('are led by one node at a time, until its lease ends or it begins anew', async () => {
      expect(await lead('a/1')).toBeDefined();
      expect(await lead('b/1')).toBeUndefined();
      expect(await lead('a/2')).toBeDefined();
      expect(await lead('b/1', NOW + MINUTE - 1)).toBeUndefined();
      expect(await lead('b/1', NOW + MINUTE)).toEqual({ position: expect.any(String) });
      const { position } = await store.events.end();
      expect(await store.publications.told({ name: 'nats', owner: 'a/2', position })).toBe(false);
    });

    it('have of each event what webhooks have', async () => {
      const { message } = await takeMessage(store, {
        ...{ tenantId: acme, to: ['a@x.example'] },
        more: { subject: 'Hello', groupId: 'spring' },
      });
      const { events } = await store.events.after({ tenantId: acme, limit: 10 });
      const [content, ...others] = await store.events.contents({ positions: events.map(({ position }) => position) });
      expect(others).toEqual([]);
      expect(content).toMatchObject({
        event: { type: 'queued', messageId: message.id, marks: { groupId: 'spring' } },
        mail: { to: ['a@x.example'], subject: 'Hello', attempts: 0 },
      });
    });
  });
}
