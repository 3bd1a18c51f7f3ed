/** For tests: the outbox over a real store and a real delivery, with two providers that answer as they are told. */

import { heardLog } from '../../../test/heard-log.ts';
import { messageOf } from '../../../test/jobs.ts';
import { createManualClock, quiet } from '../../../test/manual-clock.ts';
import { openTestStore } from '../../../test/store.ts';
import { createDirectory } from '../../access/directory.ts';
import { noMetrics } from '../../base/observe/no-metrics.ts';
import { createIds } from '../../core/ids.ts';
import type { Message } from '../../core/message.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { TenantSettings } from '../../core/tenant-settings.ts';
import type { Store } from '../../db/verbs/store.ts';
import type { Gather } from '../attachments/gather.ts';
import { createDelivery, type DeliveryDeps } from '../delivery/deliver.ts';
import type { Parcel, Provider, SendResult } from '../providers/provider.ts';
import type { Render } from '../render/render.ts';
import { createOutbox, type OutboxOptions } from './outbox.ts';
import { tenantPolicyOf } from './tenant-policy.ts';

export const reply = { text: '250 2.0.0 ok' };
export const delivered: Outcome = { kind: 'delivered', reply };
export const deferral: Outcome = { kind: 'deferred', reply: { text: '451 later' } };
export const unknown: Outcome = { kind: 'unknown', reply: { text: 'no answer' } };
export const unavailable: Outcome = { kind: 'unavailable', reply: { text: 'refused' } };
export const throttling: Outcome = { kind: 'throttled', reply: { text: '450 slow down' } };

export const MAX_AGE_MS = 432_000_000;
const breaker = { failureRate: 0.5, windowMs: 60_000, cooldownMs: 30_000, minimumAttempts: 10 };

const cleanups: (() => Promise<void>)[] = [];
/** In each file that sets one up: after each test. */
export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

export type Behaviour = (parcel: Parcel, signal: AbortSignal) => Outcome | Promise<Outcome>;

function provider(name: string, answer: Behaviour, concurrency = 4): Provider & { readonly sent: Parcel[] } {
  const sent: Parcel[] = [];
  return {
    name,
    type: 'fake',
    capabilities: { takes: 'either', wantsDkim: false, idempotent: false },
    concurrency,
    sent,
    async send(parcel, { broken: signal }): Promise<SendResult> {
      sent.push(parcel);
      const outcome = await answer(parcel, signal);
      return { outcomes: new Map(parcel.recipients.map(({ position }) => [position, outcome])) };
    },
    check: async () => ({ ok: true, detail: 'fine.' }),
    close: async () => undefined,
  };
}

/** Answers in turn, the last one for good. */
export const inTurn = (...outcomes: readonly Outcome[]): Behaviour => {
  let n = 0;
  return () => outcomes[Math.min(n++, outcomes.length - 1)] ?? delivered;
};

export interface Setting {
  readonly relay?: Behaviour;
  readonly spare?: Behaviour;
  readonly tenant?: TenantSettings;
  readonly gather?: Gather;
  /** Of the platform. */
  readonly sending?: 'off';
  readonly render?: Render;
  readonly ownHeadersOf?: DeliveryDeps['ownHeadersOf'];
  readonly options?: Partial<OutboxOptions>;
  readonly spend?: () => Promise<void>;
  readonly missing?: Promise<void>;
  /** Stands between the outbox and the store. */
  readonly faulty?: (store: Store) => Partial<Store['outbox']>;
}

export async function setUp(setting: Setting = {}) {
  const clock = createManualClock();
  const { store, close } = await openTestStore();
  cleanups.push(close);
  const newId = createIds(clock);
  const log = heardLog();
  const relay = provider('relay', setting.relay ?? (() => delivered));
  const spare = provider('spare', setting.spare ?? (() => delivered));

  const addTenant = async (slug: string, settings: TenantSettings = {}) => {
    const id = newId();
    await store.tenants.add({ id, slug, name: slug, settings, now: clock.now() });
    return id;
  };
  const acme = await addTenant('acme', setting.tenant ?? {});
  const tenants = createDirectory({ store, clock });
  const settingsOf = async (id: string) => (await tenants.byId(id))?.settings ?? {};

  const start = async (owner = 'daemon 1') => {
    const delivery = createDelivery(
      {
        providers: [relay, spare],
        tenantSettings: settingsOf,
        // A whole message goes out as it is.
        composeMime: async ({ message: { content } }) =>
          content.kind === 'raw' && 'bytes' in content.raw ? content.raw.bytes : new Uint8Array(),
        readBytes: async () => new Uint8Array(),
        clock,
        ...(setting.ownHeadersOf && { ownHeadersOf: setting.ownHeadersOf }),
        onRoom: () => outbox.wake(),
      },
      { routing: { primary: 'relay', fallback: 'spare' }, breaker, checks: false, maxAgeMs: MAX_AGE_MS },
    );
    const outbox = createOutbox(
      {
        store: { ...store, outbox: { ...store.outbox, ...setting.faulty?.(store) } },
        clock,
        random: () => 0.5,
        owner,
        gather: setting.gather ?? (async (job) => ({ kind: 'ready', job })),
        render: setting.render ?? (async () => ({ ok: true, rendered: { subject: 'x' }, changed: false })),
        deliver: delivery.deliver,
        skipTenants: delivery.skipTenants,
        tenantPolicy: async (id) => tenantPolicyOf(await settingsOf(id), { sending: setting.sending ?? 'on' }),
        log,
        metrics: noMetrics,
        reserve: { spend: async () => setting.spend?.(), missing: () => setting.missing },
      },
      {
        retry: { scheduleSeconds: [60, 300], jitter: 0, maxAgeMs: MAX_AGE_MS },
        maxInFlight: delivery.capacity,
        leaseMs: 600_000,
        ...setting.options,
      },
    );
    await outbox.start();
    cleanups.push(async () => {
      const stopped = outbox.stop(0);
      await clock.advance(10_000);
      await stopped;
    });
    await quiet();
    return outbox;
  };

  const accept = async (changes: Partial<Message> & { recipients?: number } = {}) => {
    const { recipients = 1, ...rest } = changes;
    const message = messageOf({ id: newId(), tenantId: acme, createdAt: clock.now(), maxAttempts: 3, ...rest });
    await store.outbox.accept({
      tenantId: message.tenantId,
      messages: [
        {
          message,
          recipients: Array.from({ length: recipients }, (_, n) => ({ address: `r${n}@example.com`, kind: 'to' })),
        },
      ],
    });
    return message;
  };
  const look = async ({ id, tenantId }: Message) => {
    const detail = await store.messages.get({ tenantId, messageId: id });
    if (!detail) throw new Error('no such message');
    return detail;
  };
  const history = async (message: Message) => (await look(message)).events.map(({ type }) => type).join(' ');
  return { clock, store, log, relay, spare, acme, addTenant, start, accept, look, history, newId };
}
