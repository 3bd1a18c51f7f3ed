/** The door over a real nats-server: how much is under way at once, and what a stop does. Skipped where that is missing. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { type NatsServer, startNatsServer, whyNoNats } from '../../test/nats-server.ts';
import { openTestStore, type TestStore } from '../../test/store.ts';
import { createLog } from '../base/observe/log.ts';
import { noMetrics } from '../base/observe/no-metrics.ts';
import { systemClock } from '../core/clock.ts';
import { createIds } from '../core/ids.ts';
import type { Submission } from '../core/message.ts';
import { addTenant } from '../db/suites/suite.testing.ts';
import type { Accepted } from '../message/intake/accept.ts';
import { type NatsDoor, type NatsDoorOptions, openNatsDoor } from './nats.ts';

const mail = { to: 'a@example.com', subject: 'Hello', html: '<p>Hello</p>', text: 'Hello', from: 'b@example.org' };
const newId = createIds(systemClock);

let folder: string;
let server: NatsServer;
let opened: TestStore;
let client: NatsConnection;
let doors: NatsDoor[];
let states: (string | undefined)[];
/** Of those that are at the store: each is let through by its own function. */
let underWay: (() => void)[];

describe.skipIf(whyNoNats() !== undefined)('the NATS door (skipped where nats-server is missing)', () => {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iep-nats-door-'));
    opened = await openTestStore();
    [doors, states, underWay] = [[], [], []];
  });
  afterEach(async () => {
    for (const letThrough of underWay.splice(0)) letThrough();
    for (const door of doors) await door.close(60_000);
    await client.close();
    await server.kill();
    await opened.close();
    rmSync(folder, { recursive: true });
  });

  async function serve(...args: string[]): Promise<void> {
    server = await startNatsServer(folder, { args });
  }

  async function open(
    more: Partial<NatsDoorOptions> = {},
    { isThere = true, said = () => undefined }: { isThere?: boolean; said?: (line: string) => void } = {},
  ): Promise<NatsDoor> {
    const tenant = isThere ? await addTenant(opened.store, `acme${doors.length}`) : undefined;
    const accept = (_tenant: unknown, { id = '' }: Submission) =>
      new Promise<Accepted>((resolve) => {
        const accepted: Accepted = { messageId: id, status: 'queued', suppressedRecipients: [], duplicate: false };
        underWay.push(() => resolve(accepted));
      });
    const door = openNatsDoor(
      {
        ...{ accept, newId, clock: systemClock, random: Math.random, metrics: noMetrics, store: opened.store },
        refuseSender: async () => undefined,
        tenant: async () => tenant,
        log: createLog({ level: 'warn', showAddresses: false, destination: { write: said } }),
        onState: (problem) => void states.push(problem),
      },
      { servers: [server.url], subjectPrefix: 'lfx.email-service', queueGroup: 'q', ...more },
    );
    doors.push(door);
    return door;
  }

  const ask = () => client.request('lfx.email-service.send_email', JSON.stringify(mail), { timeout: 60_000 });

  it('says at once that its tenant does not exist', async () => {
    await serve();
    const lines: string[] = [];
    await open({ tenant: 'nobodys' }, { isThere: false, said: (line) => void lines.push(line) });
    client = await connect({ servers: server.url });
    const said = expect.objectContaining({ tenant: 'nobodys', msg: expect.stringContaining('does not exist') });
    await eventually(() => expect(lines.map((line) => JSON.parse(line))).toEqual([said]));
  });

  it('has 64 requests under way at most, and the others wait', async () => {
    await serve();
    await open();
    client = await connect({ servers: server.url });
    await eventually(() => expect(states).toEqual([undefined]));
    const answers = Promise.all(Array.from({ length: 100 }, ask));
    await eventually(() => expect(underWay).toHaveLength(64));
    await client.flush();
    expect(underWay).toHaveLength(64);
    for (const letThrough of underWay.splice(0)) letThrough();
    await eventually(() => expect(underWay).toHaveLength(36));
    for (const letThrough of underWay.splice(0)) letThrough();
    expect((await answers).map((answer) => answer.json())).toEqual(
      Array.from({ length: 100 }, () => ({ email_id: expect.any(String), group_id: expect.any(String) })),
    );
  });

  it('answers at a stop what it heard, and leaves what comes after to the others of its group', async () => {
    await serve();
    const first = await open();
    client = await connect({ servers: server.url });
    await eventually(() => expect(states).toEqual([undefined]));
    const heard = ask();
    await eventually(() => expect(underWay).toHaveLength(1));
    const closed = first.close(60_000);
    // One that is heard after all is answered at once.
    const look = () => client.request('lfx.email-service.get_email_status', '', { timeout: 60_000 });
    await eventually(() => expect(look()).rejects.toThrow(/no responders/i));
    const second = await open();
    await eventually(() => expect(states).toEqual([undefined, undefined]));
    const other = ask();
    await eventually(() => expect(underWay).toHaveLength(2));
    for (const letThrough of underWay.splice(0)) letThrough();
    expect((await heard).json()).toHaveProperty('email_id');
    expect((await other).json()).toHaveProperty('email_id');
    await closed;
    await second.close(60_000);
  });

  it('gives up the requests that a store never answers, at the end of the time that a stop has', async () => {
    await serve();
    const door = await open();
    client = await connect({ servers: server.url });
    await eventually(() => expect(states).toEqual([undefined]));
    const asked = ask().catch(() => undefined);
    await eventually(() => expect(underWay).toHaveLength(1));
    await door.close(50);
    for (const letThrough of underWay.splice(0)) letThrough();
    await client.close();
    await asked;
  });
});
