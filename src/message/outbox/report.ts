/** Tells the log and the metrics what came of a claim: one wide line for each attempt. */

import type { Log } from '../../base/observe/log.ts';
import type { Metrics } from '../../base/observe/metrics.ts';
import type { Trace } from '../../base/observe/trace.ts';
import type { Job } from '../../core/message.ts';
import { openStatuses } from '../../core/message.ts';
import type { AttemptReport, Failover } from '../../core/outcome.ts';
import { readTraceparent } from '../../core/traceparent.ts';
import type { Settlement } from '../../db/verbs/outbox.ts';
import { worstOf } from './attempt-record.ts';

export interface ReportDeps {
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'messageStatus' | 'messageDuration' | 'providerError' | 'failover' | 'attempt'>;
  readonly trace?: Trace | undefined;
}

export function report(
  { log, metrics, trace }: ReportDeps,
  ended: {
    readonly job: Job;
    readonly settlement: Settlement;
    readonly reports: readonly AttemptReport[];
    readonly failovers: readonly Failover[];
  },
): void {
  const { job, settlement, reports, failovers } = ended;
  const { message } = job;
  const { tenantId } = message;
  const provider = reports.at(-1)?.provider ?? '';
  const { status, sentAt, dueAt } = settlement;
  const line = { messageId: message.id, tenantId, status, ...(dueAt !== undefined && { nextAttemptAt: dueAt }) };

  const traceId = readTraceparent(message.traceparent)?.traceId;
  const traced = traceId === undefined ? undefined : { traceId };

  for (const { provider: name, startedAt, endedAt, outcomes } of reports) {
    const worst = worstOf([...outcomes.values()]);
    const outcome = worst?.kind ?? 'delivered';
    if (name !== '') {
      if (outcome !== 'delivered') metrics.providerError({ provider: name, type: outcome });
      metrics.attempt((endedAt - startedAt) / 1000, { provider: name, outcome });
    }
    const attempt = { provider: name, attempt: job.attempts + 1, outcome, durationMs: endedAt - startedAt };
    log.info({ ...line, ...traced, ...attempt, recipients: outcomes.size, reply: worst?.reply.text }, 'attempt');
    if (traced !== undefined) {
      trace?.record({
        ...{ name: 'attempt', kind: 'client', parent: message.traceparent, startedAt, endedAt },
        facts: {
          ...{ 'iep.message_id': message.id, 'iep.tenant_id': tenantId, 'iep.provider': name, 'iep.outcome': outcome },
          ...{ 'iep.attempt': job.attempts + 1, 'iep.recipients': outcomes.size },
        },
        ...(outcome !== 'delivered' && { failure: outcome }),
      });
    }
  }
  for (const { from, to, outcome, reply } of failovers) {
    metrics.failover({ from, to });
    log.warn({ ...line, from, to, outcome, reply }, 'failover');
  }
  if (reports.length === 0 && dueAt === undefined)
    log.info({ ...line, reason: settlement.lastError }, 'ended without an attempt');

  if (!openStatuses.includes(status)) metrics.messageStatus({ status, tenant: tenantId, provider });
  const isFirst = !job.settled?.some((one) => one === 'sent' || one === 'delivered');
  if (sentAt !== undefined && isFirst) {
    // What waited for its own time was not late.
    const dueAt = Math.max(message.createdAt, message.scheduledAt ?? 0);
    metrics.messageDuration(Math.max(0, sentAt - dueAt) / 1_000);
  }
}
