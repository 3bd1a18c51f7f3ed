/**
 * Keeps notifications going: what is due is decided, mailed or posted, and written down. It claims and settles like mail, next
 * to it and never in its way.
 */

import type { Log, LogFields } from '../base/observe/log.ts';
import type { Metrics } from '../base/observe/metrics.ts';
import { backoff, type Schedule } from '../base/queue/backoff.ts';
import { createLeasedWorker, type Release } from '../base/queue/leased-worker.ts';
import type { Clock } from '../core/clock.ts';
import { IepError, isStoreOut } from '../core/errors.ts';
import { mustDecideAgain } from '../core/notification-delivery.ts';
import type { NotificationJob, NotificationSettlement } from '../db/verbs/notifications.ts';
import type { NewMessage } from '../db/verbs/outbox.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Accept } from '../message/intake/accept.ts';
import type { DueEnd, WorkDue } from './due.ts';

export interface NotifyWorker {
  /** Frees what a daemon before this one had under way, then begins. */
  start(): Promise<void>;
  /** Something was made due, or falls due at that time. */
  wake(at?: number): void;
  inFlight(): number;
  /** Claims no more; what is being posted may finish until the deadline, then it is broken off and released. */
  stop(deadlineMs: number): Promise<{ readonly unfinished: number }>;
}

export interface NotifyWorkerDeps {
  readonly store: StorePart<
    | 'notifications.claim'
    | 'notifications.release'
    | 'notifications.recover'
    | 'notifications.shift'
    | 'notifications.followClock'
    | 'together'
    | 'onChange'
  >;
  readonly work: WorkDue;
  readonly tenantOf: (id: string) => Promise<Tenant | undefined>;
  readonly write: Accept['write'];
  readonly taken: Accept['taken'];
  readonly clock: Clock;
  readonly random: () => number;
  /** This daemon instance. */
  readonly owner: string;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'notificationWork' | 'claimFailures'>;
  /** The room for outcomes. */
  readonly reserve: { spend(): Promise<void>; missing(): Promise<void> | undefined };
}

/** Read at each use. */
export interface NotifyWorkerOptions {
  readonly retry: Schedule;
  /** Longer than a post can take. */
  readonly leaseMs: number;
}

const MAX_IN_FLIGHT = 50;
const BATCH = 20;
/** One tenant may have so many under way, one address so many posts, and all that are slow, fail or are new together so many. */
const LIMITS = { maxPerTenant: 25, maxPerSlot: 4, maxDoubtful: 25 };
/** The longest that the other side of a post may ask us to wait. */
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;
/** Where a tenant is over a limit of its mail, and does not say until when. */
const LIMITED_MS = 60_000;

interface Ending {
  readonly kind: 'settle';
  readonly settlement: NotificationSettlement & { readonly messages: readonly NewMessage[] };
  readonly tenant: Tenant;
  readonly end: DueEnd;
}

/** `again`: what it rested on had changed, so that it went back. */
type Written = 'written' | 'again';

export function createNotifyWorker(deps: NotifyWorkerDeps, options: NotifyWorkerOptions): NotifyWorker {
  const { store, clock, owner, log, metrics } = deps;
  let isHeld = false;

  const worker = createLeasedWorker<NotificationJob, Ending, Written>(
    {
      ...{ clock, owner, log, work, about: named, isOutage: isStoreOut, room: deps.reserve },
      queue: {
        async claim(request) {
          const found = await store.notifications.claim({ ...request, ...LIMITS });
          isHeld = found.held;
          return found;
        },
        settle,
        release: ({ entry, fence }, dueAt) => store.notifications.release({ entry, fence, dueAt }),
        recover: store.notifications.recover,
        async followClock({ now }) {
          const { scheduleSeconds, jitter } = options.retry;
          const longestMs = Math.max(Math.max(...scheduleSeconds) * 1_000 * (1 + jitter), MAX_RETRY_AFTER_MS);
          await store.notifications.followClock({ now, longestMs });
        },
        shift: store.notifications.shift,
        listen: (wake) =>
          store.onChange(({ own }) => {
            if (!own) wake();
          }),
      },
      settled: report,
      makesRoom: () => isHeld,
      claimFailures: (inARow) => metrics.claimFailures('notifications', inARow),
      words: {
        freed: 'notifications that were under way when the last daemon ended are taken up again',
        claimFailed: 'no notification could be claimed; it is tried again',
        setAside: 'what waited of a notification could not be read and was set aside',
        fault: 'fault in a notification; it is tried again when its lease ends',
        leftToStart: 'the store still refuses; the next start takes this notification up again',
        brokenOff: 'the time to stop is up: posts that are under way are broken off',
      },
    },
    { maxInFlight: () => MAX_IN_FLIGHT, batch: BATCH, leaseMs: () => options.leaseMs },
  );
  const { stopping } = worker;

  return {
    async start() {
      await worker.takeOver();
      worker.start();
    },
    wake(at) {
      if (at === undefined || at <= clock.now()) worker.wake();
      else worker.dueAt(at);
    },
    inFlight: worker.inFlight,
    stop: worker.stop,
  };

  async function work(job: NotificationJob): Promise<Ending | Release> {
    const now = clock.now();
    if (worker.hold.isOn()) return { kind: 'release', dueAt: now };
    const tenant = await deps.tenantOf(job.tenantId);
    if (tenant?.active !== true) return { kind: 'release', dueAt: now + LIMITED_MS };
    const end = await deps.work(job, tenant, { nextTry, signal: stopping.broken });
    if (stopping.broken.aborted && end.posted?.kind === 'deferred') return { kind: 'release', dueAt: clock.now() };
    const { entry, fence, tenantId } = job;
    const settlement = { ...{ entry, fence, tenantId, at: clock.now() }, ...end.settlement, messages: end.messages };
    return { kind: 'settle', settlement, tenant, end };
  }

  function nextTry(tries: number, askedMs = 0): number | undefined {
    if (tries > options.retry.scheduleSeconds.length) return undefined;
    const waitMs = Math.max(
      backoff(options.retry, { tries, random: deps.random }),
      Math.min(askedMs, MAX_RETRY_AFTER_MS),
    );
    return clock.now() + waitMs;
  }

  /** With its mail, in one transaction. */
  async function settle({ messages, ...settlement }: Ending['settlement']): Promise<Written> {
    const tenant = await deps.tenantOf(settlement.tenantId);
    const mail = messages.length === 0 || tenant === undefined ? [] : [deps.write(tenant, messages)];
    try {
      await store.together([...mail, { verb: 'notifications.settle', input: settlement }]);
      return 'written';
    } catch (error) {
      const dueAt = whenAgain(error);
      if (dueAt === undefined) throw error;
      const { entry, fence } = settlement;
      await store.notifications.release({ entry, fence, dueAt });
      worker.dueAt(dueAt);
      return 'again';
    }
  }

  function whenAgain(error: unknown): number | undefined {
    if (mustDecideAgain(error)) return clock.now();
    if (!(error instanceof IepError) || error.code !== 'rate_limited') return undefined;
    return clock.now() + (error.retryAfterMs ?? LIMITED_MS);
  }

  function report(job: NotificationJob, { end, tenant, settlement }: Ending, written: Written): void {
    const outcome = written === 'again' ? 'again' : outcomeOf(end);
    metrics.notificationWork(job.work.kind, outcome);
    if (written === 'again') return;
    if (end.messages.length > 0) deps.taken(tenant, end.messages);
    const { posted } = end;
    const reason = posted !== undefined && 'reason' in posted ? posted.reason : end.settlement.outcome?.reason;
    log.info(
      {
        ...named(job),
        ...{ work: job.work.kind, outcome, messages: end.messages.length },
        ...(reason !== undefined && { reason }),
        ...(settlement.dueAt !== undefined && { nextAt: settlement.dueAt }),
      },
      'notification',
    );
    worker.wake();
  }
}

function outcomeOf({ settlement }: DueEnd): string {
  if (settlement.tried === true) return 'retrying';
  return settlement.outcome?.status ?? 'done';
}

function named({ entry, tenantId, work }: NotificationJob): LogFields {
  const id = work.kind === 'window' ? work.window?.items.at(-1)?.notificationId : work.notification.id;
  return { entry, tenantId, ...(id !== undefined && { notificationId: id }) };
}
