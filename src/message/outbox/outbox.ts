/**
 * The worker that sends mail: takes messages from the store, or from memory when they were just accepted, and sees each
 * claim to its end. A claim ends in exactly one of three ways: settled, which a fault is too; released untried; or, where
 * the store is out, released for when its lease would have ended.
 */

import type { Log, LogFields } from '../../base/observe/log.ts';
import type { Metrics } from '../../base/observe/metrics.ts';
import type { Trace } from '../../base/observe/trace.ts';
import { createHold } from '../../base/queue/hold.ts';
import { createJumpWatch } from '../../base/queue/jump.ts';
import { withPatience } from '../../base/queue/patience.ts';
import { createWorker } from '../../base/queue/worker.ts';
import type { Clock } from '../../core/clock.ts';
import type { Job } from '../../core/message.ts';
import type { AttemptReport } from '../../core/outcome.ts';
import { createStopping } from '../../core/stop.ts';
import type { LeaseRequest } from '../../db/verbs/lease.ts';
import type { Store } from '../../db/verbs/store.ts';
import type { Gather } from '../attachments/gather.ts';
import type { Deliver } from '../delivery/deliver.ts';
import type { Render } from '../render/render.ts';
import { afterFault, faultsIn, isOutage } from './after-fault.ts';
import { report } from './report.ts';
import { type Ending, type SendOneDeps, type Settled, sendOne } from './send-one.ts';
import type { TenantPolicy } from './tenant-policy.ts';

/** How accepted messages come from memory, without being read back. */
export interface Handoff {
  /**
   * Room for `count` more, or undefined when there is a backlog, which has its turn first, when too much is in flight,
   * a way out is full or closed, or when stopping. What is granted must be given back with `take`.
   */
  reserve(count: number): LeaseRequest | undefined;
  /** The jobs that got the lease; the rest of what was `reserved` is free again. */
  take(jobs: readonly Job[], reserved: number): void;
  /** Something was stored that falls due then. */
  dueAt(at: number): void;
}

export interface Outbox {
  readonly handoff: Handoff;
  /** Frees what a daemon before this one had under way, then begins to send. */
  start(): Promise<void>;
  /** Something may be due. */
  wake(): void;
  inFlight(): number;
  /**
   * Claims no more, and releases at once what no provider has. What one has may finish until the deadline; then it is
   * broken off. Answers how many claims are still without an end; their leases end by themselves.
   */
  stop(deadlineMs: number): Promise<{ readonly unfinished: number }>;
}

export interface OutboxDeps {
  readonly store: Pick<
    Store,
    'claim' | 'settle' | 'release' | 'recover' | 'shift' | 'followClock' | 'tenants' | 'message' | 'onChange'
  >;
  readonly clock: Clock;
  readonly random: () => number;
  /** This daemon instance. */
  readonly owner: string;
  readonly gather: Gather;
  readonly render: Render;
  readonly deliver: Deliver;
  readonly skipTenants: () => readonly string[];
  readonly tenantPolicy: (tenantId: string) => Promise<TenantPolicy>;
  readonly log: Log;
  readonly metrics: Pick<
    Metrics,
    'messageStatus' | 'messageDuration' | 'providerError' | 'failover' | 'attempt' | 'claimed' | 'claimFailures'
  >;
  /** Keeps room for what providers answer. Told when the store refuses; no delivery begins until the room is kept again. */
  readonly reserve: { spend(): Promise<void>; missing(): Promise<void> | undefined };
  /** Absent: nothing is traced. */
  readonly trace?: Trace | undefined;
}

/** Read at each use: they may change while mail is sent. */
export interface OutboxOptions {
  readonly retry: SendOneDeps['retry'];
  /** Asked each time: providers come and go. */
  readonly maxInFlight: () => number;
  /** Longer than any attempt takes: only a crash or a fault lets a lease end. */
  readonly leaseMs: number;
}

/** What one claim brings at most. Below the waiting room of a gate (delivery/gate.ts), so that it does not overflow. */
const BATCH = 50;
/** After the deadline of a stop, for broken-off attempts to be written down. */
const LAST_WORDS_MS = 5_000;
/** After the handoff said no, commits of our own are looked at for this long: one of them holds what it said no to. */
const REFUSED_MS = 5_000;

export function createOutbox(deps: OutboxDeps, options: OutboxOptions): Outbox {
  const { store, clock, owner, log, skipTenants } = deps;
  const stopping = createStopping();
  const jumpedBack = createJumpWatch(clock);
  let owedShiftMs = 0;
  let refusedAt = Number.NEGATIVE_INFINITY;
  let stopListening: () => void = () => undefined;

  const worker = createWorker<Job>(
    {
      clock,
      claim,
      work,
      giveBack: (job) => giveBack(job, clock.now()),
      onClaimFailed(error, waitMs, inARow) {
        deps.metrics.claimFailures('outbox', inARow);
        log.error({ error, waitMs }, 'nothing could be claimed; it is tried again');
      },
    },
    { maxInFlight: () => options.maxInFlight(), batch: BATCH },
  );
  const hold = createHold(stopping, worker.wake);
  const sending = {
    ...deps,
    now: clock.now,
    get stop() {
      return hold.stop();
    },
    get retry() {
      return options.retry;
    },
    tenantPolicy: (tenantId: string) =>
      patiently({ tenantId }, () => deps.tenantPolicy(tenantId), { signal: stopping.begun }),
  };

  return {
    handoff: {
      reserve(count) {
        if (!hold.isOn() && skipTenants().length === 0 && worker.reserve(count)) {
          return { owner, now: clock.now(), leaseMs: options.leaseMs };
        }
        refusedAt = clock.monotonic();
        return undefined;
      },
      take(jobs, reserved) {
        if (jobs.length > 0) deps.metrics.claimed();
        worker.take(jobs, reserved);
      },
      dueAt: worker.dueAt,
    },
    async start() {
      const noRoom = deps.reserve.missing();
      if (noRoom) hold.until(noRoom);
      const freed = await store.recover({ owner, now: clock.now() });
      if (freed > 0) log.info({ freed }, 'messages that were under way when the last daemon ended are tried again');
      const moved = await store.followClock({ now: clock.now(), longestMs: await longestWaitMs() });
      if (moved > 0) log.warn({ moved }, 'the clock was ahead when the last daemon ran; what waits was moved back');
      stopListening = store.onChange(({ own }) => {
        // Most commits of our own leave nothing to claim: what was accepted came by the handoff.
        if (!own || clock.monotonic() - refusedAt < REFUSED_MS) worker.wake();
      });
      worker.start();
    },
    wake: worker.wake,
    inFlight: worker.inFlight,
    async stop(deadlineMs) {
      stopListening();
      worker.stop();
      stopping.begin();
      if (!(await worker.idle(deadlineMs))) {
        log.warn({ inFlight: worker.inFlight() }, 'the time to stop is up: what is under way is broken off');
        stopping.breakOff();
        await worker.idle(LAST_WORDS_MS);
      }
      return { unfinished: worker.inFlight() };
    },
  };

  /** Of any schedule there is. A provider may have asked for more, which the daemon before this one alone knew. */
  async function longestWaitMs(): Promise<number> {
    const { scheduleSeconds, jitter } = options.retry;
    const tenants = await store.tenants();
    const all = [...scheduleSeconds, ...tenants.flatMap(({ settings }) => settings.retryScheduleSeconds ?? [])];
    return Math.max(...all) * 1_000 * (1 + jitter);
  }

  async function claim(limit: number) {
    await followClock();
    if (stopping.begun.aborted || hold.isOn()) return { items: [] };
    const now = clock.now();
    const request = { owner, now, leaseMs: options.leaseMs, limit, skipTenants: skipTenants() };
    const { jobs, nextDueAt, setAside = [] } = await store.claim(request);
    deps.metrics.claimFailures('outbox', 0);
    for (const one of setAside) log.error({ ...one }, 'an entry of the outbox could not be read and was set aside');
    if (jobs.length > 0) deps.metrics.claimed();
    return { items: jobs, nextDueAt };
  }

  /** A clock that was set back would leave retries waiting for as long again; they are moved back with it. */
  async function followClock(): Promise<void> {
    owedShiftMs += jumpedBack();
    if (owedShiftMs === 0) return;
    const byMs = owedShiftMs;
    const shifted = await store.shift({ now: clock.now(), byMs });
    owedShiftMs -= byMs;
    log.warn({ byMs, shifted }, 'the clock was set back; what waits was moved with it');
  }

  async function work(job: Job): Promise<void> {
    let ending: Ending | undefined;
    try {
      ending = await sendOne(sending, job);
      if (ending.kind === 'release') await release(job, ending.dueAt);
      else await settle(job, ending);
    } catch (error) {
      await dropped(job, error, ending?.kind === 'settle' ? ending.reports : []);
    }
    // The next of those that are tried few at a time has room now.
    if (job.deaths !== undefined) worker.wake();
  }

  /** The provider has already answered, so this is written down however long the disk takes. */
  async function settle(job: Job, ending: Settled) {
    const { settlement, fault } = ending;
    if (fault !== undefined)
      log.error({ ...named(job), error: fault }, 'fault while sending, after others had answered');
    const held = await written(job, () => store.settle(settlement));
    if (!held) {
      const { status, lastError } = settlement;
      log.warn(
        { ...named(job), status, lastError },
        'the lease was lost; what came of the attempt is not written down',
      );
      return;
    }
    if (settlement.dueAt !== undefined) worker.dueAt(settlement.dueAt);
    report(deps, { job, ...ending });
  }

  async function release(job: Job, dueAt: number): Promise<void> {
    await written(job, () => store.release({ messageId: job.message.id, fence: job.fence, dueAt }));
    worker.dueAt(dueAt);
  }

  /** A fault: logged here, once. Of an outage, and of what a stop broke off, the message's history says nothing. */
  async function dropped(job: Job, error: unknown, reports: readonly AttemptReport[]): Promise<void> {
    if (stopping.broken.aborted && isOutage(error)) {
      log.error({ ...named(job), error }, 'the store still refuses; the next start tries this message again');
      return;
    }
    log.error({ ...named(job), error }, 'fault while sending');
    try {
      if (!stopping.broken.aborted && !isOutage(error)) return await settle(job, await faulted(job, error, reports));
    } catch (settleError) {
      log.error({ ...named(job), error: settleError }, 'what follows from the fault could not be written down');
    }
    await giveBack(job, stopping.begun.aborted ? clock.now() : job.leaseUntil);
  }

  async function giveBack(job: Job, dueAt: number): Promise<void> {
    try {
      await release(job, dueAt);
    } catch (error) {
      log.error({ ...named(job), error }, 'the claim could not be released; the next start frees it');
    }
  }

  async function faulted(job: Job, error: unknown, reports: readonly AttemptReport[]): Promise<Settled> {
    const { id: messageId, tenantId } = job.message;
    const found = await patiently(named(job), () => store.message({ tenantId, messageId }), {});
    const { retry: policy } = options;
    const faults = faultsIn(found?.events ?? []);
    const settlement = afterFault({ job, error, reports, faults, policy, now: clock.now(), random: deps.random });
    return { kind: 'settle', settlement, reports: [], failovers: [] };
  }

  /** How a claim ends. Where the store refuses it, no delivery begins until it is written and there is room for more. */
  async function written<T>(job: Job, write: () => Promise<T>): Promise<T> {
    const ended = Promise.withResolvers<void>();
    const onRefused = () => hold.until(Promise.allSettled([ended.promise, deps.reserve.spend()]));
    try {
      return await patiently(named(job), write, { onRefused });
    } finally {
      ended.resolve();
    }
  }

  function patiently<T>(
    about: LogFields,
    call: () => Promise<T>,
    { signal = stopping.broken, onRefused }: { signal?: AbortSignal; onRefused?: () => void },
  ): Promise<T> {
    const refused = (error: Error) => {
      log.error({ ...about, error }, 'the store refuses; it is tried again');
      onRefused?.();
    };
    return withPatience({ clock, signal, onRefused: refused }, call);
  }
}

function named({ message }: Job) {
  return { messageId: message.id, tenantId: message.tenantId };
}
