/** The metrics of messages: accepted, tried, ended. */

import { Counter, Histogram, type Registry } from 'prom-client';

export interface MessageMetrics {
  /** A message reached a status. `tenant` is its id; `provider` is empty before one was chosen. */
  messageStatus(labels: { status: string; tenant: string; provider: string }): void;
  /** From acceptance, or the time it was scheduled for, to the first accepted recipient. */
  messageDuration(seconds: number): void;
  providerError(labels: { provider: string; type: string }): void;
  failover(labels: { from: string; to: string }): void;
  /** One attempt at one provider, from handing over to its answer. */
  attempt(seconds: number, labels: { provider: string; outcome: string }): void;
  rateLimitHit(tenant: string): void;
  /** An event of a caller: it sent mail, it did not, it came before, or it was refused. */
  callerEvent(outcome: 'triggered' | 'ignored' | 'duplicate' | 'refused'): void;
  /** A message was read for somebody who looks at it: `done`, `failed` (it takes too long, or goes beyond the limits) or `busy`. */
  mailRead(outcome: 'done' | 'failed' | 'busy'): void;
  /** From the submission being whole to the commit being on disk. */
  acceptLatency(seconds: number, door: string): void;
}

const SECONDS_OF_A_MESSAGE = [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 900, 3600, 14_400, 86_400];
const SECONDS_OF_AN_ATTEMPT = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const SECONDS_OF_AN_ACCEPT = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30];

export function registerMessages(registers: Registry[]): MessageMetrics {
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
  const rateLimitHits = new Counter({
    name: 'iep_rate_limit_hits_total',
    help: 'Submissions refused because a tenant is over its limit',
    labelNames: ['tenant'],
    registers,
  });
  const callerEvents = new Counter({
    name: 'iep_caller_events_total',
    help: 'Events of callers, by what came of them',
    labelNames: ['outcome'],
    registers,
  });
  const mailReads = new Counter({
    name: 'iep_mail_reads_total',
    help: 'Messages read for somebody who looks at them',
    labelNames: ['outcome'],
    registers,
  });
  const accepts = new Histogram({
    name: 'iep_accept_duration_seconds',
    help: 'From the submission being whole to the commit being on disk',
    labelNames: ['door'],
    buckets: SECONDS_OF_AN_ACCEPT,
    registers,
  });
  return {
    messageStatus: (labels) => messages.inc(labels),
    messageDuration: (seconds) => duration.observe(seconds),
    providerError: (labels) => providerErrors.inc(labels),
    failover: (labels) => failovers.inc(labels),
    attempt: (seconds, labels) => attempts.observe(labels, seconds),
    rateLimitHit: (tenant) => rateLimitHits.inc({ tenant }),
    callerEvent: (outcome) => callerEvents.inc({ outcome }),
    mailRead: (outcome) => mailReads.inc({ outcome }),
    acceptLatency: (seconds, door) => accepts.observe({ door }, seconds),
  };
}
