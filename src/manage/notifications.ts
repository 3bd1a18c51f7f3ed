/** Notifications: asked for, looked at, acknowledged, cancelled. */

import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { isId } from '../core/ids.ts';
import { invalid } from '../core/invalid.ts';
import { readMailbox } from '../core/mailbox-list.ts';
import type { Attachment, Json, Lane, Submission } from '../core/message.ts';
import type { NotificationTarget, NotificationTypeSpec } from '../core/notification.ts';
import { type NotificationStatus, type RecipientRef, readRecipient } from '../core/notification-delivery.ts';
import type {
  ListedNotification,
  NewDelivery,
  NotificationDelivery,
  NotificationFilter,
} from '../db/verbs/notifications.ts';
import type { Page } from '../db/verbs/page.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Accept } from '../message/intake/accept.ts';
import type { NotificationContent } from '../notify/content.ts';
import { hashRequest, type NotificationRequest, type PlannedNotification } from '../notify/notifier.ts';
import { absentTarget } from '../notify/party.ts';
import { decided } from '../notify/planner.ts';
import { type Audit, entryOf } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';
import { ACKNOWLEDGE, createNotifying, type Notifying, type NotifyingDeps } from './notifying.ts';

/** A notification as a caller asks for it. */
export interface Notify {
  /** Name of its type. */
  readonly type: string;
  readonly to: readonly NotificationTarget[];
  readonly data: { readonly [name: string]: Json };
  readonly actor?: Json | undefined;
  readonly priority?: Lane | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly attachments?: readonly Attachment[] | undefined;
  readonly door: Submission['door'];
  /** Where no type of that name is stored. */
  readonly plainType?: NotificationTypeSpec | undefined;
  readonly more?: Pick<NotificationContent, 'mail' | 'provider' | 'asked'> | undefined;
}

export interface NotifiedDelivery {
  readonly recipient: RecipientRef;
  readonly channel: string;
  readonly status: NotificationStatus;
  readonly reason?: string | undefined;
  readonly until?: number | undefined;
}

export interface Notified {
  readonly notificationId: string;
  /** Of a topic with many people, those who were decided about at once. */
  readonly deliveries: readonly NotifiedDelivery[];
}

type Owner = Pick<Tenant, 'id' | 'slug'>;
interface Named {
  readonly tenant: Owner;
  readonly id: string;
}

export interface NotificationDesk {
  /** Refuses with `invalid_request` where it names what is not there, what no mail may carry, and with `idempotency_key_reused`. */
  notify(tenant: Tenant, input: Notify): Promise<Notified>;
  /** Of all tenants where none is named. */
  list(
    tenant: Owner | undefined,
    page: { readonly filter: NotificationFilter; readonly limit: number; readonly cursor?: string },
    signal?: AbortSignal,
  ): Promise<Page<ListedNotification>>;
  /** Refuses with `not_found`. */
  get(
    input: Named,
  ): Promise<{ readonly notification: ListedNotification; readonly deliveries: readonly NotificationDelivery[] }>;
  /** All of one, in the order in which they were made. Refuses with `not_found`. */
  deliveries(
    input: Named & { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<Page<NotificationDelivery>>;
  /** False: somebody has already. */
  acknowledge(input: Named & { readonly by: string }): Promise<boolean>;
  /** By who has its link. */
  acknowledgeByLink(caller: Caller, input: Named & { readonly by: string }): Promise<void>;
  /** What a link to acknowledge is about; undefined where it was not made here or its notification is gone. */
  ofToken(token: string): Promise<ListedNotification | undefined>;
  /** Cancels what is open, else deletes it. */
  remove(caller: Caller, input: Named): Promise<'cancelled' | 'deleted'>;
  /** For what makes notifications together with other changes. */
  readonly notifying: Notifying;
  /** They are stored. */
  made(tenant: Tenant, planned: readonly PlannedNotification[]): void;
}

export interface NotificationDeskDeps extends NotifyingDeps {
  readonly store: NotifyingDeps['store'] &
    StorePart<
      | 'notifications.byKey'
      | 'notifications.list'
      | 'notifications.get'
      | 'notifications.deliveries'
      | 'notifications.acknowledge'
      | 'notifications.cancel'
      | 'notifications.remove'
      | 'messages.cancel'
      | 'together'
    >;
  readonly audit: Pick<Audit, 'act' | 'record'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly taken: Accept['taken'];
  readonly checkFiles: Accept['checkFiles'];
  /** Something is due, now or then. */
  readonly wakeNotify: (at?: number) => void;
  readonly metrics: { notified(labels: { channel: string; status: string }): void };
}

/** Deliveries that are shown of one. */
const SHOWN = 1_000;

export function createNotificationDesk(deps: NotificationDeskDeps): NotificationDesk {
  const { store, audit, clock, metrics } = deps;
  const notifying = createNotifying(deps);

  async function requestOf(tenant: Tenant, input: Notify): Promise<NotificationRequest> {
    const { type: name, to, data, actor, priority, idempotencyKey, attachments = [], door, plainType } = input;
    await deps.checkFiles(tenant, { attachments });
    const stored = await notifying.typeOf(tenant.id, name);
    const type = stored ?? (plainType && { ...plainType, name });
    if (type === undefined) throw invalid([{ path: 'type', message: `no notification type is called ${name}` }]);
    const targets = to.map((target, at) => withAddress(target, `to.${at}`));
    for (const [at, target] of targets.entries()) await requireThere(tenant, target, `to.${at}`);
    return {
      ...{ type, to: targets, attachments },
      content: {
        ...{ data, door, ...input.more },
        ...(actor !== undefined && { actor }),
        ...(priority !== undefined && { lane: priority }),
        ...(stored === undefined && plainType !== undefined && { plainType }),
      },
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    };
  }

  async function requireThere(tenant: Owner, target: NotificationTarget, path: string): Promise<void> {
    const message = await absentTarget(notifying.people, tenant.id, target);
    if (message !== undefined) throw invalid([{ path: `${path}.${Object.keys(target).join('.')}`, message }]);
  }

  /** What the same key made before. */
  async function earlier(tenant: Owner, request: NotificationRequest): Promise<Notified | undefined> {
    const { idempotencyKey } = request;
    if (idempotencyKey === undefined) return undefined;
    const before = await store.notifications.byKey({ tenantId: tenant.id, idempotencyKey });
    if (before === undefined) return undefined;
    if (before.idempotencyHash !== (await hashRequest(request, notifying.bytesOf))) {
      throw new IepError('idempotency_key_reused', `The key belongs to notification ${before.id}`, {
        extra: { notificationId: before.id },
      });
    }
    const { items } = await store.notifications.deliveries({ tenantId: tenant.id, id: before.id, limit: SHOWN });
    return {
      notificationId: before.id,
      deliveries: items.map((one) => ({ ...one, recipient: readRecipient(one.recipient) })),
    };
  }

  function made(tenant: Tenant, planned: readonly PlannedNotification[]): void {
    const messages = planned.flatMap((one) => one.messages);
    if (messages.length > 0) deps.taken(tenant, messages);
    for (const { channel, status } of planned.flatMap(({ deliveries }) => deliveries.map(notifiedOf))) {
      metrics.notified({ channel, status });
    }
    deps.wakeNotify();
  }

  async function acknowledge({ tenant, id, by }: Named & { readonly by: string }): Promise<boolean> {
    if (!isId(id)) throw noSuch();
    return store.notifications.acknowledge({ tenantId: tenant.id, id, by, now: clock.now() });
  }

  return {
    ...{ notifying, made, acknowledge },
    async notify(tenant, input) {
      if (!tenant.active) throw new IepError('tenant_inactive');
      const request = await requestOf(tenant, input);
      return decided(async () => {
        const before = await earlier(tenant, request);
        if (before !== undefined) return before;
        const planned = await notifying.notifier.plan(tenant, request);
        await store.together(planned.writes);
        made(tenant, [planned]);
        return { notificationId: planned.id, deliveries: planned.deliveries.map(notifiedOf) };
      });
    },
    list: (tenant, { filter, limit, cursor }, signal) =>
      store.notifications.list(
        { ...(tenant && { tenantId: tenant.id }), filter, limit, ...(cursor !== undefined && { cursor }) },
        signal,
      ),
    async get({ tenant, id }) {
      const notification = isId(id) ? await store.notifications.get({ tenantId: tenant.id, id }) : undefined;
      if (notification === undefined) throw noSuch();
      const { items } = await store.notifications.deliveries({ tenantId: tenant.id, id, limit: SHOWN });
      return { notification, deliveries: items };
    },
    async deliveries({ tenant, id, limit, cursor }) {
      if (!isId(id)) throw noSuch();
      return store.notifications.deliveries({
        tenantId: tenant.id,
        id,
        limit,
        ...(cursor !== undefined && { cursor }),
      });
    },
    async acknowledgeByLink(caller, input) {
      if (!(await acknowledge(input))) return;
      const { tenant, id } = input;
      const action = { action: 'notification.acknowledge', outcome: 'done', tenant: tenant.slug, target: id };
      await audit.record(entryOf(caller, action));
    },
    async ofToken(token) {
      const read = await deps.linkTokens.reader();
      const [tenantId, id] = read(ACKNOWLEDGE, token) ?? [];
      return tenantId === undefined || id === undefined ? undefined : store.notifications.get({ tenantId, id });
    },
    remove: (caller, { tenant, id }) =>
      audit.act(caller, { action: 'notification.remove', tenant: tenant.slug, target: id }, async () => {
        if (!isId(id)) throw noSuch();
        const { cancelled, messageIds } = await store.notifications.cancel({
          tenantId: tenant.id,
          id,
          now: clock.now(),
        });
        for (const messageId of messageIds) await cancelMail(tenant, messageId);
        if (cancelled + messageIds.length > 0) return 'cancelled';
        await store.notifications.remove({ tenantId: tenant.id, id });
        return 'deleted';
      }),
  };

  /** What is under way goes on. */
  async function cancelMail({ id: tenantId }: Owner, messageId: string): Promise<void> {
    try {
      await store.messages.cancel({ tenantId, messageId, now: clock.now() });
    } catch (error) {
      if (!(error instanceof IepError) || error.refusal.status >= 500) throw error;
    }
  }
}

function withAddress(target: NotificationTarget, path: string): NotificationTarget {
  if (!('email' in target)) return target;
  const email = readMailbox(target.email)?.email;
  if (email === undefined)
    throw invalid([{ path: `${path}.email`, message: 'must be an address such as "user@example.com"' }]);
  return { email };
}

function noSuch(): IepError {
  return new IepError('not_found', 'No notification has this id.');
}

function notifiedOf({ recipient, channel, verdict }: NewDelivery): NotifiedDelivery {
  const common = { recipient: readRecipient(recipient), channel };
  if (verdict.kind === 'now') return { ...common, status: 'pending' };
  const { kind: status, reason } = verdict;
  return { ...common, status, reason, ...(verdict.kind === 'held' && { until: verdict.until }) };
}
