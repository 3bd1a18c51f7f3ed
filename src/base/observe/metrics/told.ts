/** The metrics of who is told: webhooks, people, subscribers over NATS. */

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Scrape } from './scrape.ts';

export interface ToldMetrics {
  /** A post to a webhook: `delivered`, `retrying`, `failed`, `cancelled`, `lost`; and `endpoint_off` when one is turned off. */
  webhookDelivery(outcome: string): void;
  webhookDuration(seconds: number): void;
  /** Asked at each scrape, like the depth of the queue. */
  onWebhooksPending(read: () => Promise<number>): void;
  /** A delivery of a notification, as it was decided when it was asked for. */
  notified(labels: { channel: string; status: string }): void;
  /** What was due of notifications, and what came of it. */
  notificationWork(kind: string, outcome: string): void;
  /** Asked at each scrape, like the depth of the queue. */
  onNotificationsPending(read: () => Promise<number>): void;
  /** A request over NATS: `done`, `refused`, `failed`, or `busy` where too many waited. */
  natsRequest(labels: { subject: string; outcome: string }): void;
  /** Events that were told over NATS. */
  natsEvents(count: number): void;
  /** Asked at each scrape: whether the door is connected; undefined where it is off. */
  onNats(read: () => boolean | undefined): void;
}

const SECONDS_OF_A_WEBHOOK = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30];

export function registerTold(scrape: Scrape): ToldMetrics {
  const { registers } = scrape;
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
  return {
    ...registerNats(registers),
    webhookDelivery: (outcome) => deliveries.inc({ outcome }),
    webhookDuration: (seconds) => duration.observe(seconds),
    onWebhooksPending: registerPending(scrape, 'iep_webhooks_pending', 'Webhook deliveries that still owe work'),
    notified: (labels) => notified.inc(labels),
    notificationWork: (kind, outcome) => notificationWork.inc({ kind, outcome }),
    onNotificationsPending: registerPending(
      scrape,
      'iep_notifications_pending',
      'What waits of notifications: deliveries, digests, steps',
    ),
  };
}

function registerPending({ registers, question }: Scrape, name: string, help: string) {
  const pending = question<number>();
  new Gauge({
    name,
    help,
    registers,
    async collect() {
      const count = await pending.ask();
      if (count !== undefined) this.set(count);
    },
  });
  return pending.answeredBy;
}

function registerNats(registers: Registry[]): Pick<ToldMetrics, 'natsRequest' | 'natsEvents' | 'onNats'> {
  let read: Parameters<ToldMetrics['onNats']>[0] = () => undefined;
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
