/**
 * Tells every event of the tenant over NATS, at least once: as webhooks have it, to `<subject>.<tenant>.<event>`. The event log is the
 * source. What was told is kept in the store, and one node tells; so what happens while NATS is away is told when it is back.
 */

import { JetStreamApiError, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import type { Log } from '../base/observe/log.ts';
import type { Clock } from '../core/clock.ts';
import { pause } from '../core/pause.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { WebhookContent } from '../db/verbs/webhooks.ts';
import { webhookName } from '../webhooks/event-name.ts';
import { payloadOf } from '../webhooks/payload.ts';

export interface PublishDeps {
  readonly store: StorePart<
    'publications.lead' | 'publications.told' | 'events.after' | 'events.contents' | 'onChange'
  >;
  readonly tenant: () => Promise<Tenant | undefined>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: { natsEvents(count: number): void };
  readonly current: () => NatsConnection | undefined;
  /** Of this run of this node. */
  readonly owner: string;
}

export interface PublishOptions {
  readonly subject: string;
  /** Named: through JetStream, which makes the stream where it is missing. */
  readonly stream?: string | undefined;
}

export interface Publishing {
  /** Something may be told that could not be before. */
  wake(): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

const NAME = 'nats';
const BATCH = 100;
const LEASE_MS = 60_000;
/** What is committed close together is told together. */
const GATHER_MS = 20;
/** Without news: another node that led may be gone. */
const IDLE_MS = 15_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

export function publishEvents(deps: PublishDeps, { subject, stream }: PublishOptions): Publishing {
  const { store, clock, log, metrics, owner } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  let news = Promise.withResolvers<void>();
  /** The connection by which the stream is known to be there. */
  let seenBy: NatsConnection | undefined;

  const lead = () => store.publications.lead({ name: NAME, owner, now: clock.now(), leaseMs: LEASE_MS });

  async function tellAll(): Promise<void> {
    for (;;) {
      // Taken before there is a connection: so it begins with the first start, and not with the first connection.
      const standing = await lead();
      const tenant = await deps.tenant();
      const connection = deps.current();
      if (standing === undefined || tenant === undefined || connection === undefined || signal.aborted) return;
      const { position: from } = standing;
      const { events, position } = await store.events.after({ tenantId: tenant.id, position: from, limit: BATCH });
      if (events.length === 0) return;
      const positions = events.map((event) => event.position);
      await tell(connection, { slug: tenant.slug, contents: await store.events.contents({ positions }) });
      if (!(await store.publications.told({ name: NAME, owner, position }))) return;
      metrics.natsEvents(events.length);
    }
  }

  async function tell(
    connection: NatsConnection,
    { slug, contents }: { readonly slug: string; readonly contents: readonly WebhookContent[] },
  ): Promise<void> {
    const told = contents.flatMap((content) => {
      const message = messageOf(content, `${subject}.${slug}`);
      const isTooLarge = sizeOf(message) > (connection.info?.max_payload ?? Number.POSITIVE_INFINITY);
      if (isTooLarge) leaveOut(message.id);
      return isTooLarge ? [] : [message];
    });
    if (stream === undefined) {
      for (const { to, payload, id } of told) connection.publish(to, payload, { headers: withId(id) });
      return connection.flush();
    }
    if (seenBy !== connection) await requireStream(connection, { name: stream, subjects: [`${subject}.>`] });
    seenBy = connection;
    const through = jetstream(connection);
    await Promise.all(
      told.map(async ({ to, payload, id }) => {
        await through.publish(to, payload, { msgID: id }).catch((error) => {
          if (!isOf(error, TOO_LARGE)) throw error;
          leaveOut(id);
        });
      }),
    );
  }

  /** So that what comes after it is told. */
  function leaveOut(event: string): void {
    log.error({ door: 'nats', event }, 'an event is larger than the NATS server or its stream takes');
  }

  async function run(): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      news = Promise.withResolvers();
      try {
        await tellAll();
        failures = 0;
      } catch (error) {
        failures += 1;
        seenBy = undefined;
        if (failures === 1) log.warn({ door: 'nats', error }, 'events could not be told over NATS; it is tried again');
      }
      if (failures === 0) await newsWithin(IDLE_MS);
      const longer = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
      await pause(failures === 0 ? GATHER_MS : longer, { clock, signal });
    }
  }

  async function newsWithin(ms: number): Promise<void> {
    const heard = new AbortController();
    news.promise.then(() => heard.abort());
    await pause(ms, { clock, signal: AbortSignal.any([signal, heard.signal]) });
  }

  const wake = () => news.resolve();
  const stopHearing = store.onChange(wake);
  const running = run();
  return {
    wake,
    async stop() {
      stopping.abort();
      stopHearing();
      await running;
    },
  };
}

function messageOf(content: WebhookContent, below: string) {
  const { type, position } = content.event;
  const name = webhookName(type).replace(/^message\./, '');
  return { to: `${below}.${name}`, payload: payloadOf(content), id: position };
}

function withId(id: string) {
  const given = headers();
  given.set('Nats-Msg-Id', id);
  return given;
}

/** The server counts the header too. */
function sizeOf({ payload, id }: { readonly payload: string; readonly id: string }): number {
  return Buffer.byteLength(`NATS/1.0\r\nNats-Msg-Id: ${id}\r\n\r\n`) + Buffer.byteLength(payload);
}

const NO_STREAM = 10_059;
/** For the `max_msg_size` of the stream. */
const TOO_LARGE = 10_054;

function isOf(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code;
}

async function requireStream(
  connection: NatsConnection,
  stream: { readonly name: string; readonly subjects: string[] },
): Promise<void> {
  const manager = await jetstreamManager(connection);
  try {
    await manager.streams.info(stream.name);
  } catch (error) {
    if (!isOf(error, NO_STREAM)) throw error;
    await manager.streams.add(stream);
  }
}
