import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { StoreHarness } from './store.suite.ts';
import { NOW, openWithTenants } from './suite.testing.ts';
import { workOn } from './work.testing.ts';

export function eventsSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`events: ${name}`, () => {
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
    const { accept } = workOn(() => store);

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
}
