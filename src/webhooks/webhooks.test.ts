/** The worker over a real store, with a clock that is moved by hand and endpoints that answer when they are told to. */

import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { heardLog } from '../../test/heard-log.ts';
import { createManualClock, type ManualClock, quiet } from '../../test/manual-clock.ts';
import { openTestStore, type TestStore } from '../../test/store.ts';
import { noMetrics } from '../base/observe/no-metrics.ts';
import { IepError } from '../core/errors.ts';
import type { Store } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Post, Posted, PostInput } from './post.ts';
import { createWebhooks, type Webhooks, type WebhooksDeps } from './webhooks.ts';

const SECOND = 1_000;
const DAY = 24 * 3_600 * SECOND;

let opened: TestStore;
let clock: ManualClock;
let store: Store;
let acme: Tenant;
let rival: Tenant;
let worker: Webhooks;
let log: ReturnType<typeof heardLog>;
let outcomes: string[];
let posts: (PostInput & { readonly event: string; readonly sequence: number })[];
let answer: (input: PostInput) => number | Promise<number>;
/** What each answer asks us to wait. */
let retryAfterMs: number | undefined;

const post: Post = async (input) => {
  const { event, sequence } = JSON.parse(input.body);
  posts.push({ ...input, event, sequence });
  const startedAt = clock.now();
  const status = await answer(input);
  const attempt = { startedAt, durationMs: 5, request: { 'webhook-id': input.id } };
  if (status === 0) return { attempt: { ...attempt, error: 'it was broken off' }, refused: false };
  const asked = retryAfterMs !== undefined && { retryAfterMs };
  return { attempt: { ...attempt, status }, refused: false, ...asked } satisfies Posted;
};

beforeEach(async () => {
  clock = createManualClock();
  opened = await openTestStore();
  ({ store } = opened);
  acme = await tenant('acme');
  rival = await tenant('rival');
  log = heardLog();
  posts = [];
  outcomes = [];
  answer = () => 200;
  retryAfterMs = undefined;
  worker = begin();
});
afterEach(async () => {
  const stopped = worker.stop(0);
  await clock.advance(10 * SECOND);
  await stopped;
  await opened.close();
});

const room = { spend: async () => undefined, missing: () => undefined };
const begin = (faulty: Partial<Store['webhooks']> = {}, reserve: WebhooksDeps['reserve'] = room) =>
  createWebhooks(
    {
      ...{
        store: { ...store, webhooks: { ...store.webhooks, ...faulty } },
        post,
        clock,
        random: () => 0.5,
        owner: randomUUID(),
        log,
        reserve,
      },
      metrics: { ...noMetrics, webhookDelivery: (outcome) => outcomes.push(outcome) },
    },
    { retry: { scheduleSeconds: [5, 300, 1_800], jitter: 0 }, leaseMs: 60 * SECOND },
  );
const tenant = (slug: string) =>
  store.tenants.add({ id: randomUUID(), slug, name: slug, settings: {}, now: clock.now() });
const endpoint = (owner: Tenant, url = 'https://hooks.example/secret-path') =>
  store.webhooks.add({
    id: randomUUID(),
    tenantId: owner.id,
    url,
    events: ['*'],
    secret: 's',
    max: 100,
    now: clock.now(),
  });
async function message(owner: Tenant): Promise<string> {
  const id = randomUUID();
  await store.outbox.accept({
    tenantId: owner.id,
    messages: [
      {
        message: {
          ...{ id, tenantId: owner.id, createdAt: clock.now(), door: 'http', from: { email: 'a@x.example' } },
          ...{ envelopeFrom: 'a@x.example', to: [{ email: 'to@x.example' }], cc: [], subject: 'Hello' },
          ...{ messageIdHeader: `<${id}@x.example>`, content: { kind: 'parts', text: 'x' }, attachments: [] },
          ...{ tags: [], lane: 'normal', maxAttempts: 5 },
        },
        recipients: [{ address: 'to@x.example', kind: 'to' }],
      },
    ],
  });
  return id;
}
/** Lets what was committed be seen, and what is due be posted. */
const settle = async () => {
  for (let turn = 0; turn < 4; turn += 1) await clock.advance(50);
};
const statusOf = async (one: { id: string; tenantId: string }) =>
  (await store.webhooks.deliveries({ tenantId: one.tenantId, webhookId: one.id, limit: 100 })).items.map(
    ({ status }) => status,
  );

describe('the worker', () => {
  it('posts what happens, and keeps what came of it', async () => {
    const one = await endpoint(acme);
    await worker.start();
    const id = await message(acme);
    await settle();
    expect(posts.map(({ event }) => event)).toEqual(['message.queued']);
    const [delivery] = (await store.webhooks.deliveries({ tenantId: acme.id, webhookId: one.id, limit: 1 })).items;
    expect(delivery).toMatchObject({ status: 'delivered', messageId: id, attempts: 1 });
    expect(posts[0]?.id).toBe(delivery?.id);
    expect(outcomes).toEqual(['delivered']);
    const line = log.lines.find(({ message: text }) => text === 'webhook');
    expect(line?.fields).toMatchObject({ host: 'hooks.example', outcome: 'delivered', status: 200, messageId: id });
    expect(JSON.stringify(log.lines)).not.toContain('secret-path');
  });

  it('reads no events while nobody listens, and begins when an endpoint is made', async () => {
    let looks = 0;
    const fanOut: Store['webhooks']['fanOut'] = (input) => {
      looks += 1;
      return store.webhooks.fanOut(input);
    };
    const counting = { ...store, webhooks: { ...store.webhooks, fanOut } };
    const idle = createWebhooks(
      { store: counting, post, clock, random: () => 0.5, owner: randomUUID(), log, metrics: noMetrics, reserve: room },
      { retry: { scheduleSeconds: [5], jitter: 0 }, leaseMs: 60 * SECOND },
    );
    await idle.start();
    await settle();
    const before = looks;
    for (let count = 0; count < 5; count += 1) await message(acme);
    await clock.advance(60 * SECOND);
    expect(looks).toBe(before);
    await endpoint(acme);
    idle.wake();
    await settle();
    await message(acme);
    await settle();
    expect(posts).toHaveLength(1);
    await idle.stop(0);
  });

  it('goes on where it was when the store could not be read for a while', async () => {
    await endpoint(acme);
    let refusing = true;
    const fanOut: Store['webhooks']['fanOut'] = (input) =>
      refusing ? Promise.reject(new Error('disk full')) : store.webhooks.fanOut(input);
    const refuses = { ...store, webhooks: { ...store.webhooks, fanOut } };
    const patient = createWebhooks(
      { store: refuses, post, clock, random: () => 0.5, owner: randomUUID(), log, metrics: noMetrics, reserve: room },
      { retry: { scheduleSeconds: [5], jitter: 0 }, leaseMs: 60 * SECOND },
    );
    await patient.start();
    await message(acme);
    await clock.advance(20 * SECOND);
    expect(posts).toEqual([]);
    const complaints = log.lines.filter(({ level }) => level === 'error').length;
    expect(complaints).toBeGreaterThan(3);
    expect(complaints).toBeLessThan(10);
    refusing = false;
    await clock.advance(10 * SECOND);
    expect(posts).toHaveLength(1);
    await patient.stop(0);
  });

  it('tries again by the schedule, with the same id and body, until the last', async () => {
    const one = await endpoint(acme);
    await worker.start();
    answer = () => 500;
    await message(acme);
    await settle();
    const waits = [5, 300, 1_800, 9_000];
    const counts: number[] = [posts.length];
    for (const wait of waits) {
      await clock.advance((wait - 3) * SECOND);
      const early = posts.length;
      await clock.advance(3 * SECOND);
      await settle();
      expect(early).toBe(counts.at(-1));
      counts.push(posts.length);
    }
    expect(counts).toEqual([1, 2, 3, 4, 4]);
    expect(new Set(posts.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
    expect(await statusOf(one)).toEqual(['failed']);
    expect(outcomes).toEqual(['retrying', 'retrying', 'retrying', 'failed']);
  });

  it('posts the events of a message in order, one after the other; a failing one holds nothing up', async () => {
    await endpoint(acme);
    await worker.start();
    const id = await message(acme);
    const now = clock.now();
    const { jobs } = await store.outbox.claim({ owner: 'm', now, leaseMs: 1, limit: 1, skipTenants: [] });
    await store.outbox.settle({
      ...{ tenantId: acme.id, messageId: id, fence: jobs[0]?.fence ?? 0, at: now, status: 'sent', recipients: [] },
      events: [
        { type: 'processing', at: now },
        { type: 'sent', at: now },
      ],
    });
    let first = true;
    let underWay = 0;
    answer = async () => {
      underWay += 1;
      expect(underWay).toBe(1);
      await quiet();
      underWay -= 1;
      const status = first ? 500 : 200;
      first = false;
      return status;
    };
    await settle();
    await settle();
    expect(posts.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    await clock.advance(5 * SECOND);
    await settle();
    expect(posts.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 1]);
  });

  it('is not held up by endpoints that do not answer', async () => {
    const dead = new Set<string>();
    for (let count = 0; count < 20; count += 1) dead.add((await endpoint(acme, `https://dead${count}.example/`)).id);
    const alive = await endpoint(rival);
    await worker.start();
    answer = ({ endpoint: { id } }) => (dead.has(id) ? new Promise(() => undefined) : 200);
    for (let count = 0; count < 30; count += 1) await message(acme);
    await settle();
    expect(worker.inFlight()).toBe(20);
    for (let count = 0; count < 10; count += 1) await message(rival);
    for (let turn = 0; turn < 10; turn += 1) await settle();
    expect(await statusOf(alive)).toEqual(Array(10).fill('delivered'));
    expect(posts.filter(({ endpoint: { id } }) => dead.has(id))).toHaveLength(20);
  });

  it('turns an endpoint off on 410, and after five days of failures, and says so', async () => {
    const gone = await endpoint(acme);
    const broken = await endpoint(rival);
    await worker.start();
    answer = ({ endpoint: { id } }) => (id === gone.id ? 410 : 500);
    await message(acme);
    await message(rival);
    await settle();
    const find = (one: typeof gone) => store.webhooks.get({ tenantId: one.tenantId, webhookId: one.id });
    expect(await find(gone)).toMatchObject({ active: false, off: { reason: 'it answered 410 Gone' } });
    await clock.advance(5 * DAY);
    await message(rival);
    await settle();
    expect(await find(broken)).toMatchObject({ active: false, off: { reason: 'nothing but failures for 5 days' } });
    const warnings = log.lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ fields }) => fields.webhookId)).toEqual([gone.id, broken.id]);
    expect(outcomes.filter((outcome) => outcome === 'endpoint_off')).toHaveLength(2);
  });

  it('stops: what a claim still brings is not posted any more, and due at once', async () => {
    const one = await endpoint(acme);
    const claimed = Promise.withResolvers<void>();
    let claims = 0;
    worker = begin({
      async claim(request) {
        const found = await store.webhooks.claim(request);
        if (found.jobs.length === 0) return found;
        claims += 1;
        await claimed.promise;
        return found;
      },
    });
    await worker.start();
    await message(acme);
    await settle();
    expect([claims, worker.inFlight()]).toEqual([1, 0]);
    const stopping = worker.stop(30 * SECOND);
    claimed.resolve();
    expect(await stopping).toEqual({ unfinished: 0 });
    expect([posts, await statusOf(one)]).toEqual([[], ['pending']]);
    worker = begin();
    await worker.start();
    await settle();
    expect(await statusOf(one)).toEqual(['delivered']);
  });

  it('leaves an endpoint alone for as long as it asked, through a restart too', async () => {
    await endpoint(acme);
    answer = () => 503;
    retryAfterMs = 6 * 3_600 * SECOND;
    await worker.start();
    await message(acme);
    await settle();
    await worker.stop(0);
    worker = begin();
    await worker.start();
    await clock.advance(5 * 3_600 * SECOND);
    expect(posts).toHaveLength(1);
    await clock.advance(2 * 3_600 * SECOND);
    expect(posts).toHaveLength(2);
  });

  it('stops: what is under way is broken off in the end, and posted by the next', async () => {
    const one = await endpoint(acme);
    await worker.start();
    const broken: Promise<number>[] = [];
    answer = ({ signal }) => {
      const until = new Promise<number>((resolve) => signal?.addEventListener('abort', () => resolve(0)));
      broken.push(until);
      return until;
    };
    await message(acme);
    await settle();
    expect(worker.inFlight()).toBe(1);
    const stopping = worker.stop(30 * SECOND);
    await clock.advance(31 * SECOND);
    expect(await stopping).toEqual({ unfinished: 0 });
    expect(await statusOf(one)).toEqual(['pending']);
    answer = () => 200;
    worker = begin();
    await worker.start();
    await settle();
    expect(await statusOf(one)).toEqual(['delivered']);
    expect(posts.map(({ id }) => id)).toEqual([posts[0]?.id, posts[0]?.id]);
  });
});

describe('a store that refuses', () => {
  const full = () => Promise.reject(new IepError('store_unavailable', 'the disk is full'));

  it('is given no more outcomes than those of what was posted: the rest waits until there is room', async () => {
    let isFull = false;
    let fannedOut = 0;
    const kept = Promise.withResolvers<void>();
    const endpoints = [];
    for (let n = 0; n < 24; n += 1) endpoints.push(await endpoint(acme, `https://hooks.example/${n}`));
    worker = begin(
      {
        settle: (settlement) => (isFull ? full() : store.webhooks.settle(settlement)),
        release: (given) => (isFull ? full() : store.webhooks.release(given)),
        async fanOut(input) {
          fannedOut += 1;
          return store.webhooks.fanOut(input);
        },
      },
      { spend: () => kept.promise, missing: () => undefined },
    );
    await worker.start();
    isFull = true;
    await message(acme);
    await clock.advance(60 * SECOND);
    const begun = posts.length;
    // What one claim brings.
    expect(begun).toBe(10);
    const made = fannedOut;
    await message(rival);
    isFull = false;
    await clock.advance(60 * SECOND);
    expect([posts.length, worker.inFlight(), fannedOut]).toEqual([begun, 0, made]);
    kept.resolve();
    await settle();
    expect(fannedOut).toBeGreaterThan(made);
    expect(posts).toHaveLength(endpoints.length);
    for (const one of endpoints) expect(await statusOf(one)).toEqual(['delivered']);
  });

  it('is given none by a start without room', async () => {
    const kept = Promise.withResolvers<void>();
    let missing: Promise<void> | undefined = kept.promise;
    const one = await endpoint(acme);
    worker = begin({}, { spend: () => kept.promise, missing: () => missing });
    await worker.start();
    await message(acme);
    await clock.advance(60 * SECOND);
    expect(posts).toEqual([]);
    missing = undefined;
    kept.resolve();
    await settle();
    expect(await statusOf(one)).toEqual(['delivered']);
  });

  it('does not hold up a stop beyond its deadline', async () => {
    await endpoint(acme);
    worker = begin({ settle: full, release: full });
    await worker.start();
    await message(acme);
    await settle();
    expect([posts.length, worker.inFlight()]).toEqual([1, 1]);
    const stopped = worker.stop(2 * SECOND);
    await clock.advance(2 * SECOND);
    expect(await stopped).toEqual({ unfinished: 0 });
  });
});
