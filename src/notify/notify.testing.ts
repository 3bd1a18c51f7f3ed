/** For tests of this room: people, types and posts in memory over a real store, a real way in and a clock that is moved by hand. */

import { eventually } from '../../test/eventually.ts';
import { createManualClock, type ManualClock } from '../../test/manual-clock.ts';
import { openTestStore } from '../../test/store.ts';
import { createLog } from '../base/observe/log.ts';
import { createIds } from '../core/ids.ts';
import type { Json } from '../core/message.ts';
import type { EscalationPolicySpec, NotificationTarget, NotificationTypeSpec } from '../core/notification.ts';
import type { Store } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { createAccept } from '../message/intake/accept.ts';
import { createKnownTemplates } from '../message/intake/known-templates.ts';
import { defaultAcceptLimits } from '../message/intake/limits.ts';
import type { PostOutcome } from './channels/channel.ts';
import type { ChannelDelivery } from './channels/post.ts';
import type { ChannelSettings } from './channels/types.ts';
import { createWorkDue } from './due.ts';
import { createNotifier, type NotificationRequest, type Notifier } from './notifier.ts';
import { createNotifyWorker, type NotifyWorker } from './notify.ts';
import type { KnownPerson, People } from './party.ts';
import { createPlanner, decided } from './planner.ts';

/** A Monday noon. */
export const NOON = Date.parse('2026-06-01T12:00:00Z');
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export const hook = { type: 'webhook', url: 'https://hooks.example/in', secret: 'whsec_x' } as const;

export interface TestNotify {
  readonly store: Store;
  readonly clock: ManualClock;
  readonly tenant: Tenant;
  readonly people: Map<string, KnownPerson>;
  readonly topics: Map<string, readonly string[]>;
  readonly channels: Map<string, ChannelSettings>;
  readonly types: Map<string, NotificationTypeSpec>;
  readonly posts: ChannelDelivery[];
  readonly notifier: Notifier;
  readonly worker: NotifyWorker;
  /** What the next posts come to. */
  answer(outcome: (delivery: ChannelDelivery) => PostOutcome | Promise<PostOutcome>): void;
  /** Another daemon over the same store. */
  another(owner: string): NotifyWorker;
  notify(
    to: readonly NotificationTarget[],
    more?: {
      type?: string;
      data?: { readonly [name: string]: Json };
      escalation?: EscalationPolicySpec & { readonly name: string };
    } & Pick<Partial<NotificationRequest>, 'attachments'>,
  ): Promise<string>;
  /** Statuses of its deliveries, with reasons. */
  fates(id: string): Promise<readonly string[]>;
  /** Subjects of all mail, the oldest first. */
  mail(): Promise<readonly string[]>;
  /** Until nothing that is due waits. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export async function startNotify(): Promise<TestNotify> {
  const { store, close } = await openTestStore();
  const clock = createManualClock(NOON);
  const newId = createIds(clock);
  const settings = { defaultFrom: { email: 'noreply@acme.example' }, anySender: true };
  const tenant = await store.tenants.add({ id: newId(), slug: 'acme', name: 'acme', settings, now: clock.now() });
  const people = new Map<string, KnownPerson>();
  const topics = new Map<string, readonly string[]>();
  const channels = new Map<string, ChannelSettings>();
  const types = new Map<string, NotificationTypeSpec>();
  const posts: ChannelDelivery[] = [];
  let outcome: (delivery: ChannelDelivery) => PostOutcome | Promise<PostOutcome> = () => ({ kind: 'delivered' });
  const known: People = {
    of: async (_tenantId, ids) => ids.flatMap((id) => people.get(id) ?? []),
    async inTopic(_tenantId, topic, { limit, cursor = '0' }) {
      const ids = topics.get(topic);
      const end = Number(cursor) + limit;
      const items = ids?.slice(Number(cursor), end).flatMap((id) => people.get(id) ?? []);
      return items && { items, ...(end < (ids?.length ?? 0) && { cursor: String(end) }) };
    },
    channel: async (_tenantId, name) => channels.get(name),
  };
  const accept = createAccept(
    {
      ...{ store, clock, newId, providerNames: async () => [], senderOwners: async () => () => [] },
      blobs: { put: () => Promise.reject(new Error('no blob')), stream: () => Promise.reject(new Error('no blob')) },
      ...{ routing: {}, templates: createKnownTemplates({ store, clock }) },
    } as unknown as Parameters<typeof createAccept>[0],
    { ...defaultAcceptLimits, isPublic: true },
  );
  const planner = createPlanner({
    ...{ store, clock, draw: accept.draw, isPublic: () => true },
    acknowledgeUrl: async ({ notificationId }) => `https://mail.example/a/${notificationId}`,
  });
  const bytesOf = async ({ content }: { content: object }) =>
    'bytes' in content ? (content.bytes as Uint8Array) : new Uint8Array();
  const notifier = createNotifier({ people: known, planner, newId, clock, write: accept.write, bytesOf });
  const typeOf = async (_tenantId: string, name: string) => {
    const found = types.get(name);
    return found && { ...found, name };
  };
  const workerOf = (owner: string) =>
    createNotifyWorker(
      {
        ...{ store, clock, owner, random: () => 0.5, tenantOf: async () => (await store.tenants.list())[0] },
        ...{ write: accept.write, taken: accept.taken },
        work: createWorkDue({
          ...{ store, people: known, planner, typeOf, clock, filesAllowed: accept.filesAllowed },
          channels: {
            async post(delivery) {
              posts.push(delivery);
              return { outcome: await outcome(delivery), durationMs: 1, isAsked: true };
            },
          },
        }),
        log: createLog({ level: 'error', destination: { write: () => undefined }, showAddresses: false }),
        metrics: { notificationWork: () => undefined, claimFailures: () => undefined },
        reserve: { spend: async () => undefined, missing: () => undefined },
      },
      { retry: { scheduleSeconds: [60, 600], jitter: 0 }, leaseMs: 10 * MINUTE },
    );
  const worker = workerOf('n/1');
  await worker.start();

  const due = async () => {
    const request = {
      owner: 'looks/1',
      now: clock.now(),
      leaseMs: 1,
      limit: 1,
      maxPerTenant: 1_000,
      maxPerSlot: 1_000,
      maxDoubtful: 1_000,
    };
    const { jobs } = await store.notifications.claim(request);
    for (const { entry, fence } of jobs) await store.notifications.release({ entry, fence, dueAt: clock.now() });
    return jobs.length;
  };
  return {
    ...{ store, clock, tenant, people, topics, channels, types, posts, notifier, worker, another: workerOf },
    answer(next) {
      outcome = next;
    },
    async notify(to, { type = 'job.failed', data = { job: 'backup' }, ...more } = {}) {
      const named = await typeOf('', type);
      if (named === undefined) throw new Error(`no type ${type}`);
      const id = await decided(async () => {
        const planned = await notifier.plan(tenant, { type: named, to, content: { data, door: 'http' }, ...more });
        await store.together(planned.writes);
        return planned.id;
      });
      worker.wake();
      return id;
    },
    async fates(id) {
      const { items } = await store.notifications.deliveries({ tenantId: tenant.id, id, limit: 1_000 });
      return items.map(({ status, reason }) => (reason === undefined ? status : `${status} ${reason}`));
    },
    async mail() {
      const found = await store.messages.list({ tenantId: tenant.id, filter: {}, limit: 500 } as never);
      return (found as { items: readonly { subject: string }[] }).items.map(({ subject }) => subject).reverse();
    },
    async settled() {
      worker.wake();
      await eventually(async () => {
        await clock.advance(0);
        if (worker.inFlight() > 0 || (await due()) > 0) {
          worker.wake();
          throw new Error('something is due');
        }
      });
    },
    async close() {
      await worker.stop(1_000);
      await close();
    },
  };
}
