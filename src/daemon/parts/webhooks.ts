/** Webhooks, from the configuration: the desk that endpoints are kept at, and the worker that posts to them. */

import { createGuardedFetch, createUrlCheck } from '../../base/net/guarded-fetch.ts';
import type { Metrics } from '../../base/observe/metrics.ts';
import type { Reserve } from '../../db/datadir/reserve.ts';
import type { Audit } from '../../manage/audit/audit.ts';
import { createWebhookDesk, type WebhookDesk } from '../../manage/webhooks.ts';
import { createPost, type Post } from '../../webhooks/post.ts';
import { createWebhooks, type Webhooks } from '../../webhooks/webhooks.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import type { Ground } from './stations.ts';

/** Beyond the time that a post may take: only a crash or a fault lets a lease end. */
const LEASE_MARGIN_MS = 5 * 60_000;

type DeskGround = Omit<Ground, 'log'> & { readonly audit: Audit };

/** For a command: a daemon, if there is one, sees the commit. */
export function createDesk(ground: DeskGround, config: LiveConfig): WebhookDesk {
  return deskWith(ground, { config, post: postWith(ground, config), wake: () => undefined });
}

export function createWebhookPart(
  ground: Ground & { readonly audit: Audit; readonly metrics: Metrics; readonly reserve: Reserve },
  config: LiveConfig,
): { readonly desk: WebhookDesk; readonly worker: Webhooks } {
  const { store, clock, newId, log, metrics, reserve } = ground;
  metrics.onWebhooksPending(() => store.webhooks.pending());
  const post = postWith(ground, config);
  const worker = createWebhooks(
    { store, post, clock, random: Math.random, owner: newId(), log, metrics, reserve },
    config.options(({ webhooks }) => ({ retry: webhooks, leaseMs: webhooks.timeoutSeconds * 1_000 + LEASE_MARGIN_MS })),
  );
  return { worker, desk: deskWith(ground, { config, post, wake: worker.wake }) };
}

function postWith({ vault, clock }: Pick<Ground, 'vault' | 'clock'>, config: LiveConfig): Post {
  const net = config.options(({ webhooks }) => ({ fetch: createGuardedFetch({}, webhooks) }));
  return createPost(
    { fetch: (url, request) => net.fetch(url, request), vault, clock },
    config.options(({ webhooks }) => ({ timeoutMs: webhooks.timeoutSeconds * 1_000 })),
  );
}

function deskWith(
  { store, vault, clock, newId, audit }: DeskGround,
  { config, post, wake }: { config: LiveConfig; post: Post; wake: () => void },
): WebhookDesk {
  const urls = config.options(({ webhooks }) => ({
    refusalOf: createUrlCheck(webhooks),
    allowNetworks: webhooks.allowNetworks,
  }));
  return createWebhookDesk({
    ...{ store, audit, vault, post, clock, newId, wake },
    refusalOf: (url) => urls.refusalOf(url),
    allowNetworks: () => urls.allowNetworks,
  });
}
