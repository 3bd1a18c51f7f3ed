/**
 * The timed chores: one at a time, so that they are gentle with the disk; never overlapping, also with another node that
 * has the same store; broken off when the daemon stops. How each stands is in the store, so that a run which was missed while the daemon was down is made up for, and
 * `iep doctor` sees what became of it.
 */

import type { Log } from '../../base/observe/log.ts';
import type { Metrics } from '../../base/observe/metrics.ts';
import type { Clock } from '../../core/clock.ts';
import { errorText } from '../../core/error-text.ts';
import type { ChoreOutcome, ChorePlan, ChoreRow } from '../../db/verbs/chores.ts';
import type { StorePart } from '../../db/verbs/store.ts';

export interface Chore {
  readonly name: string;
  /** Cron pattern, or `off`. */
  schedule(): string;
  /** Resolves with what it did: a sentence, or counts by name. Stops soon when the signal says so, by rejecting or not. */
  run(signal: AbortSignal): Promise<unknown>;
}

export interface Chores {
  start(): Promise<void>;
  /** Schedules are others; what runs goes on. */
  follow(): void;
  /** Breaks off what runs, and resolves when it has ended. */
  stop(): Promise<void>;
}

export interface ChoresDeps {
  readonly store: StorePart<'chores.enlist' | 'chores.plan' | 'chores.claim' | 'chores.settle'>;
  /** This run of this node. */
  readonly owner: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'chore' | 'choreSucceeded'>;
  /** See cron.ts. */
  readonly nextTime: (pattern: string, after: number) => number | undefined;
}

/** How often the clock is looked at: it may be set, and a machine may sleep. */
const LOOK_MS = 60_000;
/** A chore that was missed waits this long after a start, which has enough to do. */
const CATCH_UP_MS = 60_000;
/** A chore that failed is tried again after this long, if it does not come round before. */
const RETRY_MS = 15 * 60_000;
/** Longer than any chore should take; it is broken off so that the others get their turn. */
const LIMIT_MS = 2 * 3_600_000;
/** How long no other node begins it: longer than it takes. */
const LEASE_MS = LIMIT_MS + 5 * 60_000;

export function createChores(deps: ChoresDeps, chores: readonly Chore[]): Chores {
  const { store, clock, owner, log, metrics } = deps;
  const stopping = new AbortController();
  const rows = new Map<string, ChoreRow>();
  let cancel: () => void = () => undefined;
  let working: Promise<void> = Promise.resolve();

  return {
    async start() {
      const plans = chores.map(planOf);
      const standing = await store.chores.enlist({ owner, now: clock.now(), catchUpMs: CATCH_UP_MS, chores: plans });
      for (const row of standing) rows.set(row.name, row);
      for (const { name, succeededAt } of rows.values()) {
        if (succeededAt !== undefined) metrics.choreSucceeded(name, succeededAt);
      }
      look();
    },
    follow() {
      for (const chore of chores) {
        const row = rows.get(chore.name);
        if (row !== undefined && row.schedule !== chore.schedule()) void plan(chore, row);
      }
      look();
    },
    async stop() {
      stopping.abort();
      cancel();
      await working;
    },
  };

  function planOf({ name, schedule }: Chore): ChorePlan {
    const pattern = schedule();
    const nextAt = upcoming(pattern, clock.now());
    return { name, schedule: pattern, ...(nextAt !== undefined && { nextAt }) };
  }

  function upcoming(schedule: string, after: number): number | undefined {
    return schedule === 'off' ? undefined : deps.nextTime(schedule, after);
  }

  /** Runs what is due, then waits for what comes next. */
  function look(): void {
    working = working.then(runDue).then(() => {
      if (stopping.signal.aborted) return;
      const next = Math.min(...chores.map(({ name }) => dueAt(name)));
      cancel();
      cancel = clock.after(Math.min(LOOK_MS, Math.max(0, next - clock.now())), look);
    });
  }

  /** A clock that was set back must not leave a chore waiting for a time that was planned under the old one. */
  function followClock(): void {
    for (const [name, row] of rows) {
      const usual = upcoming(row.schedule, clock.now());
      if (row.nextAt !== undefined && usual !== undefined && usual < row.nextAt)
        rows.set(name, { ...row, nextAt: usual });
    }
  }

  function dueAt(name: string): number {
    return rows.get(name)?.nextAt ?? Number.POSITIVE_INFINITY;
  }

  async function runDue(): Promise<void> {
    followClock();
    for (const chore of chores) {
      if (stopping.signal.aborted) return;
      const row = rows.get(chore.name);
      if (row !== undefined && dueAt(chore.name) <= clock.now()) await run(chore, row);
    }
  }

  async function run(chore: Chore, known: ChoreRow): Promise<void> {
    const { name } = chore;
    const before = await claimed(known);
    if (before === undefined) return;
    const { nextAt: _nextAt, ...standing } = before;
    const { outcome, detail, error } = await attempt(chore);
    const endedAt = clock.now();
    const schedule = chore.schedule();
    const usual = upcoming(schedule, endedAt);
    const failed = outcome === 'failed';
    const nextAt = failed && usual !== undefined ? Math.min(usual, endedAt + RETRY_MS) : usual;
    const after: ChoreRow = {
      ...standing,
      ...{ schedule, endedAt, outcome, detail, failures: failed ? before.failures + 1 : before.failures },
      ...(outcome === 'done' && { succeededAt: endedAt, failures: 0 }),
      ...(nextAt !== undefined && { nextAt }),
    };
    await settle(after);
    metrics.chore(name, outcome);
    if (outcome === 'done') metrics.choreSucceeded(name, endedAt);
    const line = { chore: name, outcome, detail, durationMs: endedAt - (before.startedAt ?? endedAt), nextAt };
    if (failed) log.error({ ...line, error }, 'chore');
    else log.info(line, 'chore');
  }

  async function attempt({ run }: Chore): Promise<{ outcome: ChoreOutcome; detail: string; error?: unknown }> {
    const limit = new AbortController();
    const cancelLimit = clock.after(LIMIT_MS, () => limit.abort());
    try {
      const result = await run(AbortSignal.any([stopping.signal, limit.signal]));
      return { outcome: stopping.signal.aborted ? 'stopped' : 'done', detail: describe(result) };
    } catch (error) {
      if (stopping.signal.aborted) return { outcome: 'stopped', detail: 'the daemon was stopped' };
      const why = errorText(error);
      return { outcome: 'failed', detail: limit.signal.aborted ? 'broken off: it took too long' : why, error };
    } finally {
      cancelLimit();
    }
  }

  /** Undefined where another node is at it or has just done it, and where the store refuses. */
  async function claimed(known: ChoreRow): Promise<ChoreRow | undefined> {
    const { name, schedule, nextAt } = known;
    const now = clock.now();
    // One that is not ours is looked at again in a while: its node may have died.
    const later = (row: ChoreRow) => ({
      ...row,
      ...(row.nextAt !== undefined && { nextAt: Math.max(row.nextAt, now + LOOK_MS) }),
    });
    try {
      const plan = { name, schedule, ...(nextAt !== undefined && { nextAt }) };
      const { isClaimed, row } = await store.chores.claim({ owner, now, leaseMs: LEASE_MS, plan, known });
      rows.set(name, isClaimed ? row : later(row));
      return isClaimed ? row : undefined;
    } catch (error) {
      log.warn({ chore: name, error }, 'a chore could not be started; it is tried again in a minute');
      rows.set(name, later(known));
      return undefined;
    }
  }

  function settle(row: ChoreRow): Promise<void> {
    return noted(row, async () => {
      if (!(await store.chores.settle({ owner, row })))
        log.warn(
          { chore: row.name },
          'another node has taken the chore over; what came of it here is not written down',
        );
    });
  }

  function plan(chore: Chore, { nextAt: _, ...row }: ChoreRow): Promise<void> {
    const now = planOf(chore);
    return noted({ ...row, ...now }, () => store.chores.plan(now));
  }

  /** A store that refuses now must not end the chores; what it missed is written with the next. */
  async function noted(row: ChoreRow, write: () => Promise<void>): Promise<void> {
    rows.set(row.name, row);
    try {
      await write();
    } catch (error) {
      log.warn({ chore: row.name, error }, 'the state of a chore could not be stored');
    }
  }
}

/** `{ messages: 12, blobs: 3 }` reads as `messages 12, blobs 3`. */
function describe(result: unknown): string {
  if (typeof result === 'string') return result;
  if (typeof result !== 'object' || result === null) return 'done';
  return (
    Object.entries(result)
      .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
      .map(([name, value]) => `${name} ${value}`)
      .join(', ') || 'done'
  );
}
