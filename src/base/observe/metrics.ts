/**
 * The metrics of seed 001 §16, plus accept latency, commit size and event-loop lag, in a registry of their own. Every
 * number has a method, so that no other room knows a metric's name or its labels.
 */

import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type Clock, systemClock } from '../../core/clock.ts';
import { withDeadline } from '../../core/deadline.ts';
import { registerTemplates } from './template-metrics.ts';

export interface QueueDepth {
  readonly lane: string;
  /** Messages that could go now, are tried, or wait for another try. */
  readonly due: number;
  /** Messages whose own time has not come. */
  readonly scheduled: number;
  /** How long the oldest that could go has been due; 0 where nothing is. */
  readonly overdueSeconds?: number;
}

export interface DeadLetters {
  readonly tenant: string;
  readonly count: number;
}

export interface TenantRate {
  readonly tenant: string;
  /** `bounced` or `complained`. */
  readonly rate: string;
  /** Part of the recipients. */
  readonly value: number;
  readonly isTooHigh: boolean;
}

export interface ProviderGauges {
  readonly provider: string;
  readonly breaker: 'closed' | 'half_open' | 'open';
  readonly inFlight: number;
  /** What its last health check said; absent where none was made. */
  readonly up?: boolean;
}

export interface Metrics {
  readonly contentType: string;
  /** A message reached a status. `tenant` is its id; `provider` is empty before one was chosen. */
  messageStatus(labels: { status: string; tenant: string; provider: string }): void;
  /** From acceptance, or the time it was scheduled for, to the first accepted recipient. */
  messageDuration(seconds: number): void;
  providerError(labels: { provider: string; type: string }): void;
  failover(labels: { from: string; to: string }): void;
  /** One attempt at one provider, from handing over to its answer. */
  attempt(seconds: number, labels: { provider: string; outcome: string }): void;
  /** The outbox took messages to send. */
  claimed(): void;
  /** Claims that failed one after the other until now; 0 when the last one worked. */
  claimFailures(worker: 'outbox' | 'webhooks' | 'notifications', inARow: number): void;
  rateLimitHit(tenant: string): void;
  /** An event of a caller: it sent mail, it did not, it came before, or it was refused. */
  callerEvent(outcome: 'triggered' | 'ignored' | 'duplicate' | 'refused'): void;
  /** Something came back about mail; `provider` is empty where none is known. */
  feedbackEvent(labels: { provider: string; kind: string }): void;
  /** The same, and it is about no message that is known here. */
  feedbackUnmatched(provider: string): void;
  /** Who has a tracked mail loaded its pixel (`opened`) or followed a link of it (`clicked`). */
  hit(labels: { kind: string; actor: string }): void;
  hitsDropped(count: number): void;
  /** A callback that was not taken; `provider` is empty where none has the name. */
  callbackRefused(labels: { provider: string; reason: string }): void;
  /** Asked at each scrape: the queues of vendors that are read. */
  onEventQueues(read: () => readonly { readonly provider: string; readonly up: boolean }[]): void;
  /** A rate of a tenant, `bounced` or `complained`, became too high. `tenant` is its id. */
  rateAlert(labels: { tenant: string; rate: string }): void;
  /** Asked at each scrape, like the depth of the queue. */
  onTenantRates(read: () => Promise<readonly TenantRate[]>): void;
  /** A timed chore came to an end. */
  chore(chore: string, outcome: string): void;
  choreSucceeded(chore: string, at: number): void;
  /** From the submission being whole to the commit being on disk. */
  acceptLatency(seconds: number, door: string): void;
  commit(operations: number, seconds: number): void;
  /** The database was found to be damaged. */
  storeDamaged(): void;
  /** Asked at each scrape. A store that fails or is stuck leaves the gauge out, and is counted; the scrape goes on. */
  onQueueDepth(read: () => Promise<readonly QueueDepth[]>): void;
  /** Asked at each scrape, like the depth of the queue. */
  onDeadLetters(read: () => Promise<readonly DeadLetters[]>): void;
  /** Asked at each scrape. */
  onProviders(read: () => readonly ProviderGauges[]): void;
  /** Asked at each scrape. */
  onMailboxes(read: () => readonly { readonly mailbox: string; readonly folder: string; readonly up: boolean }[]): void;
  /** A request over NATS: `done`, `refused`, `failed`, or `busy` where too many waited. */
  natsRequest(labels: { subject: string; outcome: string }): void;
  /** Events that were told over NATS. */
  natsEvents(count: number): void;
  /** Asked at each scrape: whether the door is connected; undefined where it is off. */
  onNats(read: () => boolean | undefined): void;
  /** Asked at each scrape: lines of the log that never came out. */
  onLogDropped(read: () => number): void;
  /** A message was read for somebody who looks at it: `done`, `failed` (it takes too long, or goes beyond the limits) or `busy`. */
  mailRead(outcome: 'done' | 'failed' | 'busy'): void;
  /** Work on a template: its `kind`, what came of it (`done`, `failed`, or `later` where it waited for too long), and how long it took. */
  templateRender(labels: { kind: string; outcome: string }, seconds: number): void;
  /** Asked at each scrape: what the compiled templates that are kept hold in memory. */
  onTemplateCache(read: () => number): void;
  /** A post to a webhook: `delivered`, `retrying`, `failed`, `cancelled`, `lost`; and `endpoint_off` when one is turned off. */
  webhookDelivery(outcome: string): void;
  webhookDuration(seconds: number): void;
  /** A delivery of a notification, as it was decided when it was asked for. */
  notified(labels: { channel: string; status: string }): void;
  /** What was due of notifications, and what came of it. */
  notificationWork(kind: string, outcome: string): void;
  /** Asked at each scrape, like the depth of the queue. */
  onNotificationsPending(read: () => Promise<number>): void;
  /** Asked at each scrape, like the depth of the queue. */
  onWebhooksPending(read: () => Promise<number>): void;
  render(): Promise<string>;
  /** Stops the monitor of the event loop. */
  close(): void;
}

/** Sampling period of the event loop's delay. */
const LAG_RESOLUTION_MS = 20;

/** How long a scrape waits for the queue's depth: the other numbers matter most when the store is stuck. */
const QUEUE_DEPTH_WAIT_MS = 2_000;

const SECONDS_OF_A_MESSAGE = [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 900, 3600, 14_400, 86_400];
const SECONDS_OF_AN_ATTEMPT = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const SECONDS_OF_AN_ACCEPT = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30];
const SECONDS_OF_A_COMMIT = [0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2];
const OPERATIONS_OF_A_COMMIT = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

export function createMetrics(clock: Clock = systemClock, version = 'unknown'): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const messages = new Counter({
    name: 'iep_messages_total',
    help: 'Messages that reached a status',
    labelNames: ['status', 'tenant', 'provider'],
    registers,
  });
  const duration = new Histogram({
    name: 'iep_message_duration_seconds',
    help: 'From acceptance, or the time it was scheduled for, to the first accepted recipient',
    buckets: SECONDS_OF_A_MESSAGE,
    registers,
  });
  const providerErrors = new Counter({
    name: 'iep_provider_errors_total',
    help: 'Attempts that a provider did not accept, by the kind of outcome',
    labelNames: ['provider', 'type'],
    registers,
  });
  const failovers = new Counter({
    name: 'iep_provider_failovers_total',
    help: 'Messages that one provider took in place of another',
    labelNames: ['from', 'to'],
    registers,
  });
  const attempts = new Histogram({
    name: 'iep_attempt_duration_seconds',
    help: 'From handing a message to a provider to its answer, by the worst outcome of the attempt',
    labelNames: ['provider', 'outcome'],
    buckets: SECONDS_OF_AN_ATTEMPT,
    registers,
  });
  let claimedAt = clock.now();
  new Gauge({
    name: 'iep_last_claim_timestamp_seconds',
    help: 'When the outbox last took messages to send; the start of the daemon before that',
    registers,
    collect() {
      this.set(claimedAt / 1000);
    },
  });
  const claimFailures = new Gauge({
    name: 'iep_claim_failures',
    help: 'Claims of work from the store that failed one after the other; 0 when the last one worked',
    labelNames: ['worker'],
    registers,
  });
  for (const worker of ['outbox', 'webhooks', 'notifications']) claimFailures.set({ worker }, 0);
  const chores = new Counter({
    name: 'iep_chore_runs_total',
    help: 'Runs of a timed chore, by how they ended',
    labelNames: ['chore', 'outcome'],
    registers,
  });
  const choreSuccess = new Gauge({
    name: 'iep_chore_last_success_timestamp_seconds',
    help: 'When a timed chore last succeeded, this daemon or one before it',
    labelNames: ['chore'],
    registers,
  });
  new Gauge({
    name: 'iep_build_info',
    help: 'Always 1; the version that runs',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  const rateLimitHits = new Counter({
    name: 'iep_rate_limit_hits_total',
    help: 'Submissions refused because a tenant is over its limit',
    labelNames: ['tenant'],
    registers,
  });
  const feedbackEvents = new Counter({
    name: 'iep_feedback_events_total',
    help: 'Bounces, complaints, deliveries and the like that came back, each once',
    labelNames: ['provider', 'kind'],
    registers,
  });
  const callerEvents = new Counter({
    name: 'iep_caller_events_total',
    help: 'Events of callers, by what came of them',
    labelNames: ['outcome'],
    registers,
  });
  const feedbackUnmatched = new Counter({
    name: 'iep_feedback_unmatched_total',
    help: 'Of what came back, what is about no message that is known here',
    labelNames: ['provider'],
    registers,
  });
  const hits = new Counter({
    name: 'iep_tracking_hits_total',
    help: 'Opens and clicks of tracked mail, by who it was',
    labelNames: ['kind', 'actor'],
    registers,
  });
  const hitsDropped = new Counter({
    name: 'iep_tracking_hits_dropped_total',
    help: 'Opens and clicks that were not written down: too many came at once, or the store took none',
    registers,
  });
  const callbacksRefused = new Counter({
    name: 'iep_callbacks_refused_total',
    help: 'Callbacks that did not prove that they are the vendor’s, by the reason',
    labelNames: ['provider', 'reason'],
    registers,
  });
  const accepts = new Histogram({
    name: 'iep_accept_duration_seconds',
    help: 'From the submission being whole to the commit being on disk',
    labelNames: ['door'],
    buckets: SECONDS_OF_AN_ACCEPT,
    registers,
  });
  const commitOperations = new Histogram({
    name: 'iep_commit_operations',
    help: 'Operations that shared one commit',
    buckets: OPERATIONS_OF_A_COMMIT,
    registers,
  });
  const commitSeconds = new Histogram({
    name: 'iep_commit_duration_seconds',
    help: 'Duration of a commit, fsync included',
    buckets: SECONDS_OF_A_COMMIT,
    registers,
  });
  const lag = registerLoopLag(registers);
  const scrapeFailures = new Counter({
    name: 'iep_scrape_failures_total',
    help: 'Scrapes that had to leave out what the store did not tell in time',
    registers,
  });
  let readQueue: (() => Promise<readonly QueueDepth[]>) | undefined;
  // Two gauges tell of one reading.
  let reading: Promise<readonly QueueDepth[] | undefined> | undefined;
  const depthsNow = () => {
    if (readQueue === undefined) return Promise.resolve([]);
    reading ??= settledWithin({ promise: readQueue(), clock, waitMs: QUEUE_DEPTH_WAIT_MS }).finally(() => {
      reading = undefined;
    });
    return reading;
  };
  new Gauge({
    name: 'iep_queue_depth',
    help: 'Messages that still owe work, by whether their own time has come',
    labelNames: ['lane', 'state'],
    registers,
    async collect() {
      this.reset();
      const depths = await depthsNow();
      if (depths === undefined) scrapeFailures.inc();
      for (const { lane, due, scheduled } of depths ?? []) {
        this.set({ lane, state: 'due' }, due);
        this.set({ lane, state: 'scheduled' }, scheduled);
      }
    },
  });
  let readDeadLetters: (() => Promise<readonly DeadLetters[]>) | undefined;
  new Gauge({
    name: 'iep_dead_letters',
    help: 'Dead letters: messages that are not tried again until somebody retries or deletes them',
    labelNames: ['tenant'],
    registers,
    async collect() {
      this.reset();
      if (readDeadLetters === undefined) return;
      const found = await settledWithin({ promise: readDeadLetters(), clock, waitMs: QUEUE_DEPTH_WAIT_MS });
      if (found === undefined) scrapeFailures.inc();
      for (const { tenant, count } of found ?? []) this.set({ tenant }, count);
    },
  });
  const rateAlerts = new Counter({
    name: 'iep_tenant_rate_alerts_total',
    help: 'Rates of bounces or complaints of a tenant that became too high',
    labelNames: ['tenant', 'rate'],
    registers,
  });
  const setTenantRates = registerTenantRates(registers, { clock, missed: () => scrapeFailures.inc() });
  const setProviders = registerProviders(registers);
  new Gauge({
    name: 'iep_queue_overdue_seconds',
    help: 'How long the oldest message that could go has been due, of what is not paused',
    labelNames: ['lane'],
    registers,
    async collect() {
      this.reset();
      for (const { lane, overdueSeconds = 0 } of (await depthsNow()) ?? []) this.set({ lane }, overdueSeconds);
    },
  });

  let readLogDropped = () => 0;
  new Counter({
    name: 'iep_log_lines_dropped_total',
    help: 'Lines of the log that were dropped because the output was full or nobody read it',
    registers,
    collect() {
      this.reset();
      this.inc(readLogDropped());
    },
  });

  const damaged = new Gauge({
    name: 'iep_store_damaged',
    help: '1 when the database was found to be damaged: nothing is accepted or sent',
    registers,
  });
  const webhooks = registerWebhooks(registers, { clock, missed: () => scrapeFailures.inc() });

  return {
    ...webhooks,
    ...registerTemplates(registers),
    contentType: registry.contentType,
    messageStatus: (labels) => messages.inc(labels),
    messageDuration: (seconds) => duration.observe(seconds),
    providerError: (labels) => providerErrors.inc(labels),
    failover: (labels) => failovers.inc(labels),
    attempt: (seconds, labels) => attempts.observe(labels, seconds),
    claimed() {
      claimedAt = clock.now();
    },
    claimFailures: (worker, inARow) => claimFailures.set({ worker }, inARow),
    feedbackEvent: (labels) => feedbackEvents.inc(labels),
    callerEvent: (outcome) => callerEvents.inc({ outcome }),
    feedbackUnmatched: (provider) => feedbackUnmatched.inc({ provider }),
    hit: (labels) => hits.inc(labels),
    hitsDropped: (count) => hitsDropped.inc(count),
    callbackRefused: (labels) => callbacksRefused.inc(labels),
    onEventQueues: registerEventQueues(registers),
    chore: (chore, outcome) => chores.inc({ chore, outcome }),
    choreSucceeded: (chore, at) => choreSuccess.set({ chore }, at / 1000),
    rateLimitHit: (tenant) => rateLimitHits.inc({ tenant }),
    acceptLatency: (seconds, door) => accepts.observe({ door }, seconds),
    commit(operations, seconds) {
      commitOperations.observe(operations);
      commitSeconds.observe(seconds);
    },
    onQueueDepth(read) {
      readQueue = read;
    },
    onDeadLetters(read) {
      readDeadLetters = read;
    },
    rateAlert: (labels) => rateAlerts.inc(labels),
    onTenantRates: setTenantRates,
    storeDamaged: () => damaged.set(1),
    onProviders: setProviders,
    onMailboxes: registerMailboxes(registers),
    ...registerNats(registers),
    onLogDropped(read) {
      readLogDropped = read;
    },
    render: () => registry.metrics(),
    close: () => lag.disable(),
  };
}

function registerTenantRates(
  registers: Registry[],
  { clock, missed }: { readonly clock: Clock; readonly missed: () => void },
): Metrics['onTenantRates'] {
  let read: (() => Promise<readonly TenantRate[]>) | undefined;
  // Two gauges tell of one reading.
  let reading: Promise<readonly TenantRate[]> | undefined;
  const ratesNow = () => {
    if (read === undefined) return Promise.resolve([]);
    reading ??= settledWithin({ promise: read(), clock, waitMs: QUEUE_DEPTH_WAIT_MS })
      .then((found) => {
        if (found === undefined) missed();
        return found ?? [];
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const gauge = (name: string, help: string, value: (one: TenantRate) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['tenant', 'rate'],
      registers,
      async collect() {
        const rates = await ratesNow();
        this.reset();
        for (const one of rates) this.set({ tenant: one.tenant, rate: one.rate }, value(one));
      },
    });
  gauge(
    'iep_tenant_rate',
    'Part of the recipients of a tenant that bounced or complained, of tenants where any did in the last day',
    ({ value }) => value,
  );
  gauge('iep_tenant_rate_too_high', '1 where a rate of a tenant is too high and was told', ({ isTooHigh }) =>
    Number(isTooHigh),
  );
  return (ask) => {
    read = ask;
  };
}

function registerMailboxes(registers: Registry[]): Metrics['onMailboxes'] {
  let read: Parameters<Metrics['onMailboxes']>[0] = () => [];
  new Gauge({
    name: 'iep_feedback_mailbox_up',
    help: 'Whether a mailbox of reports can be read',
    labelNames: ['mailbox', 'folder'],
    registers,
    collect() {
      this.reset();
      for (const { mailbox, folder, up } of read()) this.set({ mailbox, folder }, Number(up));
    },
  });
  return (next) => {
    read = next;
  };
}

function registerNats(registers: Registry[]): Pick<Metrics, 'natsRequest' | 'natsEvents' | 'onNats'> {
  let read: Parameters<Metrics['onNats']>[0] = () => undefined;
  const requests = new Counter({
    name: 'iep_nats_requests_total',
    help: 'Requests over NATS, by what became of them',
    labelNames: ['subject', 'outcome'],
    registers,
  });
  new Gauge({
    name: 'iep_nats_up',
    help: 'Whether the NATS door is connected',
    registers,
    collect() {
      const up = read();
      this.reset();
      if (up === undefined) this.remove();
      else this.set(Number(up));
    },
  });
  const events = new Counter({ name: 'iep_nats_events_total', help: 'Events that were told over NATS', registers });
  return {
    natsEvents: (count) => events.inc(count),
    natsRequest: (labels) => requests.inc(labels),
    onNats(next) {
      read = next;
    },
  };
}

function registerEventQueues(registers: Registry[]): Metrics['onEventQueues'] {
  let read: Parameters<Metrics['onEventQueues']>[0] = () => [];
  new Gauge({
    name: 'iep_feedback_queue_up',
    help: 'Whether the queue of events that a provider names can be read',
    labelNames: ['provider'],
    registers,
    collect() {
      this.reset();
      for (const { provider, up } of read()) this.set({ provider }, Number(up));
    },
  });
  return (next) => {
    read = next;
  };
}

const BREAKER_STATES = { closed: 0, half_open: 1, open: 2 } as const;

function registerProviders(registers: Registry[]): Metrics['onProviders'] {
  let read: (() => readonly ProviderGauges[]) | undefined;
  const gauge = (name: string, help: string, value: (one: ProviderGauges) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames: ['provider'],
      registers,
      collect() {
        this.reset();
        for (const one of read?.() ?? []) {
          const number = value(one);
          if (number !== undefined) this.set({ provider: one.provider }, number);
        }
      },
    });
  gauge('iep_provider_up', 'Whether the last health check found the provider well', ({ up }) =>
    up === undefined ? undefined : Number(up),
  );
  gauge('iep_provider_breaker_state', '0 closed, 1 half open, 2 open', ({ breaker }) => BREAKER_STATES[breaker]);
  gauge('iep_provider_in_flight', 'Messages the provider has now', ({ inFlight }) => inFlight);
  return (next) => {
    read = next;
  };
}

const SECONDS_OF_A_WEBHOOK = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30];

function registerWebhooks(registers: Registry[], { clock, missed }: { clock: Clock; missed: () => void }) {
  const mailReads = new Counter({
    name: 'iep_mail_reads_total',
    help: 'Messages read for somebody who looks at them',
    labelNames: ['outcome'],
    registers,
  });
  const deliveries = new Counter({
    name: 'iep_webhook_deliveries_total',
    help: 'Posts to webhooks by what came of them, and endpoints that were turned off',
    labelNames: ['outcome'],
    registers,
  });
  const duration = new Histogram({
    name: 'iep_webhook_duration_seconds',
    help: 'Duration of a post to a webhook',
    buckets: SECONDS_OF_A_WEBHOOK,
    registers,
  });
  const notified = new Counter({
    name: 'iep_notification_deliveries_total',
    help: 'Deliveries of notifications by channel, as they were decided when they were asked for',
    labelNames: ['channel', 'status'],
    registers,
  });
  const notificationWork = new Counter({
    name: 'iep_notification_work_total',
    help: 'What was due of notifications, and what came of it',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const pendingGauge = (name: string, help: string) => {
    let readPending: (() => Promise<number>) | undefined;
    new Gauge({
      ...{ name, help, registers },
      async collect() {
        if (readPending === undefined) return;
        const pending = await settledWithin({ promise: readPending(), clock, waitMs: QUEUE_DEPTH_WAIT_MS });
        if (pending === undefined) missed();
        else this.set(pending);
      },
    });
    return (read: () => Promise<number>) => {
      readPending = read;
    };
  };
  return {
    mailRead: (outcome: string) => mailReads.inc({ outcome }),
    webhookDelivery: (outcome: string) => deliveries.inc({ outcome }),
    webhookDuration: (seconds: number) => duration.observe(seconds),
    notified: (labels: { channel: string; status: string }) => notified.inc(labels),
    notificationWork: (kind: string, outcome: string) => notificationWork.inc({ kind, outcome }),
    onWebhooksPending: pendingGauge('iep_webhooks_pending', 'Webhook deliveries that still owe work'),
    onNotificationsPending: pendingGauge(
      'iep_notifications_pending',
      'What waits of notifications: deliveries, digests, steps',
    ),
  };
}

/** Delay of the loop since the last scrape, and the share of that time it was busy. */
function registerLoopLag(registers: Registry[]) {
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  lag.enable();
  new Gauge({
    name: 'iep_event_loop_lag_seconds',
    help: 'How late the event loop was since the last scrape',
    labelNames: ['quantile'],
    registers,
    collect() {
      // The histogram counts the sampling period itself; with no sample yet its figures are not numbers.
      const seconds = (nanoseconds: number) =>
        Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - LAG_RESOLUTION_MS / 1000) : 0;
      this.set({ quantile: '0.5' }, seconds(lag.percentile(50)));
      this.set({ quantile: '0.99' }, seconds(lag.percentile(99)));
      this.set({ quantile: '1' }, lag.count === 0 ? 0 : seconds(lag.max));
      lag.reset();
    },
  });
  let last: EventLoopUtilization = performance.eventLoopUtilization();
  new Gauge({
    name: 'iep_event_loop_utilization',
    help: 'Share of the time since the last scrape in which the event loop was busy',
    registers,
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    },
  });
  return lag;
}

/** The value, or undefined when it failed or did not come in time. */
function settledWithin<T>(input: { promise: Promise<T>; clock: Clock; waitMs: number }): Promise<T | undefined> {
  const { promise, clock, waitMs: limitMs } = input;
  const late = () => new Error('it did not come in time');
  return withDeadline(promise, { clock, limitMs, late }).catch(() => undefined);
}
