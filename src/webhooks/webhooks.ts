/**
 * The worker that posts webhooks: what the fan-out made of events is claimed, posted and settled like mail, beside it and
 * never in its way. It has connections, room and limits of its own.
 */

import type { Log, LogFields } from '../base/observe/log.ts';
import type { Metrics } from '../base/observe/metrics.ts';
import type { Schedule } from '../base/queue/backoff.ts';
import { createHold } from '../base/queue/hold.ts';
import { createJumpWatch } from '../base/queue/jump.ts';
import { withPatience } from '../base/queue/patience.ts';
import { createWorker } from '../base/queue/worker.ts';
import type { Clock } from '../core/clock.ts';
import { isStoreOut } from '../core/errors.ts';
import { createStopping } from '../core/stop.ts';
import type { Store } from '../db/verbs/store.ts';
import type { WebhookJob, WebhookSettled, WebhookSettlement } from '../db/verbs/webhooks.ts';
import { webhookName } from './event-name.ts';
import { createFanOut } from './fan-out.ts';
import { nextTry } from './next-try.ts';
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
  readonly store: Pick<
    Store,
    | 'claimWebhooks'
    | 'fanOutWebhooks'
    | 'onChange'
    | 'pruneWebhooks'
    | 'recoverWebhooks'
    | 'releaseWebhook'
    | 'settleWebhook'
    | 'shiftWebhooks'
    | 'followClockWebhooks'
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
const LAST_WORDS_MS = 5_000;
/** How long requests and answers are kept to be looked at, and how often old ones are removed, so many at a time. */
const KEEP_MS = 30 * 24 * 3_600_000;
const PRUNE_EVERY_MS = 3_600_000;
const PRUNE_AT_ONCE = 500;

export function createWebhooks(deps: WebhooksDeps, options: WebhooksOptions): Webhooks {
  const { store, clock, owner, log, metrics } = deps;
  const stopping = createStopping();
  const jumpedBack = createJumpWatch(clock);
  let owedShiftMs = 0;
  /** Something is due and waits for room, or for another delivery of its message. */
  let isHeld = false;
  let isStarted = false;
  let stopListening: () => void = () => undefined;
  let cancelPrune: (() => void) | undefined;

  const worker = createWorker<WebhookJob>(
    {
      clock,
      claim,
      work,
      giveBack: (job) => giveBack(job, clock.now()),
      onClaimFailed(error, waitMs, inARow) {
        metrics.claimFailures('webhooks', inARow);
        log.error({ error, waitMs }, 'no webhook could be claimed; it is tried again');
      },
    },
    { maxInFlight: () => MAX_IN_FLIGHT, batch: BATCH },
  );
  const hold = createHold(stopping, () => {
    fanOut.wake();
    worker.wake();
  });
  const fanOut = createFanOut({
    ...{ store, clock, log, mustWait },
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
      const freed = await store.recoverWebhooks({ owner, now: clock.now() });
      if (freed > 0) log.info({ freed }, 'webhooks that were under way when the last daemon ended are posted again');
      const { scheduleSeconds, jitter } = options.retry;
      const longestMs = Math.max(...scheduleSeconds) * 1_000 * (1 + jitter);
      await store.followClockWebhooks({ now: clock.now(), longestMs });
      fanOut.start();
      // Another process may have sent some again.
      stopListening = store.onChange(({ own }) => {
        if (!own) worker.wake();
      });
    },
    wake() {
      fanOut.wake();
      worker.wake();
    },
    inFlight: worker.inFlight,
    async stop(deadlineMs) {
      stopListening();
      cancelPrune?.();
      worker.stop();
      stopping.begin();
      await fanOut.stop();
      if (!(await worker.idle(deadlineMs))) {
        stopping.breakOff();
        await worker.idle(LAST_WORDS_MS);
      }
      return { unfinished: worker.inFlight() };
    },
  };

  async function prune(): Promise<void> {
    cancelPrune = clock.after(PRUNE_EVERY_MS, prune);
    try {
      const before = clock.now() - KEEP_MS;
      for (let removed = PRUNE_AT_ONCE; removed === PRUNE_AT_ONCE && !stopping.begun.aborted; ) {
        removed = await store.pruneWebhooks({ before, limit: PRUNE_AT_ONCE });
      }
    } catch (error) {
      log.error({ error }, 'old webhook requests could not be removed; it is tried again in an hour');
    }
  }

  function mustWait(): boolean {
    const noRoom = deps.reserve.missing();
    if (noRoom && !hold.isOn()) hold.until(noRoom);
    return hold.isOn();
  }

  async function claim(limit: number) {
    await followClock();
    if (stopping.begun.aborted || mustWait()) return { items: [] };
    const now = clock.now();
    const request = { owner, now, leaseMs: options.leaseMs, limit, ...LIMITS };
    const { jobs, nextDueAt, held, setAside = [] } = await store.claimWebhooks(request);
    metrics.claimFailures('webhooks', 0);
    for (const one of setAside) log.error({ ...one }, 'a webhook delivery could not be read and was set aside');
    isHeld = held;
    return { items: jobs, nextDueAt };
  }

  async function followClock(): Promise<void> {
    owedShiftMs += jumpedBack();
    if (owedShiftMs === 0) return;
    const byMs = owedShiftMs;
    await store.shiftWebhooks({ now: clock.now(), byMs });
    owedShiftMs -= byMs;
  }

  async function work(job: WebhookJob): Promise<void> {
    try {
      await deliver(job);
    } catch (error) {
      await dropped(job, error);
    }
    if (isHeld) worker.wake();
  }

  async function deliver(job: WebhookJob): Promise<void> {
    // What a claim brings that was under way when the hold began.
    if (hold.isOn()) return release(job, clock.now());
    const { endpoint, deliveryId: id } = job;
    const posted = await deps.post({ endpoint, id, body: payloadOf(job.content), signal: stopping.broken });
    if (stopping.broken.aborted && posted.attempt.status === undefined) return release(job, clock.now());
    const now = clock.now();
    const settlement = nextTry({ job, posted, schedule: options.retry, now, random: deps.random });
    const settled = await written(job, () => store.settleWebhook(settlement));
    if (settlement.dueAt !== undefined) worker.dueAt(settlement.dueAt);
    report(job, settlement, settled);
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

  async function release(job: WebhookJob, dueAt: number): Promise<void> {
    await written(job, () => store.releaseWebhook({ deliveryId: job.deliveryId, fence: job.fence, dueAt }));
    worker.dueAt(dueAt);
  }

  /** A fault, or a secret that cannot be opened: logged here, once, and tried again when the lease would have ended. */
  async function dropped(job: WebhookJob, error: unknown): Promise<void> {
    if (stopping.broken.aborted && isStoreOut(error)) {
      log.error({ ...named(job), error }, 'the store still refuses; the next start posts this webhook again');
      return;
    }
    log.error({ ...named(job), error }, 'fault while posting a webhook; it is tried again when its lease ends');
    await giveBack(job, job.leaseUntil);
  }

  async function giveBack(job: WebhookJob, dueAt: number): Promise<void> {
    try {
      await release(job, dueAt);
    } catch (error) {
      log.error({ ...named(job), error }, 'the claim could not be released; the next start frees it');
    }
  }

  /** How a claim ends. Where the store refuses it, no post begins until it is written and there is room for more. */
  async function written<T>(job: WebhookJob, write: () => Promise<T>): Promise<T> {
    const ended = Promise.withResolvers<void>();
    const onRefused = (error: Error) => {
      log.error({ ...named(job), error }, 'the store refuses; it is tried again');
      hold.until(Promise.allSettled([ended.promise, deps.reserve.spend()]));
    };
    try {
      return await withPatience({ clock, signal: stopping.broken, onRefused }, write);
    } finally {
      ended.resolve();
    }
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
