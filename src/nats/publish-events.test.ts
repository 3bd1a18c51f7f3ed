/** Events over a real nats-server that takes small messages only. Skipped where that is missing. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { createManualClock } from '../../test/manual-clock.ts';
import { type NatsServer, startNatsServer, whyNoNats } from '../../test/nats-server.ts';
import { createLog } from '../base/observe/log.ts';
import type { WebhookContent } from '../db/verbs/webhooks.ts';
import { payloadOf } from '../webhooks/payload.ts';
import { type PublishDeps, publishEvents } from './publish-events.ts';

const MAX_PAYLOAD = 2_000;

let folder: string;
let server: NatsServer;
let connection: NatsConnection;

describe.skipIf(whyNoNats() !== undefined)('events over NATS (skipped where nats-server is missing)', () => {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iep-nats-events-'));
    writeFileSync(join(folder, 'nats.conf'), `max_payload: ${MAX_PAYLOAD}\n`);
    server = await startNatsServer(folder, { args: ['-c', join(folder, 'nats.conf')] });
    connection = await connect({ servers: server.url });
  });
  afterEach(async () => {
    await connection.close();
    await server.kill();
    rmSync(folder, { recursive: true });
  });

  it.each([undefined, 'IEP'])('go on after one that is too large only with its header (stream %s)', async (stream) => {
    const heard: string[] = [];
    connection.subscribe('iep.events.>', { callback: (_, { subject }) => void heard.push(subject) });
    const empty = Buffer.byteLength(payloadOf(event('1', '')));
    await tell([event('1', 'x'.repeat(MAX_PAYLOAD - empty)), event('2', '')], stream);
    expect(heard).toEqual(['iep.events.acme.sent']);
  });

  it('go on after one that the stream finds too large', async () => {
    const { streams } = await jetstreamManager(connection);
    await streams.add({ name: 'IEP', subjects: ['iep.events.>'], max_msg_size: 500 });
    await tell([event('1', 'x'.repeat(600)), event('2', '')], 'IEP');
    expect((await streams.info('IEP')).state.messages).toBe(1);
  });
});

async function tell(contents: readonly WebhookContent[], stream: string | undefined): Promise<void> {
  const told: string[] = [];
  const publishing = publishEvents(depsOf(contents, told), { subject: 'iep.events', stream });
  await eventually(() => expect(told).toEqual(['2']));
  await publishing.stop();
  await connection.flush();
}

function event(position: string, note: string): WebhookContent {
  const of = { tenantId: 't', messageId: 'm', sequence: 1, type: 'sent', at: 0, data: { note } };
  return { event: { position, ...of } } as unknown as WebhookContent;
}

function depsOf(contents: readonly WebhookContent[], told: string[]): PublishDeps {
  const store = {
    publications: {
      lead: async () => ({ position: told.at(-1) ?? '0' }),
      told: async ({ position }: { position: string }) => told.push(position) > 0,
    },
    events: {
      after: async ({ position }: { position: string }) =>
        position === '0' ? { events: contents.map((one) => one.event), position: '2' } : { events: [], position },
      contents: async () => contents,
    },
    onChange: () => () => undefined,
  };
  return {
    ...{ store: store as unknown as PublishDeps['store'], clock: createManualClock(0), owner: 'n/1' },
    tenant: async () => ({ id: 't', slug: 'acme' }) as never,
    log: createLog({ level: 'error', showAddresses: false, destination: { write: () => undefined } }),
    ...{ metrics: { natsEvents: () => undefined }, current: () => connection },
  };
}
