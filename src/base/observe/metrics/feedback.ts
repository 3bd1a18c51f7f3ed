/** The metrics of what comes back about mail, and of the rates that it adds up to. */

import { Counter, Gauge, type Registry } from 'prom-client';
import type { Scrape } from './scrape.ts';

export interface TenantRate {
  readonly tenant: string;
  /** `bounced` or `complained`. */
  readonly rate: string;
  /** Part of the recipients. */
  readonly value: number;
  readonly isTooHigh: boolean;
}

export interface FeedbackMetrics {
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
  /** Asked at each scrape. */
  onMailboxes(read: () => readonly { readonly mailbox: string; readonly folder: string; readonly up: boolean }[]): void;
  /** A rate of a tenant, `bounced` or `complained`, became too high. `tenant` is its id. */
  rateAlert(labels: { tenant: string; rate: string }): void;
  /** Asked at each scrape, like the depth of the queue. */
  onTenantRates(read: () => Promise<readonly TenantRate[]>): void;
}

export function registerFeedback(scrape: Scrape): FeedbackMetrics {
  const { registers } = scrape;
  const feedbackEvents = new Counter({
    name: 'iep_feedback_events_total',
    help: 'Bounces, complaints, deliveries and the like that came back, each once',
    labelNames: ['provider', 'kind'],
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
  const rateAlerts = new Counter({
    name: 'iep_tenant_rate_alerts_total',
    help: 'Rates of bounces or complaints of a tenant that became too high',
    labelNames: ['tenant', 'rate'],
    registers,
  });
  return {
    feedbackEvent: (labels) => feedbackEvents.inc(labels),
    feedbackUnmatched: (provider) => feedbackUnmatched.inc({ provider }),
    hit: (labels) => hits.inc(labels),
    hitsDropped: (count) => hitsDropped.inc(count),
    callbackRefused: (labels) => callbacksRefused.inc(labels),
    onEventQueues: registerEventQueues(registers),
    onMailboxes: registerMailboxes(registers),
    rateAlert: (labels) => rateAlerts.inc(labels),
    onTenantRates: registerTenantRates(scrape),
  };
}

function registerTenantRates({ registers, question }: Scrape): FeedbackMetrics['onTenantRates'] {
  const rates = question<readonly TenantRate[]>();
  const gauge = (name: string, help: string, value: (one: TenantRate) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['tenant', 'rate'],
      registers,
      async collect() {
        const found = await rates.ask();
        this.reset();
        for (const one of found ?? []) this.set({ tenant: one.tenant, rate: one.rate }, value(one));
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
  return rates.answeredBy;
}

function registerMailboxes(registers: Registry[]): FeedbackMetrics['onMailboxes'] {
  let read: Parameters<FeedbackMetrics['onMailboxes']>[0] = () => [];
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

function registerEventQueues(registers: Registry[]): FeedbackMetrics['onEventQueues'] {
  let read: Parameters<FeedbackMetrics['onEventQueues']>[0] = () => [];
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
