/**
 * The worker that sends mail: takes messages from the store, or from memory when they were just accepted. A message that was
 * claimed ends in exactly one of three ways: settled, which a fault is too; released untried; or, where the store is out,
 * released for when its lease would have ended.
 */

import type { Log } from '../../base/observe/log.ts';
import type { Metrics } from '../../base/observe/metrics.ts';
import type { Trace } from '../../base/observe/trace.ts';
import { createLeasedWorker } from '../../base/queue/leased-worker.ts';
import type { Clock } from '../../core/clock.ts';
import type { Job } from '../../core/message.ts';
import type { LeaseRequest } from '../../db/verbs/lease.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import type { Gather } from '../attachments/gather.ts';
import type { Deliver } from '../delivery/deliver.ts';
import { LONGEST_NAMED_MS } from '../delivery/throttle.ts';
import type { Render } from '../render/render.ts';
import { afterFault, faultsIn, isOutage } from './after-fault.ts';
import { createInParts } from './in-parts.ts';
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
   * broken off. Returns how many claims are still without an end; their leases end by themselves.
   */
  stop(deadlineMs: number): Promise<{ readonly unfinished: number }>;
}

export interface OutboxDeps {
  readonly store: StorePart<
    | 'outbox.claim'
    | 'outbox.settle'
    | 'outbox.settlePart'
    | 'outbox.release'
    | 'outbox.recover'
    | 'outbox.shift'
    | 'outbox.followClock'
    | 'tenants.list'
    | 'messages.get'
    | 'onChange'
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
/** After the handoff said no, commits of our own are looked at for this long: one of them holds what it said no to. */
const REFUSED_MS = 5_000;

export function createOutbox(deps: OutboxDeps, options: OutboxOptions): Outbox {
  const { store, clock, owner, log, metrics, skipTenants } = deps;
  let refusedAt = Number.NEGATIVE_INFINITY;

  const worker = createLeasedWorker<Job, Settled, boolean>(
    {
      ...{ clock, owner, log, about: named, isOutage },
      queue: {
        async claim(request) {
          const found = await store.outbox.claim({ ...request, skipTenants: skipTenants() });
          if (found.jobs.length > 0) metrics.claimed();
          return found;
        },
        settle: store.outbox.settle,
        release: ({ message, fence }, dueAt) => store.outbox.release({ messageId: message.id, fence, dueAt }),
        recover: store.outbox.recover,
        async followClock({ now }) {
          const moved = await store.outbox.followClock({ now, longestMs: await longestWaitMs() });
          if (moved > 0) log.warn({ moved }, 'the clock was ahead when the last daemon ran; what waits was moved back');
        },
        async shift({ now, byMs }) {
          const shifted = await store.outbox.shift({ now, byMs });
          log.warn({ byMs, shifted }, 'the clock was set back; what waits was moved with it');
        },
        // Most commits of our own leave nothing to claim: what was accepted came by the handoff.
        listen: (wake) =>
          store.onChange(({ own }) => {
            if (!own || clock.monotonic() - refusedAt < REFUSED_MS) wake();
          }),
      },
      work,
      settled,
      afterFault: faulted,
      // The next of those that are tried few at a time has room then.
      makesRoom: ({ deaths }) => deaths !== undefined,
      // Room that others gave up is for the outcomes of deliveries: only a start waits for it.
      room: { spend: () => deps.reserve.spend(), missing: () => undefined },
      claimFailures: (inARow) => metrics.claimFailures('outbox', inARow),
      words: {
        freed: 'messages that were under way when the last daemon ended are tried again',
        claimFailed: 'nothing could be claimed; it is tried again',
        setAside: 'an entry of the outbox could not be read and was set aside',
        fault: 'fault while sending',
        leftToStart: 'the store still refuses; the next start tries this message again',
        brokenOff: 'the time to stop is up: what is under way is broken off',
      },
    },
    { maxInFlight: () => options.maxInFlight(), batch: BATCH, leaseMs: () => options.leaseMs },
  );
  const { hold, stopping, patiently } = worker;
  const inParts = createInParts({
    now: clock.now,
    write: (job, part) => worker.written(job, () => store.outbox.settlePart(part)),
  });
  const sending = {
    ...{ ...deps, inParts },
    now: clock.now,
    get stop() {
      return hold.stop();
    },
    get retry() {
      return options.retry;
    },
    tenantPolicy: (tenantId: string) => patiently({ tenantId }, () => deps.tenantPolicy(tenantId), stopping.begun),
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
        if (jobs.length > 0) metrics.claimed();
        worker.take(jobs, reserved);
      },
      dueAt: worker.dueAt,
    },
    async start() {
      const noRoom = deps.reserve.missing();
      if (noRoom) hold.until(noRoom);
      await worker.takeOver();
      worker.start();
    },
    wake: worker.wake,
    inFlight: worker.inFlight,
    stop: worker.stop,
  };

  /** Of any schedule there is. A provider may have asked for more, which the daemon before this one alone knew. */
  /** The longest wait of a schedule, of a provider that named one, and of a lease. */
  async function longestWaitMs(): Promise<number> {
    const { scheduleSeconds, jitter } = options.retry;
    const tenants = await store.tenants.list();
    const all = [...scheduleSeconds, ...tenants.flatMap(({ settings }) => settings.retryScheduleSeconds ?? [])];
    return Math.max(...all.map((seconds) => seconds * 1_000 * (1 + jitter)), LONGEST_NAMED_MS, options.leaseMs);
  }

  async function work(job: Job): Promise<Ending> {
    const ending = await sendOne(sending, job);
    if (ending.kind === 'settle' && ending.fault !== undefined)
      log.error({ ...named(job), error: ending.fault }, 'fault while sending; other recipients have an outcome');
    return ending;
  }

  function settled(job: Job, ending: Settled, hadLease: boolean): void {
    const { status, lastError } = ending.settlement;
    if (hadLease) report(deps, { job, ...ending });
    else
      log.warn(
        { ...named(job), status, lastError },
        'the lease was lost; what came of the attempt is not written down',
      );
  }

  async function faulted(job: Job, error: unknown, ending: Settled | undefined): Promise<Settled> {
    const { id: messageId, tenantId } = job.message;
    const found = await patiently(named(job), () => store.messages.get({ tenantId, messageId }));
    const { reports = [] } = ending ?? {};
    const { retry: policy } = options;
    const faults = faultsIn(found?.events ?? []);
    const settlement = afterFault({
      job: inParts.left(job),
      error,
      reports,
      faults,
      policy,
      now: clock.now(),
      random: deps.random,
    });
    return { kind: 'settle', settlement, reports: [], failovers: [] };
  }
}

function named({ message }: Job) {
  return { messageId: message.id, tenantId: message.tenantId };
}
