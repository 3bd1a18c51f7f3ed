/** The worker of notifications, from the configuration. */

import { createGuardedFetch } from '../../base/net/guarded-fetch.ts';
import type { Metrics } from '../../base/observe/metrics.ts';
import type { Reserve } from '../../db/datadir/reserve.ts';
import { createNotifying } from '../../manage/notifying.ts';
import type { Accept } from '../../message/intake/accept.ts';
import { createChannels } from '../../notify/channels/post.ts';
import { createWorkDue } from '../../notify/due.ts';
import { createNotifyWorker, type NotifyWorker } from '../../notify/notify.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import type { Ground, Stations } from './stations.ts';

/** Beyond the time that a post may take: only a crash or a fault lets a lease end. */
const LEASE_MARGIN_MS = 5 * 60_000;

type NotifyGround = Ground &
  Pick<Stations, 'directory' | 'linkTokens' | 'templateEngine'> &
  Pick<Accept, 'draw' | 'write' | 'taken' | 'filesAllowed'> & {
    readonly baseUrl: () => string;
    readonly isPublic: () => boolean;
    readonly metrics: Metrics;
    readonly reserve: Reserve;
  };

export function createNotifyPart(ground: NotifyGround, config: LiveConfig): NotifyWorker {
  const { store, clock, newId, log, metrics, reserve, directory, templateEngine } = ground;
  metrics.onNotificationsPending(() => store.notifications.pending());
  const net = config.options(({ webhooks }) => ({ fetch: createGuardedFetch({}, webhooks) }));
  const channels = createChannels(
    { store, clock, templateEngine, fetch: (url, request) => net.fetch(url, request) },
    config.options(({ webhooks }) => ({ timeoutMs: webhooks.timeoutSeconds * 1_000 })),
  );
  const { people, planner, typeOf } = createNotifying(ground);
  return createNotifyWorker(
    {
      ...{ store, clock, log, metrics, reserve },
      work: createWorkDue({ store, people, planner, channels, typeOf, clock, filesAllowed: ground.filesAllowed }),
      tenantOf: directory.byId,
      ...{ write: ground.write, taken: ground.taken },
      ...{ random: Math.random, owner: newId() },
    },
    config.options(({ webhooks }) => ({ retry: webhooks, leaseMs: webhooks.timeoutSeconds * 1_000 + LEASE_MARGIN_MS })),
  );
}
