/**
 * The timed chores: one at a time, so that they are gentle with the disk; never overlapping; broken off when the daemon
 * stops. How each stands is in the store, so that a run which was missed while the daemon was down is made up for, and
 * `iep doctor` sees what became of it.
 */

import type { Log } from '../../base/observe/log.ts';
import type { Metrics } from '../../base/observe/metrics.ts';
import type { Clock } from '../../core/clock.ts';
import { errorText } from '../../core/error-text.ts';
import type { ChoreOutcome, ChoreRow } from '../../db/verbs/chores.ts';
import type { Store } from '../../db/verbs/store.ts';

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
  readonly store: Pick<Store, 'chores' | 'setChore' | 'setChores'>;
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

export function createChores(deps: ChoresDeps, chores: readonly Chore[]): Chores {
  const { store, clock, log, metrics } = deps;
  const stopping = new AbortController();
  const rows = new Map<string, ChoreRow>();
  let cancel: () => void = () => undefined;
  let working: Promise<void> = Promise.resolve();

  return {
    async start() {
      const known = new Map((await store.chores()).map((row) => [row.name, row]));
      const now = clock.now();
      for (const chore of chores) rows.set(chore.name, resumed(chore, known.get(chore.name), now));
      for (const { name, succeededAt } of rows.values()) {
        if (succeededAt !== undefined) metrics.choreSucceeded(name, succeededAt);
      }
      await store.setChores([...rows.values()]);
      look();
    },
    follow() {
      for (const { name, schedule } of chores) {
        const row = rows.get(name);
        if (row !== undefined && row.schedule !== schedule()) void note(planned(row, schedule()));
      }
      look();
    },
    async stop() {
      stopping.abort();
      cancel();
      await working;
    },
  };

  function resumed({ name, schedule }: Chore, known: ChoreRow | undefined, now: number): ChoreRow {
    if (known === undefined) return planned({ name, failures: 0 }, schedule());
    const usual = upcoming(schedule(), now);
    const { nextAt: dueAt, ...last } = known;
    const cutShort = last.startedAt !== undefined && last.endedAt === undefined;
    const missed = cutShort || last.outcome === 'stopped' || (dueAt !== undefined && dueAt <= now);
    const nextAt = usual === undefined || !missed ? usual : Math.min(usual, now + CATCH_UP_MS);
    return {
      ...last,
      schedule: schedule(),
      ...(cutShort && { outcome: 'stopped' as const, detail: 'the daemon ended while it ran' }),
      ...(nextAt !== undefined && { nextAt }),
    };
  }

  function planned({ nextAt: _, ...row }: Omit<ChoreRow, 'schedule'>, schedule: string): ChoreRow {
    const nextAt = upcoming(schedule, clock.now());
    return { ...row, schedule, ...(nextAt !== undefined && { nextAt }) };
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

  async function run(chore: Chore, before: ChoreRow): Promise<void> {
    const { name } = chore;
    const { endedAt: _endedAt, outcome: _outcome, detail: _detail, ...standing } = before;
    const startedAt = clock.now();
    await note({ ...standing, startedAt });
    const { outcome, detail, error } = await attempt(chore);
    const endedAt = clock.now();
    const schedule = chore.schedule();
    const usual = upcoming(schedule, endedAt);
    const failed = outcome === 'failed';
    const nextAt = failed && usual !== undefined ? Math.min(usual, endedAt + RETRY_MS) : usual;
    const { nextAt: _nextAt, ...rest } = standing;
    const after: ChoreRow = {
      ...rest,
      ...{ schedule, startedAt, endedAt, outcome, detail, failures: failed ? before.failures + 1 : before.failures },
      ...(outcome === 'done' && { succeededAt: endedAt, failures: 0 }),
      ...(nextAt !== undefined && { nextAt }),
    };
    await note(after);
    metrics.chore(name, outcome);
    if (outcome === 'done') metrics.choreSucceeded(name, endedAt);
    const line = { chore: name, outcome, detail, durationMs: endedAt - startedAt, nextAt };
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

  /** A store that refuses now must not end the chores; what it missed is written with the next. */
  async function note(row: ChoreRow): Promise<void> {
    rows.set(row.name, row);
    try {
      await store.setChore(row);
    } catch (error) {
      log.warn({ chore: row.name, error }, 'how a chore stands could not be written down');
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
