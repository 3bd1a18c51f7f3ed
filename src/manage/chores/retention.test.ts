/** What is removed and what stays, over the real store and directory; and that a crash at any step costs nothing that is needed. */

import { randomBytes } from 'node:crypto';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '../../../test/manual-clock.ts';
import { makeStoreHome, type StoreHome } from '../../../test/store.ts';
import { type Blobs, blobPath } from '../../blobs/blobs.ts';
import { createFilesystemBlobs } from '../../blobs/filesystem.ts';
import { createIds, type NewId } from '../../core/ids.ts';
import type { FileCare } from '../../db/verbs/file-care.ts';
import type { Store } from '../../db/verbs/store.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { createRetention, type RetentionDeps } from './retention.ts';

const HOUR = 3600_000;
const DAY = 24 * HOUR;
const SIZE = 300_000;

let home: StoreHome;
let clock: ManualClock;
let newId: NewId;
let store: Store;
let care: FileCare;
let blobs: Blobs;
let acme: Tenant;
let globex: Tenant;

beforeEach(async () => {
  home = makeStoreHome();
  clock = createManualClock();
  newId = createIds(clock);
  await reopen();
  const addTenant = (slug: string) =>
    store.tenants.add({ id: newId(), slug, name: slug, settings: {}, now: clock.now() });
  acme = await addTenant('acme');
  globex = await addTenant('globex');
});
afterEach(async () => {
  await store.close();
  home.remove();
});

async function reopen(): Promise<void> {
  ({ store, care } = await home.open());
  blobs = await createFilesystemBlobs(join(home.directory, 'blobs'), clock);
}

function run(deps: Partial<RetentionDeps> = {}, messageDays?: number) {
  const options = { attachmentDays: 30, ...(messageDays !== undefined && { messageDays }) };
  return createRetention({ store, blobs, clock, ...deps }, options).run();
}

/** As an accept does: the blob first. Its file gets the time of the test's clock. */
async function put(bytes: Uint8Array): Promise<string> {
  const { blob } = await blobs.put(bytes);
  const now = new Date(clock.now());
  await utimes(join(home.directory, 'blobs', blobPath(blob)), now, now);
  return blob;
}

async function accept(tenant: Tenant, blob: string, scheduledAt?: number): Promise<string> {
  const id = newId();
  const content = { blob, size: SIZE };
  await store.outbox.accept({
    tenantId: tenant.id,
    messages: [
      {
        message: {
          id,
          tenantId: tenant.id,
          createdAt: clock.now(),
          door: 'http',
          from: { email: 'a@acme.example' },
          envelopeFrom: 'a@acme.example',
          to: [{ email: 'b@x.example' }],
          cc: [],
          subject: 's',
          messageIdHeader: `<${id}@acme.example>`,
          content: { kind: 'parts', text: 't' },
          attachments: [{ filename: 'a.pdf', contentType: 'application/pdf', content }],
          tags: [],
          lane: 'normal',
          maxAttempts: 5,
          ...(scheduledAt !== undefined && { scheduledAt }),
        },
        recipients: [{ address: 'b@x.example', kind: 'to' }],
      },
    ],
  });
  return id;
}

async function send(): Promise<void> {
  const now = clock.now();
  const { jobs } = await store.outbox.claim({ owner: newId(), now, leaseMs: 1, limit: 100, skipTenants: [] });
  for (const { message, fence } of jobs) {
    await store.outbox.settle({
      tenantId: message.tenantId,
      messageId: message.id,
      fence,
      at: now,
      status: 'sent',
      recipients: [{ position: 0, status: 'sent' }],
      events: [],
    });
  }
}

async function kept(): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const { blob } of blobs.list()) all.push(blob);
  return all;
}

const nothing = { messagesRemoved: 0, attachmentsRemoved: 0, feedbackRemoved: 0, blobsRemoved: 0, bytesFreed: 0 };

it('removes attachments after 30 days and their blobs a day later, once for all who share them', async () => {
  const blob = await put(randomBytes(SIZE));
  await accept(acme, blob);
  await accept(globex, blob);
  await send();
  await clock.advance(29 * DAY);
  expect(await run()).toEqual(nothing);
  await clock.advance(2 * DAY);
  expect(await run()).toEqual({ ...nothing, attachmentsRemoved: 2 });
  expect(await kept()).toEqual([blob]);
  await clock.advance(2 * DAY);
  expect(await run()).toEqual({ ...nothing, blobsRemoved: 1, bytesFreed: SIZE });
  expect(await kept()).toEqual([]);
});

it('keeps what an open message needs, whoever else is done with it', async () => {
  const blob = await put(randomBytes(SIZE));
  await accept(acme, blob);
  await send();
  const open = await accept(globex, blob, clock.now() + 100 * DAY);
  for (let day = 0; day < 99; day += 9) {
    await clock.advance(9 * DAY);
    await run();
  }
  expect(await blobs.read(blob)).toHaveLength(SIZE);
  expect((await store.messages.get({ tenantId: globex.id, messageId: open }))?.attachments[0]).not.toHaveProperty(
    'removedAt',
  );
});

it('removes what came back and belongs to no message after 30 days', async () => {
  const about = { messageIdHeader: '<lost@x.example>' };
  const feedback = Array.from({ length: 1_001 }, (_, at) => ({ kind: 'unknown', at, data: {}, about }) as const);
  await store.feedback.record({ door: 'import', feedback, now: clock.now() });
  await clock.advance(30 * DAY);
  expect(await run()).toEqual(nothing);
  await clock.advance(1);
  expect(await run()).toEqual({ ...nothing, feedbackRemoved: 1_001 });
});

it('follows each tenant’s own times, and keeps messages for ever where nobody says otherwise', async () => {
  const blob = await put(randomBytes(SIZE));
  const ids = [await accept(acme, blob), await accept(globex, blob)];
  await send();
  await store.tenants.set({ tenantId: acme.id, settings: { messageRetentionDays: 7 }, now: clock.now() });
  await store.tenants.set({ tenantId: globex.id, settings: { attachmentRetentionDays: 3 }, now: clock.now() });
  await clock.advance(8 * DAY);
  expect(await run()).toMatchObject({ messagesRemoved: 1, attachmentsRemoved: 1 });
  expect(await store.messages.get({ tenantId: acme.id, messageId: ids[0] ?? '' })).toBeUndefined();
  await clock.advance(1000 * DAY);
  expect(await run()).toMatchObject({ messagesRemoved: 0 });
  expect(await run({}, 1001)).toMatchObject({ messagesRemoved: 1 });
});

it('removes notifications as messages: after the tenant’s own time, else that of the platform, else never', async () => {
  const notify = async ({ id: tenantId }: Tenant) => {
    const notification = { id: newId(), type: 'job.failed', content: {} };
    await store.notifications.add({ tenantId, now: clock.now(), notification, deliveries: [] });
    return async () => (await store.notifications.get({ tenantId, id: notification.id })) !== undefined;
  };
  await store.tenants.set({ tenantId: acme.id, settings: { messageRetentionDays: 7 }, now: clock.now() });
  const [own, other] = [await notify(acme), await notify(globex)];
  await clock.advance(8 * DAY);
  await run();
  expect([await own(), await other()]).toEqual([false, true]);
  const young = await notify(acme);
  await run({}, 1);
  expect([await young(), await other()]).toEqual([true, false]);
  // A tenant that keeps for longer than the platform.
  await store.tenants.set({ tenantId: acme.id, settings: { messageRetentionDays: 365 }, now: clock.now() });
  await clock.advance(300 * DAY);
  await run({}, 1);
  expect(await young()).toBe(true);
});

it('removes blobs that no message ever named, but none that is young', async () => {
  await put(randomBytes(SIZE));
  await clock.advance(HOUR / 2);
  await run();
  await clock.advance(DAY / 2);
  expect(await run()).toEqual(nothing);
  await clock.advance(2 * DAY);
  expect(await run()).toMatchObject({ blobsRemoved: 1 });
});

it('never takes a blob from an accept that put it again while it was being removed', async () => {
  const bytes = randomBytes(SIZE);
  const blob = await put(bytes);
  await clock.advance(2 * DAY);
  // The row is committed only after the sweep looked: between the look and the move.
  await run({
    blobs: {
      ...blobs,
      async setAside(one) {
        await blobs.put(bytes);
        await blobs.setAside(one);
      },
    },
  });
  await accept(acme, blob, clock.now() + 100 * DAY);
  expect(await blobs.read(blob)).toHaveLength(SIZE);
  await clock.advance(3 * DAY);
  await run();
  await clock.advance(3 * DAY);
  await run();
  expect(await blobs.read(blob)).toHaveLength(SIZE);
  for await (const { isAside } of blobs.list()) expect(isAside).toBe(false);
});

it('ends early when it is told to', async () => {
  await put(randomBytes(SIZE));
  await clock.advance(2 * DAY);
  const chore = createRetention({ store, blobs, clock }, { attachmentDays: 30, messageDays: 1 });
  expect(await chore.run(AbortSignal.abort())).toEqual(nothing);
});

it('can die at any step: nothing that is needed is lost, and the next run does the rest', {
  timeout: 120_000,
}, async () => {
  const shared = await put(randomBytes(SIZE));
  const done = await put(randomBytes(SIZE));
  await accept(acme, shared);
  await accept(acme, done);
  await send();
  const open = await accept(globex, shared, clock.now() + 1000 * DAY);

  let finished = false;
  for (let dieAt = 1; !finished; dieAt++) {
    if (dieAt > 200) throw new Error('it never comes to its end');
    await clock.advance(31 * DAY);
    let steps = 0;
    const mortal = <T extends object>(part: T): T =>
      new Proxy(part, {
        get(target, name) {
          const method = Reflect.get(target, name) as unknown;
          if (typeof method === 'object' && method !== null) return mortal(method);
          if (typeof method !== 'function') return method;
          return (...input: unknown[]) => {
            steps += 1;
            if (steps === dieAt) throw new Error('died');
            return (method as (...input: unknown[]) => unknown).apply(target, input);
          };
        },
      });
    finished = await run({ store: mortal(store), blobs: mortal(blobs) }).then(
      () => true,
      (error: Error) => {
        expect(error.message).toBe('died');
        return false;
      },
    );
    await store.close();
    await reopen();
    expect(await blobs.read(shared)).toHaveLength(SIZE);
    expect(await care.integrity()).toEqual([]);
    const content = await store.messages.content({ tenantId: globex.id, messageId: open });
    expect(content?.message.attachments[0]?.content).toEqual({ blob: shared, size: SIZE });
  }
  await clock.advance(2 * DAY);
  await run();
  expect(await kept()).toEqual([shared]);
});
