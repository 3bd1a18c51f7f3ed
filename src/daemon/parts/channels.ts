/** Channels that are posted to, from the configuration: the same networks and the same time as webhooks. */

import { createGuardedFetch } from '../../base/net/guarded-fetch.ts';
import { type Channels, createChannels } from '../../notify/channels/post.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import type { Ground, Stations } from './stations.ts';

export function createChannelPart(
  ground: Pick<Ground, 'store' | 'clock'> & Pick<Stations, 'templateEngine'>,
  config: LiveConfig,
): Channels {
  const net = config.options(({ webhooks }) => ({ fetch: createGuardedFetch({}, webhooks) }));
  return createChannels(
    { ...ground, fetch: (url, request) => net.fetch(url, request) },
    config.options(({ webhooks }) => ({ timeoutMs: webhooks.timeoutSeconds * 1_000 })),
  );
}
