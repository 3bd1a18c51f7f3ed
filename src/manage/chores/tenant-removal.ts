/**
 * Takes away what removed tenants had, in commits that are short for everybody who waits for the store. What is left of a
 * tenant when the daemon ends goes with the next start.
 */

import type { Log } from '../../base/observe/log.ts';
import type { Clock } from '../../core/clock.ts';
import type { StorePart } from '../../db/verbs/store.ts';

export interface TenantRemoval {
  /** There may be a tenant to remove. */
  wake(): void;
  /** Resolves when nothing of it is under way. */
  stop(): Promise<void>;
}

/** A message goes with all that belongs to it; so many take a few milliseconds. */
const ROWS_AT_ONCE = 50;
const RETRY_MS = 60_000;

export function createTenantRemoval(deps: {
  readonly store: StorePart<'tenants.clear'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
}): TenantRemoval {
  const { store, clock, log } = deps;
  let isStopped = false;
  let isAsked = false;
  let running: Promise<void> | undefined;
  let cancelRetry: () => void = () => undefined;

  async function run(): Promise<void> {
    try {
      while (isAsked && !isStopped) {
        isAsked = false;
        for (let isDone = false; !isDone && !isStopped; )
          ({ isDone } = await store.tenants.clear({ limit: ROWS_AT_ONCE }));
      }
    } catch (error) {
      log.warn({ error }, 'the removal of a tenant was broken off; it goes on in a minute');
      if (!isStopped) cancelRetry = clock.after(RETRY_MS, wake);
    }
    running = undefined;
  }

  function wake(): void {
    isAsked = true;
    cancelRetry();
    if (!isStopped) running ??= run();
  }

  return {
    wake,
    async stop() {
      isStopped = true;
      cancelRetry();
      await running;
    },
  };
}
