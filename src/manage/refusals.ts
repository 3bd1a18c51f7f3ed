/**
 * Counts the messages that limits of their tenants refuse, so that a tenant over its limit is seen. What is refused costs no
 * commit of its own: counts are written together every few seconds, and a process that is killed loses the last of them.
 */

import type { Clock } from '../core/clock.ts';
import type { RefusingLimit } from '../core/tally.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { RefusedByLimit } from '../db/verbs/tallies.ts';
import type { RefusalCounter } from '../message/intake/accept.ts';

export interface Refusals extends RefusalCounter {
  /** Writes what is still in memory. */
  close(): Promise<void>;
}

const WRITE_EVERY_MS = 5_000;

export function createRefusals({
  store,
  clock,
  log,
}: {
  store: StorePart<'tallies.refuse'>;
  clock: Pick<Clock, 'now' | 'after'>;
  log: { warn(fields: Readonly<Record<string, unknown>>, message: string): void };
}): Refusals {
  /** By tenant and limit. */
  let counts = new Map<string, RefusedByLimit>();
  let cancel: (() => void) | undefined;

  function add({ tenantId, limit, count }: RefusedByLimit): void {
    const key = `${tenantId} ${limit}`;
    counts.set(key, { tenantId, limit, count: (counts.get(key)?.count ?? 0) + count });
    cancel ??= clock.after(WRITE_EVERY_MS, () => void write());
  }

  async function write(): Promise<void> {
    cancel?.();
    cancel = undefined;
    const refused = [...counts.values()];
    counts = new Map();
    if (refused.length === 0) return;
    try {
      await store.tallies.refuse({ refused, now: clock.now() });
    } catch (error) {
      log.warn({ error }, 'refused messages could not be counted; they are counted later');
      refused.forEach(add);
    }
  }

  return {
    count: (tenantId: string, limit: RefusingLimit) => add({ tenantId, limit, count: 1 }),
    async close() {
      await write();
      cancel?.();
    },
  };
}
