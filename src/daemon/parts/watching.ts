/** What others watch the daemon by: what the metrics ask the store, and traces where they are wanted. */

import { versions } from '../../base/embedded/version.ts';
import type { Log } from '../../base/observe/log.ts';
import type { QueueDepth } from '../../base/observe/metrics/queue.ts';
import type { Metrics } from '../../base/observe/metrics.ts';
import type { Trace } from '../../base/observe/trace.ts';
import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import { lanes } from '../../core/message.ts';
import type { QueueRow } from '../../db/verbs/outbox.ts';
import type { StorePart } from '../../db/verbs/store.ts';

/** Asked whenever somebody reads the metrics. */
export function watchStore(
  metrics: Pick<Metrics, 'onQueueDepth' | 'onDeadLetters' | 'onTenantRates'>,
  {
    store,
    clock,
  }: {
    readonly store: StorePart<'outbox.queue' | 'messages.deadLetters' | 'tallies.rates'>;
    readonly clock: Pick<Clock, 'now'>;
  },
): void {
  metrics.onQueueDepth(async () => queueDepths(await store.outbox.queue({ now: clock.now() }), clock.now()));
  metrics.onDeadLetters(async () =>
    (await store.messages.deadLetters()).map(({ tenantId, count }) => ({ tenant: tenantId, count })),
  );
  metrics.onTenantRates(async () =>
    (await store.tallies.rates({ now: clock.now() })).flatMap(({ tenantId, rates }) =>
      rates.map((one) => ({ tenant: tenantId, ...one })),
    ),
  );
}

function queueDepths({ paused, rows }: { paused: boolean; rows: readonly QueueRow[] }, now: number) {
  return lanes.map((lane): QueueDepth => {
    const waiting = rows.filter((row) => row.lane === lane);
    const dueSince = waiting.filter((row) => row.due > 0 && !row.paused && !paused).map((row) => row.nextDueAt);
    return {
      lane,
      due: waiting.reduce((sum, row) => sum + row.waiting - row.scheduled, 0),
      scheduled: waiting.reduce((sum, row) => sum + row.scheduled, 0),
      overdueSeconds: dueSince.length === 0 ? 0 : Math.max(0, now - Math.min(...dueSince)) / 1000,
    };
  });
}

/** Undefined where the configuration asks for none; then nothing of it is loaded. */
export async function openTrace(
  deps: { readonly clock: Clock; readonly log: Log },
  tracing: Config['tracing'],
): Promise<Trace | undefined> {
  if (tracing === undefined) return undefined;
  const { createOtlpTrace } = await import('../../base/observe/otlp.ts');
  return createOtlpTrace({ ...deps, version: versions().version }, tracing);
}
