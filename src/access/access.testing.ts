/** For tests of this room: a clock that is moved by hand, and keys and tenants in memory. */

import type { Clock } from '../core/clock.ts';
import type { KeyRow } from '../db/verbs/keys.ts';
import type { Store, StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';

export interface ManualClock extends Clock {
  /** Moves both clocks, and calls what falls due on the way, in order. */
  advance(ms: number): Promise<void>;
  /** What waits, by the delay it was asked with. */
  readonly pending: readonly number[];
}

export function manualClock(startAt = 1_800_000_000_000): ManualClock {
  let elapsed = 0;
  let timers: { dueAt: number; delayMs: number; fn: () => void }[] = [];
  return {
    now: () => startAt + elapsed,
    monotonic: () => elapsed,
    after(delayMs, fn) {
      const timer = { dueAt: elapsed + delayMs, delayMs, fn };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    async advance(ms) {
      await quiet();
      const until = elapsed + ms;
      for (;;) {
        const [next] = timers.filter(({ dueAt }) => dueAt <= until).sort((a, b) => a.dueAt - b.dueAt);
        if (next === undefined) break;
        elapsed = next.dueAt;
        timers = timers.filter((one) => one !== next);
        next.fn();
        await quiet();
      }
      elapsed = until;
      await quiet();
    },
    get pending() {
      return timers.map(({ delayMs }) => delayMs);
    },
  };
}

/** Lets promises that are already resolved run. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

type KeyStore = StorePart<'keys.byPrefix' | 'keys.list' | 'keys.add' | 'keys.set' | 'tenants.list'>;

export interface MemoryStore extends KeyStore {
  readonly rows: Map<string, KeyRow>;
  tenantList: Tenant[];
  /** Calls of `byPrefix`. */
  lookups: number;
  readonly writes: Parameters<Store['keys']['set']>[0][];
}

export function memoryStore(tenants: Tenant[]): MemoryStore {
  const rows = new Map<string, KeyRow>();
  const store: MemoryStore = {
    rows,
    tenantList: tenants,
    lookups: 0,
    writes: [],
    keys: {
      async byPrefix(prefix) {
        store.lookups += 1;
        return [...rows.values()].find((row) => row.prefix === prefix);
      },
      list: async ({ tenantId }) => [...rows.values()].filter((row) => !tenantId || row.tenantId === tenantId),
      async add(row) {
        rows.set(row.id, row);
      },
      async set({ keyId, ...changes }) {
        store.writes.push({ keyId, ...changes });
        const row = rows.get(keyId);
        if (row !== undefined) rows.set(keyId, { ...row, ...changes });
        return row !== undefined;
      },
    },
    tenants: { list: async () => store.tenantList },
  };
  return store;
}

export function tenantNamed(slug: string, changes: Partial<Tenant> = {}): Tenant {
  return {
    id: `id-of-${slug}`,
    slug,
    name: slug,
    active: true,
    paused: false,
    settings: {},
    senderDomains: [],
    verifiedDomains: [],
    createdAt: 0,
    updatedAt: 0,
    ...changes,
  };
}
