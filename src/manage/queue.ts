/** The levers on the queue: it is paused, resumed and flushed, of one tenant or of all. */

import { type Directory, findTenant } from '../access/directory.ts';
import type { Clock } from '../core/clock.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Audit } from './audit/audit.ts';
import type { AuditNote, Caller } from './audit/caller.ts';

/** Slug or id; absent for all. */
interface Whose {
  readonly tenant?: string | undefined;
}

export interface Paused {
  /** What was asked for. */
  readonly paused: boolean;
  /** Whether nobody's mail goes. */
  readonly allPaused: boolean;
  /** Slugs of those that are paused by name. */
  readonly pausedTenants: readonly string[];
}

export interface QueueLevers {
  /** Mail is still accepted. */
  pause(caller: Caller, whose: Whose): Promise<Paused>;
  resume(caller: Caller, whose: Whose): Promise<Paused>;
  /** Has all that waits tried at once, schedules excepted; resolves to how many messages are due now. */
  flush(caller: Caller, whose: Whose, signal: AbortSignal): Promise<number>;
}

export interface QueueDeps {
  readonly store: StorePart<'outbox.pause' | 'outbox.flush'>;
  readonly directory: Directory;
  readonly audit: Pick<Audit, 'act'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Tells the outbox that something may be due that was not before. */
  readonly wake: () => void;
  /** Tells it that all that waits is to be tried at once. */
  readonly hurry: () => Promise<void>;
}

/** Entries looked at in one commit. */
const FLUSHED_AT_ONCE = 1_000;

export function createQueueLevers({ store, directory, audit, clock, wake, hurry }: QueueDeps): QueueLevers {
  async function idOf({ tenant }: Whose, note: (more: AuditNote) => void): Promise<{ tenantId?: string }> {
    if (tenant === undefined) return {};
    const { id, slug } = await findTenant(directory, tenant);
    note({ tenant: slug });
    return { tenantId: id };
  }

  function setPaused(caller: Caller, whose: Whose, paused: boolean): Promise<Paused> {
    const action = paused ? 'queue.pause' : 'queue.resume';
    return audit.act(caller, { action, ...whose }, async (note) => {
      const { allPaused } = await store.outbox.pause({ ...(await idOf(whose, note)), paused, now: clock.now() });
      directory.forget();
      if (!paused) wake();
      const pausedTenants = (await directory.all()).filter((tenant) => tenant.paused).map(({ slug }) => slug);
      return { paused, allPaused, pausedTenants };
    });
  }

  return {
    pause: (caller, whose) => setPaused(caller, whose, true),
    resume: (caller, whose) => setPaused(caller, whose, false),
    flush: (caller, whose, signal) =>
      audit.act(caller, { action: 'queue.flush', ...whose }, async (note) => {
        const ids = await idOf(whose, note);
        let flushed = 0;
        let after: number | undefined;
        do {
          const part = { ...ids, now: clock.now(), limit: FLUSHED_AT_ONCE, ...(after !== undefined && { after }) };
          const done = await store.outbox.flush(part, signal);
          flushed += done.flushed;
          after = done.next;
        } while (after !== undefined && !signal.aborted);
        await hurry();
        return flushed;
      }),
  };
}
