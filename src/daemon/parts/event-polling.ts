/** Fetches what vendors tell, out of the queues that providers name, as providers come and go. */

import { reasonOf } from '../../base/net/reason.ts';
import type { Metrics } from '../../base/observe/metrics.ts';
import type { VendorReports } from '../../manage/vendor-reports.ts';
import type { WaysOut } from '../../message/delivery/ways-out.ts';
import { pollQueue, type QueuePolling } from '../../message/feedback/poll-queue.ts';
import type { Provider } from '../../message/providers/provider.ts';
import type { Ground } from './stations.ts';

export interface EventPolling {
  /** Begins with the queues of providers that came, and ends with those of providers that are gone. */
  follow(): void;
  /** Resolves when nothing that was fetched is under way any more. */
  stop(): Promise<void>;
}

export function createEventPolling(
  deps: Pick<Ground, 'store' | 'clock' | 'log'> & {
    readonly metrics: Metrics;
    readonly ways: Pick<WaysOut, 'all'>;
    readonly vendorReports: Pick<VendorReports, 'queue' | 'queueEnded' | 'queues'>;
  },
): EventPolling {
  const { log, ways, vendorReports, metrics } = deps;
  metrics.onEventQueues(vendorReports.queues);
  const polled = new Map<Provider, QueuePolling>();
  const ending = new Set<Promise<void>>();
  let isStopping = false;

  const begin = ({ name, formerNames, queue }: Provider): QueuePolling | undefined => {
    if (!queue) return undefined;
    const { where } = queue;
    const line = { provider: name, queue: where };
    vendorReports.queue(name, { where });
    return pollQueue(
      {
        ...deps,
        onFailed(error, waitMs, inARow) {
          const problem = reasonOf(error);
          vendorReports.queue(name, { where, problem });
          const said = { ...line, reason: problem, waitMs };
          if (inARow === 1) log.warn(said, 'the queue of events cannot be read; they wait there');
          else log.debug(said, 'the queue of events still cannot be read');
        },
        onBack() {
          vendorReports.queue(name, { where });
          log.info(line, 'the queue of events is read again');
        },
      },
      { name, queue, ...(formerNames && { formerNames }) },
    );
  };

  const end = (provider: Provider) => {
    const polling = polled.get(provider);
    polled.delete(provider);
    vendorReports.queueEnded(provider.name);
    if (!polling) return;
    const ended: Promise<void> = polling.stop().finally(() => ending.delete(ended));
    ending.add(ended);
  };

  return {
    follow() {
      if (isStopping) return;
      const providers = new Set(ways.all().map(({ provider }) => provider));
      for (const provider of polled.keys()) if (!providers.has(provider)) end(provider);
      for (const provider of providers) {
        const polling = polled.has(provider) ? undefined : begin(provider);
        if (polling) polled.set(provider, polling);
      }
    },
    async stop() {
      isStopping = true;
      for (const provider of [...polled.keys()]) end(provider);
      await Promise.all(ending);
    },
  };
}
