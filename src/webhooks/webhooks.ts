/**
 * The worker that posts webhooks: what the fan-out made of events is claimed, posted and settled like mail, next to it and
 * never in its way. It has connections, room and limits of its own.
 */

import type { Log, LogFields } from '../base/observe/log.ts';
import type { Metrics } from '../base/observe/metrics.ts';
import type { Schedule } from '../base/queue/backoff.ts';
import { createLeasedWorker, type Release } from '../base/queue/leased-worker.ts';
import type { Clock } from '../core/clock.ts';
import { isStoreOut } from '../core/errors.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { WebhookJob, WebhookSettled, WebhookSettlement } from '../db/verbs/webhooks.ts';
import { webhookName } from './event-name.ts';
import { createFanOut } from './fan-out.ts';
import { MAX_RETRY_AFTER_MS, nextTry } from './next-try.ts';
import { payloadOf } from './payload.ts';
import type { Post } from './post.ts';

export interface Webhooks {
  /** Frees what a daemon before this one had under way, then begins. */
  start(): Promise<void>;
  /** Endpoints changed, or something was made due. */
  wake(): void;
  inFlight(): number;
  /** Claims no more; what is being posted may finish until the deadline, then it is broken off and released. */
  stop(deadlineMs: number): Promise<{ readonly unfinished: number }>;
}

export interface WebhooksDeps {
  readonly store: StorePart<
    | 'webhooks.claim'
    | 'webhooks.fanOut'
    | 'onChange'
    | 'webhooks.prune'
    | 'webhooks.recover'
    | 'webhooks.release'
    | 'webhooks.settle'
    | 'webhooks.shift'
    | 'webhooks.followClock'
  >;
  readonly post: Post;
  readonly clock: Clock;
  readonly random: () => number;
  /** This daemon instance. */
  readonly owner: string;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'webhookDelivery' | 'webhookDuration' | 'claimFailures'>;
  /** The room for outcomes. While it is given up, or the store refuses one, nothing is posted and no delivery made. */
  readonly reserve: { spend(): Promise<void>; missing(): Promise<void> | undefined };
}

/** Read at each use: they may change while webhooks are posted. */
export interface WebhooksOptions {
  readonly retry: Schedule;
  /** Longer than a post can take. */
  readonly leaseMs: number;
}

const MAX_IN_FLIGHT = 50;
const BATCH = 10;
/** One endpoint may be slow with so many, one tenant with so many, and all that are slow, fail or are new with half. */
const LIMITS = { maxPerEndpoint: 4, maxPerTenant: 20, maxDoubtful: 25 };
/** How long requests and answers are kept to be looked at, and how often old ones are removed, so many at a time. */
const KEEP_MS = 30 * 24 * 3_600_000;
const PRUNE_EVERY_MS = 3_600_000;
const PRUNE_AT_ONCE = 500;

interface Ending {
  readonly kind: 'settle';
  readonly settlement: WebhookSettlement;
}

export function createWebhooks(deps: WebhooksDeps, options: WebhooksOptions): Webhooks {
  const { store, clock, owner, log, metrics } = deps;
  /** Something is due and waits for room, or for another delivery of its message. */
  let isHeld = false;
  let isStarted = false;
  let cancelPrune: (() => void) | undefined;

  const worker = createLeasedWorker<WebhookJob, Ending, WebhookSettled | undefined>(
    {
      ...{ clock, owner, log, work, about: named, isOutage: isStoreOut, room: deps.reserve },
      queue: {
        async claim(request) {
          const found = await store.webhooks.claim({ ...request, ...LIMITS });
          isHeld = found.held;
          return found;
        },
        settle: store.webhooks.settle,
        release: ({ deliveryId, fence }, dueAt) => store.webhooks.release({ deliveryId, fence, dueAt }),
        recover: store.webhooks.recover,
        async followClock({ now }) {
          const { scheduleSeconds, jitter } = options.retry;
          const scheduledMs = Math.max(...scheduleSeconds) * 1_000 * (1 + jitter);
          await store.webhooks.followClock({ now, longestMs: Math.max(scheduledMs, MAX_RETRY_AFTER_MS) });
        },
        shift: store.webhooks.shift,
        // Another process may have sent some again.
        listen: (wake) =>
          store.onChange(({ own }) => {
            if (!own) wake();
          }),
      },
      settled: (job, { settlement }, settled) => report(job, settlement, settled),
      makesRoom: () => isHeld,
      onHoldOver: () => fanOut.wake(),
      claimFailures: (inARow) => metrics.claimFailures('webhooks', inARow),
      words: {
        freed: 'webhooks that were under way when the last daemon ended are posted again',
        claimFailed: 'no webhook could be claimed; it is tried again',
        setAside: 'a webhook delivery could not be read and was set aside',
        fault: 'fault while posting a webhook; it is tried again when its lease ends',
        leftToStart: 'the store still refuses; the next start posts this webhook again',
        brokenOff: 'the time to stop is up: webhooks that are under way are broken off',
      },
    },
    { maxInFlight: () => MAX_IN_FLIGHT, batch: BATCH, leaseMs: () => options.leaseMs },
  );
  const { hold, stopping } = worker;
  const fanOut = createFanOut({
    ...{ store, clock, log, mustWait: worker.mustWait },
    onLook({ made }) {
      if (stopping.begun.aborted) return;
      // Where no endpoint ever was, nothing is ever claimed.
      if (!isStarted) {
        isStarted = true;
        worker.start();
        cancelPrune = clock.after(PRUNE_EVERY_MS, prune);
      }
      if (made > 0) worker.wake();
    },
  });

  return {
    async start() {
      await worker.takeOver();
      fanOut.start();
    },
    wake() {
      fanOut.wake();
      worker.wake();
    },
    inFlight: worker.inFlight,
    async stop(deadlineMs) {
      cancelPrune?.();
      const [stopped] = await Promise.all([worker.stop(deadlineMs), fanOut.stop()]);
      return stopped;
    },
  };

  async function prune(): Promise<void> {
    cancelPrune = clock.after(PRUNE_EVERY_MS, prune);
    try {
      const before = clock.now() - KEEP_MS;
      for (let removed = PRUNE_AT_ONCE; removed === PRUNE_AT_ONCE && !stopping.begun.aborted; ) {
        removed = await store.webhooks.prune({ before, limit: PRUNE_AT_ONCE });
      }
    } catch (error) {
      log.error({ error }, 'old webhook requests could not be removed; it is tried again in an hour');
    }
  }

  /** A secret that cannot be opened is a fault. */
  async function work(job: WebhookJob): Promise<Ending | Release> {
    // What a claim brings that was under way when the hold began.
    if (hold.isOn()) return { kind: 'release', dueAt: clock.now() };
    const { endpoint, deliveryId: id } = job;
    const posted = await deps.post({ endpoint, id, body: payloadOf(job.content), signal: stopping.broken });
    const now = clock.now();
    if (stopping.broken.aborted && posted.attempt.status === undefined) return { kind: 'release', dueAt: now };
    const settlement = nextTry({ job, posted, schedule: options.retry, now, random: deps.random });
    return { kind: 'settle', settlement };
  }

  function report(job: WebhookJob, settlement: WebhookSettlement, settled: WebhookSettled | undefined): void {
    const { attempt, dueAt } = settlement;
    const outcome = settled === undefined ? 'lost' : settled.status === 'pending' ? 'retrying' : settled.status;
    metrics.webhookDelivery(outcome);
    metrics.webhookDuration(attempt.durationMs / 1_000);
    const { event } = job.content;
    log.info(
      {
        ...named(job),
        event: webhookName(event.type),
        sequence: event.sequence,
        attempt: job.tries + 1,
        host: hostOf(job.endpoint.url),
        outcome,
        durationMs: attempt.durationMs,
        ...(attempt.status !== undefined && { status: attempt.status }),
        ...(attempt.error !== undefined && { reason: attempt.error }),
        ...(settled?.status === 'pending' && dueAt !== undefined && { nextAttemptAt: dueAt }),
      },
      'webhook',
    );
    if (settled?.offReason === undefined) return;
    metrics.webhookDelivery('endpoint_off');
    log.warn({ ...named(job), host: hostOf(job.endpoint.url), reason: settled.offReason }, 'a webhook was turned off');
    fanOut.wake();
  }
}

function named({ deliveryId, endpoint, content }: WebhookJob): LogFields {
  const { messageId, tenantId } = content.event;
  return { deliveryId, webhookId: endpoint.id, messageId, tenantId };
}

/** Path and query of a URL may hold what only the endpoint's owner should see. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '';
}
