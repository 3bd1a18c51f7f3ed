/** Metrics that count nothing: for a process that nobody scrapes, such as one command, which should not pay for them. */

import type { Metrics } from './metrics.ts';

const nothing = () => undefined;

export const noMetrics: Metrics = {
  contentType: 'text/plain',
  messageStatus: nothing,
  messageDuration: nothing,
  providerError: nothing,
  failover: nothing,
  attempt: nothing,
  claimed: nothing,
  claimFailures: nothing,
  rateLimitHit: nothing,
  feedbackEvent: nothing,
  hit: nothing,
  hitsDropped: nothing,
  callbackRefused: () => undefined,
  onEventQueues: () => undefined,
  callerEvent: nothing,
  feedbackUnmatched: nothing,
  rateAlert: nothing,
  onTenantRates: nothing,
  chore: nothing,
  choreSucceeded: nothing,
  acceptLatency: nothing,
  commit: nothing,
  storeDamaged: nothing,
  onQueueDepth: nothing,
  onDeadLetters: nothing,
  onProviders: nothing,
  onMailboxes: nothing,
  natsRequest: nothing,
  onNats: nothing,
  onLogDropped: nothing,
  mailRead: nothing,
  webhookDelivery: nothing,
  webhookDuration: nothing,
  onWebhooksPending: nothing,
  render: async () => '',
  close: nothing,
};
