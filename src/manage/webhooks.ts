/**
 * Endpoints as their owners handle them: made with a secret that is shown once, rotated with an overlap, tried out, and
 * their deliveries sent again.
 */

import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { NewId } from '../core/ids.ts';
import { createLimiter } from '../core/limiter.ts';
import type { EventType } from '../core/message.ts';
import type { Vault } from '../core/vault.ts';
import type { Store } from '../db/verbs/store.ts';
import type { WebhookEndpoint, WebhookReplay } from '../db/verbs/webhooks.ts';
import { payloadOf } from '../webhooks/payload.ts';
import { type Post, type Posted, secretContext } from '../webhooks/post.ts';
import { newSecret } from '../webhooks/signing.ts';

export interface WebhookDesk {
  add(input: {
    tenantId: string;
    url: string;
    events: WebhookEndpoint['events'];
    description?: string;
    secret?: string;
  }): Promise<{ readonly endpoint: WebhookEndpoint; readonly secret: string }>;
  set(input: Omit<Parameters<Store['setWebhook']>[0], 'secret' | 'previous' | 'now'>): Promise<WebhookEndpoint>;
  remove(input: { tenantId: string; webhookId: string }): Promise<boolean>;
  /** The old secret signs too for `overlapMs`. */
  rotate(input: {
    tenantId: string;
    webhookId: string;
    overlapMs: number;
    secret?: string;
  }): Promise<{ readonly endpoint: WebhookEndpoint; readonly secret: string }>;
  /** Posts a sample at once, as a real one is posted, whether the endpoint is on or off. */
  test(input: { tenantId: string; webhookId: string }): Promise<{ readonly posted: Posted; readonly body: string }>;
  replayOne(input: Omit<Parameters<Store['replayDelivery']>[0], 'now'>): ReturnType<Store['replayDelivery']>;
  /** A part of the event log a call: ask again with the cursor until there is none. */
  replay(
    input: WebhookReplay & { readonly dryRun: boolean },
    signal?: AbortSignal,
  ): Promise<{ readonly matched: number; readonly cursor?: string }>;
  /** Why a URL may not be an endpoint's; undefined when it may. What its name leads to is looked at when it is posted to. */
  refusalOf(url: string): string | undefined;
}

export interface WebhookDeskDeps {
  readonly store: Pick<
    Store,
    'addWebhook' | 'setWebhook' | 'removeWebhook' | 'webhook' | 'replayDelivery' | 'replayable' | 'replayEvents'
  >;
  readonly vault: Vault;
  readonly post: Post;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly wake: () => void;
  readonly refusalOf: WebhookDesk['refusalOf'];
}

const MAX_ENDPOINTS = 100;
/** Deliveries made due in one commit. */
const REPLAYED_AT_ONCE = 200;
/** Tests under way; each holds a connection for as long as its endpoint likes to take. */
const MAX_TESTS = { atOnce: 100, ofOne: 10 };

export function createWebhookDesk(deps: WebhookDeskDeps): WebhookDesk {
  const { store, vault, clock, newId, wake } = deps;
  const tests = createLimiter(MAX_TESTS);

  async function find(ids: { tenantId: string; webhookId: string }): Promise<WebhookEndpoint> {
    const endpoint = await store.webhook(ids);
    if (endpoint === undefined) throw new IepError('not_found', 'There is no such webhook.');
    return endpoint;
  }

  return {
    async add({ secret = newSecret(), ...input }) {
      const id = newId();
      const sealed = vault.seal(secret, secretContext(id));
      const endpoint = await store.addWebhook({ ...input, id, secret: sealed, max: MAX_ENDPOINTS, now: clock.now() });
      wake();
      return { endpoint, secret };
    },
    async set(input) {
      const endpoint = await store.setWebhook({ ...input, now: clock.now() });
      wake();
      return endpoint;
    },
    async remove(input) {
      const wasThere = await store.removeWebhook(input);
      wake();
      return wasThere;
    },
    async rotate({ overlapMs, secret = newSecret(), ...ids }) {
      const now = clock.now();
      const before = await find(ids);
      const endpoint = await store.setWebhook({
        ...ids,
        secret: vault.seal(secret, secretContext(before.id)),
        ...(overlapMs > 0 && { previous: { secret: before.secret, until: now + overlapMs } }),
        now,
      });
      return { endpoint, secret };
    },
    async test(ids) {
      const endpoint = await find(ids);
      const leave = tests.take(ids.tenantId);
      if (leave === undefined) {
        throw new IepError('rate_limited', 'Too many webhooks are being tested', { retryAfterMs: 5_000 });
      }
      try {
        const body = payloadOf(sample(endpoint, { messageId: newId(), at: clock.now() }));
        return { posted: await deps.post({ endpoint, id: newId(), body }), body };
      } finally {
        leave();
      }
    },
    async replayOne(input) {
      const delivery = await store.replayDelivery({ ...input, now: clock.now() });
      wake();
      return delivery;
    },
    async replay({ dryRun, ...input }, signal) {
      const { tenantId, webhookId, missed } = input;
      const { positions, cursor } = await store.replayable(input, signal);
      const next = cursor !== undefined && { cursor };
      if (dryRun) return { matched: positions.length, ...next };
      const isWhole = input.from === undefined && input.until === undefined && input.messageId === undefined;
      let matched = 0;
      for (let start = 0; start === 0 || start < positions.length; start += REPLAYED_AT_ONCE) {
        const some = positions.slice(start, start + REPLAYED_AT_ONCE);
        const isLast = cursor === undefined && start + REPLAYED_AT_ONCE >= positions.length;
        const isAllMissed = missed && isWhole && isLast;
        matched += await store.replayEvents(
          { tenantId, webhookId, positions: some, missed, isAllMissed, now: clock.now() },
          signal,
        );
        wake();
      }
      return { matched, ...next };
    },
    refusalOf: deps.refusalOf,
  };
}

/** About a message that there never was, and it says so. */
function sample({ tenantId, events }: WebhookEndpoint, { messageId, at }: { messageId: string; at: number }) {
  const [first] = events;
  const type: EventType = first === undefined || first === '*' ? 'sent' : first;
  return {
    event: { position: '', tenantId, messageId, sequence: 1, type, at, data: { test: true } },
    to: ['test@example.com'],
    subject: 'A test of this webhook',
    provider: 'none',
    attempts: 1,
  };
}
