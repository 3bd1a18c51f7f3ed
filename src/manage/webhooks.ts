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
import type { Store, StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { WebhookEndpoint, WebhookReplay } from '../db/verbs/webhooks.ts';
import { payloadOf } from '../webhooks/payload.ts';
import { type Post, type Posted, secretContext } from '../webhooks/post.ts';
import { newSecret } from '../webhooks/signing.ts';
import type { Audit } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';

type Owner = Pick<Tenant, 'id' | 'slug'>;
/** An endpoint by whose it is. */
interface Named {
  readonly tenant: Owner;
  readonly webhookId: string;
}

/** An endpoint, and its secret, which is shown this once. */
export interface NewEndpoint {
  readonly endpoint: WebhookEndpoint;
  readonly secret: string;
}

export interface WebhookDesk {
  add(
    caller: Caller,
    input: {
      readonly tenant: Owner;
      readonly url: string;
      readonly events: WebhookEndpoint['events'];
      readonly description?: string | undefined;
      /** Left out, one is made. */
      readonly secret?: string | undefined;
    },
  ): Promise<NewEndpoint>;
  /** Changes what is given. With another secret the old one signs too for a day. */
  set(
    caller: Caller,
    input: Named & {
      readonly url?: string | undefined;
      readonly events?: WebhookEndpoint['events'] | undefined;
      readonly description?: string | undefined;
      readonly active?: boolean | undefined;
      readonly secret?: string | undefined;
    },
  ): Promise<WebhookEndpoint>;
  /** Refuses with `not_found`, as all that follow. */
  remove(caller: Caller, input: Named): Promise<void>;
  /** The old secret signs too for `overlapMs`. */
  rotate(
    caller: Caller,
    input: Named & { readonly overlapMs: number; readonly secret?: string | undefined },
  ): Promise<NewEndpoint>;
  /** Posts a sample at once, as a real one is posted, whether the endpoint is on or off. */
  test(caller: Caller, input: Named): Promise<{ readonly posted: Posted; readonly body: string }>;
  replayOne(
    caller: Caller,
    input: Named & { readonly deliveryId: string },
  ): ReturnType<Store['webhooks']['replayDelivery']>;
  /** A part of the event log a call: ask again with the cursor until there is none. */
  replay(
    caller: Caller,
    input: Named & Omit<WebhookReplay, 'tenantId' | 'webhookId'> & { readonly dryRun: boolean },
    signal?: AbortSignal,
  ): Promise<{ readonly matched: number; readonly cursor?: string }>;
  /** Why a URL may not be an endpoint's; undefined when it may. What its name leads to is looked at when it is posted to. */
  refusalOf(url: string): string | undefined;
  /** Networks that are not public, and that a tenant's URLs may lead to all the same. */
  allowNetworks(): readonly string[];
}

export interface WebhookDeskDeps {
  readonly store: StorePart<
    | 'webhooks.add'
    | 'webhooks.set'
    | 'webhooks.remove'
    | 'webhooks.get'
    | 'webhooks.replayDelivery'
    | 'webhooks.replayable'
    | 'webhooks.replayEvents'
    | 'tenants.ownerOf'
  >;
  readonly audit: Pick<Audit, 'act'>;
  readonly vault: Vault;
  readonly post: Post;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly wake: () => void;
  readonly refusalOf: WebhookDesk['refusalOf'];
  readonly allowNetworks: WebhookDesk['allowNetworks'];
}

export const MAX_ENDPOINTS = 100;
/** How long the old secret signs too where `set` gives a new one. */
export const OVERLAP_MS = 24 * 3_600_000;
/** Deliveries made due in one commit. */
const REPLAYED_AT_ONCE = 200;
/** Tests under way; each holds a connection for as long as its endpoint likes to take. */
const MAX_TESTS = { atOnce: 100, ofOne: 10 };

export function createWebhookDesk(deps: WebhookDeskDeps): WebhookDesk {
  const { store, audit, vault, clock, newId, wake } = deps;
  const tests = createLimiter(MAX_TESTS);

  interface Ids {
    readonly tenantId: string;
    readonly webhookId: string;
  }

  function actOn<T>(
    caller: Caller,
    { action, tenant, webhookId }: Named & { action: string },
    work: (ids: Ids) => Promise<T>,
  ): Promise<T> {
    const act = { action, tenant: tenant.slug, target: webhookId };
    return audit.act(caller, act, () => work({ tenantId: tenant.id, webhookId }));
  }

  async function find(ids: Ids): Promise<WebhookEndpoint> {
    const endpoint = await store.webhooks.get(ids);
    if (endpoint === undefined) throw new IepError('not_found', 'No webhook has this id.');
    return endpoint;
  }

  async function rotate(
    ids: Ids,
    { overlapMs, secret }: { overlapMs: number; secret: string },
  ): Promise<WebhookEndpoint> {
    const now = clock.now();
    const before = await find(ids);
    return store.webhooks.set({
      ...ids,
      secret: vault.seal(secret, secretContext(before.id)),
      ...(overlapMs > 0 && { previous: { secret: before.secret, until: now + overlapMs } }),
      now,
    });
  }

  /** Of a message that is unknown "none" would sound as if nothing had happened to it. */
  async function requireMessage(tenantId: string, id: string): Promise<void> {
    if ((await store.tenants.ownerOf({ kind: 'message', id })) === tenantId) return;
    throw new IepError('not_found', `No message has the id ${id}`);
  }

  return {
    add: (caller, { tenant, url, events, description, secret = newSecret() }) =>
      audit.act(caller, { action: 'webhook.add', tenant: tenant.slug }, async (note) => {
        const id = newId();
        const endpoint = await store.webhooks.add({
          ...{ id, tenantId: tenant.id, url, events, secret: vault.seal(secret, secretContext(id)) },
          ...(description !== undefined && { description }),
          ...{ max: MAX_ENDPOINTS, now: clock.now() },
        });
        note({ target: id });
        wake();
        return { endpoint, secret };
      }),
    set: (caller, { tenant, webhookId, url, events, description, active, secret }) =>
      actOn(caller, { action: 'webhook.set', tenant, webhookId }, async (ids) => {
        const changed = await store.webhooks.set({
          ...ids,
          ...(url !== undefined && { url }),
          ...(events !== undefined && { events }),
          ...(description !== undefined && { description }),
          ...(active !== undefined && { active }),
          now: clock.now(),
        });
        wake();
        return secret === undefined ? changed : rotate(ids, { overlapMs: OVERLAP_MS, secret });
      }),
    remove: (caller, named) =>
      actOn(caller, { action: 'webhook.remove', ...named }, async (ids) => {
        const wasThere = await store.webhooks.remove(ids);
        wake();
        if (!wasThere) throw new IepError('not_found', 'No webhook has this id');
      }),
    rotate: (caller, { tenant, webhookId, overlapMs, secret = newSecret() }) =>
      actOn(caller, { action: 'webhook.rotate', tenant, webhookId }, async (ids) => ({
        endpoint: await rotate(ids, { overlapMs, secret }),
        secret,
      })),
    test: (caller, named) =>
      actOn(caller, { action: 'webhook.test', ...named }, async (ids) => {
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
      }),
    replayOne: (caller, { tenant, webhookId, deliveryId }) => {
      const act = { action: 'delivery.replay', tenant: tenant.slug, target: `${webhookId}/${deliveryId}` };
      return audit.act(caller, act, async () => {
        const delivery = await store.webhooks.replayDelivery({
          tenantId: tenant.id,
          webhookId,
          deliveryId,
          now: clock.now(),
        });
        wake();
        return delivery;
      });
    },
    replay: (caller, { tenant, webhookId, dryRun, ...what }, signal) =>
      actOn(caller, { action: 'webhook.replay', tenant, webhookId }, async (ids) => {
        const { missed, messageId } = what;
        if (messageId !== undefined) await requireMessage(ids.tenantId, messageId);
        const { positions, cursor } = await store.webhooks.replayable({ ...what, ...ids }, signal);
        const next = cursor !== undefined && { cursor };
        if (dryRun) return { matched: positions.length, ...next };
        const isWhole = what.from === undefined && what.until === undefined && messageId === undefined;
        let matched = 0;
        for (let start = 0; start === 0 || start < positions.length; start += REPLAYED_AT_ONCE) {
          const some = positions.slice(start, start + REPLAYED_AT_ONCE);
          const isLast = cursor === undefined && start + REPLAYED_AT_ONCE >= positions.length;
          const isAllMissed = missed && isWhole && isLast;
          matched += await store.webhooks.replayEvents(
            { ...ids, positions: some, missed, isAllMissed, now: clock.now() },
            signal,
          );
          wake();
        }
        return { matched, ...next };
      }),
    refusalOf: deps.refusalOf,
    allowNetworks: deps.allowNetworks,
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
