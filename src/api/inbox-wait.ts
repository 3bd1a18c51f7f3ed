/**
 * Callers who wait until something comes into an inbox. All waiters of a tenant, and those for all tenants, share one look at the
 * store for each stir in it, and each has a share of them, so that nobody uses up the waiters of others.
 */

import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { createLimiter } from '../core/limiter.ts';
import type { StorePart } from '../db/verbs/store.ts';

export interface InboxWait {
  /**
   * What `look` finds as soon as it is not empty; after `forMs`, or when one of the signals aborts, whatever it found last. Throws
   * `rate_limited` where too many wait.
   */
  until<T extends { readonly items: readonly unknown[] }>(call: {
    /** Absent: those of all. */
    readonly tenantId?: string;
    readonly forMs: number;
    readonly look: () => Promise<T>;
    readonly ends: readonly (AbortSignal | undefined)[];
  }): Promise<T>;
}

const AT_ONCE = 500;
const OF_ONE_TENANT = 50;
/** Among those that have a share. No tenant is called so. */
const OPERATOR = 'operator';
/** Commits that come close together are one stir. */
const GATHER_MS = 50;

interface Watched {
  newest: string | undefined;
  /** Counts what came. */
  version: number;
  readonly waiters: Set<() => void>;
}

export function createInboxWait({
  store,
  clock,
}: {
  store: StorePart<'inbox.newest' | 'onChange'>;
  clock: Pick<Clock, 'after' | 'monotonic'>;
}): InboxWait {
  const limiter = createLimiter({ atOnce: AT_ONCE, ofOne: OF_ONE_TENANT });
  /** By tenant; undefined: the inboxes of all. */
  const watched = new Map<string | undefined, Watched>();
  let stopHearing: (() => void) | undefined;
  let cancelStir: (() => void) | undefined;

  function stir(): void {
    cancelStir ??= clock.after(GATHER_MS, () => {
      cancelStir = undefined;
      for (const [tenantId, one] of watched) void lookAt(tenantId, one);
    });
  }

  async function lookAt(tenantId: string | undefined, one: Watched): Promise<void> {
    // A store that does not answer now is asked again at the next stir, or by the call itself at its end.
    const newest = await store.inbox.newest(tenantId === undefined ? {} : { tenantId }).catch(() => one.newest);
    if (newest === one.newest) return;
    one.newest = newest;
    one.version += 1;
    for (const wake of [...one.waiters]) wake();
  }

  function join(tenantId: string | undefined, wake: () => void): Watched {
    stopHearing ??= store.onChange(stir);
    const one = watched.get(tenantId) ?? { newest: undefined, version: 0, waiters: new Set() };
    watched.set(tenantId, one);
    one.waiters.add(wake);
    return one;
  }

  function leave(tenantId: string | undefined, wake: () => void): void {
    const one = watched.get(tenantId);
    one?.waiters.delete(wake);
    if (one?.waiters.size === 0) watched.delete(tenantId);
    if (watched.size > 0) return;
    stopHearing?.();
    stopHearing = undefined;
    cancelStir?.();
    cancelStir = undefined;
  }

  return {
    async until({ tenantId, forMs, look, ends }) {
      if (forMs === 0) return look();
      const giveBack = limiter.take(tenantId ?? OPERATOR);
      if (giveBack === undefined) {
        throw new IepError('rate_limited', `${OF_ONE_TENANT} such calls wait already`, {
          retryAfterMs: 1_000,
        });
      }
      let rouse: () => void = () => undefined;
      const wake = () => rouse();
      const signals = ends.filter((signal) => signal !== undefined);
      const until = clock.monotonic() + forMs;
      const one = join(tenantId, wake);
      for (const signal of signals) signal.addEventListener('abort', wake);
      try {
        for (;;) {
          const seen = one.version;
          const found = await look();
          const leftMs = until - clock.monotonic();
          if (found.items.length > 0 || leftMs <= 0 || signals.some(({ aborted }) => aborted)) return found;
          if (one.version !== seen) continue;
          await new Promise<void>((resolve) => {
            const cancel = clock.after(leftMs, resolve);
            rouse = () => {
              cancel();
              resolve();
            };
          });
        }
      } finally {
        for (const signal of signals) signal.removeEventListener('abort', wake);
        leave(tenantId, wake);
        giveBack();
      }
    },
  };
}
