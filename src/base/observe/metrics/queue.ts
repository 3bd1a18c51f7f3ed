/** The metrics of what waits in the store, and of the store itself. */

import { Gauge, Histogram } from 'prom-client';
import type { Clock } from '../../../core/clock.ts';
import type { Scrape } from './scrape.ts';

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

export interface QueueMetrics {
  /** The outbox took messages to send. */
  claimed(): void;
  /** Claims that failed one after the other until now; 0 when the last one worked. */
  claimFailures(worker: 'outbox' | 'webhooks' | 'notifications', inARow: number): void;
  commit(operations: number, seconds: number): void;
  /** The database was found to be damaged. */
  storeDamaged(): void;
  /** Asked at each scrape. A store that fails or is stuck leaves the gauge out, and is counted; the scrape goes on. */
  onQueueDepth(read: () => Promise<readonly QueueDepth[]>): void;
  /** Asked at each scrape, like the depth of the queue. */
  onDeadLetters(read: () => Promise<readonly DeadLetters[]>): void;
}

const SECONDS_OF_A_COMMIT = [0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2];
const OPERATIONS_OF_A_COMMIT = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

export function registerQueue({ registers, question }: Scrape, clock: Clock): QueueMetrics {
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
  const damaged = new Gauge({
    name: 'iep_store_damaged',
    help: '1 when the database was found to be damaged: nothing is accepted or sent',
    registers,
  });
  const depths = question<readonly QueueDepth[]>();
  new Gauge({
    name: 'iep_queue_depth',
    help: 'Messages that still owe work, by whether their own time has come',
    labelNames: ['lane', 'state'],
    registers,
    async collect() {
      this.reset();
      for (const { lane, due, scheduled } of (await depths.ask()) ?? []) {
        this.set({ lane, state: 'due' }, due);
        this.set({ lane, state: 'scheduled' }, scheduled);
      }
    },
  });
  new Gauge({
    name: 'iep_queue_overdue_seconds',
    help: 'How long the oldest message that could go has been due, of what is not paused',
    labelNames: ['lane'],
    registers,
    async collect() {
      this.reset();
      for (const { lane, overdueSeconds = 0 } of (await depths.ask()) ?? []) this.set({ lane }, overdueSeconds);
    },
  });
  const deadLetters = question<readonly DeadLetters[]>();
  new Gauge({
    name: 'iep_dead_letters',
    help: 'Dead letters: messages that are not tried again until somebody retries or deletes them',
    labelNames: ['tenant'],
    registers,
    async collect() {
      this.reset();
      for (const { tenant, count } of (await deadLetters.ask()) ?? []) this.set({ tenant }, count);
    },
  });
  return {
    claimed() {
      claimedAt = clock.now();
    },
    claimFailures: (worker, inARow) => claimFailures.set({ worker }, inARow),
    commit(operations, seconds) {
      commitOperations.observe(operations);
      commitSeconds.observe(seconds);
    },
    storeDamaged: () => damaged.set(1),
    onQueueDepth: depths.answeredBy,
    onDeadLetters: deadLetters.answeredBy,
  };
}
