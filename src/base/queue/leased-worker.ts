/**
 * The worker whose jobs wait in the store under leases: messages, webhooks. It claims what is due, has it worked on and sees
 * each claim to its end. A claim ends settled, or released; only a store that refuses to the end of a stop leaves it to the
 * next start. What a job is, its user knows: this file knows its lease alone.
 */

import type { Clock } from '../../core/clock.ts';
import { createStopping, type Stop } from '../../core/stop.ts';
import type { Log, LogFields } from '../observe/log.ts';
import { createHold, type Hold } from './hold.ts';
import { createJumpWatch } from './jump.ts';
import { withPatience } from './patience.ts';
import { createWorker, type Worker } from './worker.ts';

/** What every claimed job has. */
export interface Lease {
  /** Names this claim alone. A settle or release with another fence than the store has changes nothing. */
  readonly fence: number;
  readonly leaseUntil: number;
}

/** The job goes back untried and is due again then. */
export interface Release {
  readonly kind: 'release';
  readonly dueAt: number;
}

/** What came of the job. `dueAt`: it is tried again then. */
export interface Settling {
  readonly kind: 'settle';
  readonly settlement: { readonly dueAt?: number };
}

/** The verbs of the store for one kind of job. They may refuse: each is tried again, the claims by the loop. */
export interface LeasedQueue<Job extends Lease, Ending extends Settling, Result> {
  claim(request: {
    readonly owner: string;
    readonly now: number;
    readonly leaseMs: number;
    readonly limit: number;
  }): Promise<{
    readonly jobs: readonly Job[];
    readonly nextDueAt?: number;
    /** Entries that could not be read; logged. */
    readonly setAside?: readonly object[];
  }>;
  /** A result that is falsy means that the lease was lost. */
  settle(settlement: Ending['settlement']): Promise<Result>;
  release(job: Job, dueAt: number): Promise<unknown>;
  /** Frees what an owner before this one had under way. Returns how many. */
  recover(input: { readonly owner: string; readonly now: number }): Promise<number>;
  /** For a start: nothing waits for longer than it would have, had the clock been right. */
  followClock(input: { readonly now: number }): Promise<unknown>;
  /** The clock went back by `byMs`: moves due times back with it. */
  shift(input: { readonly now: number; readonly byMs: number }): Promise<unknown>;
  /** Calls `wake` when somebody else may have made something due; answers how to end that. */
  listen(wake: () => void): () => void;
}

export interface LeasedWorkerDeps<Job extends Lease, Ending extends Settling, Result> {
  readonly clock: Clock;
  /** This instance. */
  readonly owner: string;
  readonly queue: LeasedQueue<Job, Ending, Result>;
  /** What it throws is a fault. */
  readonly work: (job: Job) => Promise<Ending | Release>;
  /** The ending was written down, or the lease was lost. Must not throw. */
  readonly settled: (job: Job, ending: Ending, result: Result) => void;
  /** How a job ends after a fault. `ending`: what the work had come to. Absent: the job waits for the end of its lease. */
  readonly afterFault?: (job: Job, error: unknown, ending: Ending | undefined) => Promise<Ending>;
  /** The error fails every job for the moment and says nothing of this one. */
  readonly isOutage: (error: unknown) => boolean;
  /** The end of this job makes room for one that was due and not claimed. */
  readonly makesRoom: (job: Job) => boolean;
  /** The room for outcomes. `spend` gives it up and resolves once it is kept again; while it is `missing`, nothing is claimed. */
  readonly room: { spend(): Promise<void>; missing(): Promise<void> | undefined };
  /** What was held back may begin. */
  readonly onHoldOver?: () => void;
  readonly claimFailures: (inARow: number) => void;
  readonly log: Log;
  /** Names a job in the log. */
  readonly about: (job: Job) => LogFields;
  readonly words: {
    readonly freed: string;
    readonly claimFailed: string;
    readonly setAside: string;
    readonly fault: string;
    /** The store refuses to the end of a stop. */
    readonly leftToStart: string;
    readonly brokenOff: string;
  };
}

export interface LeasedWorkerOptions {
  readonly maxInFlight: () => number;
  /** Most to claim at once. */
  readonly batch: number;
  /** Longer than any work takes: only a crash or a fault lets a lease end. Read at each claim. */
  readonly leaseMs: () => number;
}

export interface LeasedWorker<Job> extends Pick<Worker<Job>, 'wake' | 'dueAt' | 'reserve' | 'take' | 'inFlight'> {
  /** Of this worker. */
  readonly stopping: Stop;
  /** On while an outcome cannot be written down, and as long as its user says. */
  readonly hold: Hold;
  /** Nothing may begin now. Begins a hold where the room for outcomes is given up. */
  mustWait(): boolean;
  /** Repeats a call while the store is out, until `signal` aborts: by default at the deadline of a stop. */
  patiently<T>(about: LogFields, call: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Writes down what came of the job, however long the store takes: nothing else begins meanwhile. Rejects at the deadline of a stop. */
  written<T>(job: Job, write: () => Promise<T>): Promise<T>;
  /** Before `start`: frees what an owner before this one had under way. */
  takeOver(): Promise<void>;
  /** Claims from now on. After a stop it does nothing. */
  start(): void;
  /**
   * Claims no more. What is under way may finish until the deadline; then it is broken off. Returns how many claims are still
   * without an end; their leases end by themselves.
   */
  stop(deadlineMs: number): Promise<{ readonly unfinished: number }>;
}

/** After the deadline of a stop, for work that was broken off to be written down. */
const LAST_WORDS_MS = 5_000;

export function createLeasedWorker<Job extends Lease, Ending extends Settling, Result>(
  deps: LeasedWorkerDeps<Job, Ending, Result>,
  options: LeasedWorkerOptions,
): LeasedWorker<Job> {
  const { clock, owner, queue, log, about, words } = deps;
  const stopping = createStopping();
  const { begun, broken } = stopping;
  const jumpedBack = createJumpWatch(clock);
  let owedShiftMs = 0;
  let stopListening: () => void = () => undefined;

  const worker = createWorker<Job>(
    {
      clock,
      claim,
      work,
      giveBack: (job) => giveBack(job, clock.now()),
      onClaimFailed(error, waitMs, inARow) {
        deps.claimFailures(inARow);
        log.error({ error, waitMs }, words.claimFailed);
      },
    },
    options,
  );
  const { wake, dueAt, reserve, take, inFlight } = worker;
  const hold = createHold(stopping, () => {
    deps.onHoldOver?.();
    wake();
  });

  return {
    ...{ wake, dueAt, reserve, take, inFlight, stopping, hold, mustWait, patiently, written },
    async takeOver() {
      const freed = await queue.recover({ owner, now: clock.now() });
      if (freed > 0) log.info({ freed }, words.freed);
      await queue.followClock({ now: clock.now() });
      stopListening = queue.listen(wake);
    },
    start() {
      if (!begun.aborted) worker.start();
    },
    async stop(deadlineMs) {
      stopListening();
      worker.stop();
      stopping.begin();
      if (!(await worker.idle(deadlineMs))) {
        log.warn({ inFlight: inFlight() }, words.brokenOff);
        stopping.breakOff();
        await worker.idle(LAST_WORDS_MS);
      }
      return { unfinished: inFlight() };
    },
  };

  async function claim(limit: number) {
    await followJump();
    if (begun.aborted || mustWait()) return { items: [] };
    const request = { owner, now: clock.now(), leaseMs: options.leaseMs(), limit };
    const { jobs, nextDueAt, setAside = [] } = await queue.claim(request);
    deps.claimFailures(0);
    for (const one of setAside) log.error({ ...one }, words.setAside);
    return { items: jobs, nextDueAt };
  }

  /** A clock that was set back would leave jobs waiting for as long again; they are moved back with it. */
  async function followJump(): Promise<void> {
    owedShiftMs += jumpedBack();
    if (owedShiftMs === 0) return;
    const byMs = owedShiftMs;
    await queue.shift({ now: clock.now(), byMs });
    owedShiftMs -= byMs;
  }

  function mustWait(): boolean {
    const noRoom = hold.isOn() ? undefined : deps.room.missing();
    if (noRoom) hold.until(noRoom);
    return hold.isOn();
  }

  async function work(job: Job): Promise<void> {
    let ending: Ending | Release | undefined;
    try {
      ending = await deps.work(job);
      if (ending.kind === 'release') await release(job, ending.dueAt);
      else settled(job, ending, await settle(job, ending));
    } catch (error) {
      await dropped(job, error, ending?.kind === 'settle' ? ending : undefined);
    }
    if (deps.makesRoom(job)) wake();
  }

  /** The work is done, so this is written down however long the store takes. */
  function settle(job: Job, { settlement }: Ending): Promise<Result> {
    return written(job, () => queue.settle(settlement));
  }

  function settled(job: Job, ending: Ending, result: Result): void {
    const { dueAt: at } = ending.settlement;
    if (result && at !== undefined) dueAt(at);
    deps.settled(job, ending, result);
  }

  async function release(job: Job, at: number): Promise<void> {
    await written(job, () => queue.release(job, at));
    dueAt(at);
  }

  /** A fault: logged here, once. An outage, and what a stop broke off, say nothing of the job. */
  async function dropped(job: Job, error: unknown, ending: Ending | undefined): Promise<void> {
    const isOutage = deps.isOutage(error);
    if (broken.aborted && isOutage) {
      log.error({ ...about(job), error }, words.leftToStart);
      return;
    }
    log.error({ ...about(job), error }, words.fault);
    try {
      if (deps.afterFault && !broken.aborted && !isOutage) {
        const end = await deps.afterFault(job, error, ending);
        settled(job, end, await settle(job, end));
        return;
      }
    } catch (settleError) {
      log.error({ ...about(job), error: settleError }, 'what follows from the fault could not be written down');
    }
    await giveBack(job, begun.aborted ? clock.now() : job.leaseUntil);
  }

  async function giveBack(job: Job, at: number): Promise<void> {
    try {
      await release(job, at);
    } catch (error) {
      log.error({ ...about(job), error }, 'the claim could not be released; the next start frees it');
    }
  }

  /** Where the store refuses it, nothing begins until it is written and there is room for more. */
  async function written<T>(job: Job, write: () => Promise<T>): Promise<T> {
    let ended: PromiseWithResolvers<void> | undefined;
    const onRefused = (error: Error) => {
      tellRefused(about(job), error);
      ended = Promise.withResolvers();
      hold.until(Promise.allSettled([ended.promise, deps.room.spend()]));
    };
    try {
      return await withPatience({ clock, signal: broken, onRefused }, write);
    } finally {
      ended?.resolve();
    }
  }

  function patiently<T>(what: LogFields, call: () => Promise<T>, signal: AbortSignal = broken): Promise<T> {
    return withPatience({ clock, signal, onRefused: (error) => tellRefused(what, error) }, call);
  }

  function tellRefused(what: LogFields, error: Error): void {
    log.error({ ...what, error }, 'the store refuses; it is tried again');
  }
}
