import { afterEach, describe, expect, it } from 'vitest';
import { heardLog } from '../../../test/heard-log.ts';
import { messageOf } from '../../../test/jobs.ts';
import { createManualClock, quiet } from '../../../test/manual-clock.ts';
import { openTestStore } from '../../../test/store.ts';
import { createDirectory } from '../../access/directory.ts';
import { noMetrics } from '../../base/observe/no-metrics.ts';
import { IepError } from '../../core/errors.ts';
import { createIds } from '../../core/ids.ts';
import type { Message } from '../../core/message.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { TenantSettings } from '../../core/tenant-settings.ts';
import type { MessageFilter } from '../../db/verbs/messages.ts';
import type { Store } from '../../db/verbs/store.ts';
import type { Gather } from '../attachments/gather.ts';
import { createDelivery } from '../delivery/deliver.ts';
import type { Parcel, Provider, SendResult } from '../providers/provider.ts';
import type { RenderResult } from '../render/render.ts';
import { createOutbox, type OutboxOptions } from './outbox.ts';
import { tenantPolicyOf } from './tenant-policy.ts';

const reply = { text: '250 2.0.0 ok' };
const delivered: Outcome = { kind: 'delivered', reply };
const deferred: Outcome = { kind: 'deferred', reply: { text: '451 later' } };
const unknown: Outcome = { kind: 'unknown', reply: { text: 'no answer' } };
const unavailable: Outcome = { kind: 'unavailable', reply: { text: 'refused' } };
const throttled: Outcome = { kind: 'throttled', reply: { text: '450 slow down' } };

const MAX_AGE_MS = 432_000_000;
const breaker = { failureRate: 0.5, windowMs: 60_000, cooldownMs: 30_000, minimumAttempts: 10 };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Answer = (parcel: Parcel, signal: AbortSignal) => Outcome | Promise<Outcome>;

function provider(name: string, answer: Answer, concurrency = 4): Provider & { readonly sent: Parcel[] } {
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
const inTurn = (...outcomes: readonly Outcome[]): Answer => {
  let n = 0;
  return () => outcomes[Math.min(n++, outcomes.length - 1)] ?? delivered;
};

interface Setting {
  readonly relay?: Answer;
  readonly spare?: Answer;
  readonly tenant?: TenantSettings;
  readonly gather?: Gather;
  /** Of the platform. */
  readonly sending?: 'off';
  readonly render?: (message: Message) => Promise<RenderResult>;
  readonly options?: Partial<OutboxOptions>;
  readonly spend?: () => Promise<void>;
  readonly missing?: Promise<void>;
  /** Stands between the outbox and the store. */
  readonly faulty?: (store: Store) => Partial<Store['outbox']>;
}

async function setUp(setting: Setting = {}) {
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
        composeMime: async () => new Uint8Array(),
        readBytes: async () => new Uint8Array(),
        clock,
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

describe('a message that goes in several requests', () => {
  const inRequests = (relay: Provider, halt: () => Promise<void>) => {
    relay.send = async ({ recipients }, _stop, between) => {
      const outcomes = new Map<number, Outcome>();
      for (const { position } of recipients) {
        outcomes.set(position, delivered);
        if (position === 1) await halt();
        if (!(await between?.({ outcomes: new Map([[position, delivered]]) }))) break;
      }
      for (const { position } of recipients) if (!outcomes.has(position)) outcomes.set(position, unavailable);
      return { outcomes };
    };
  };

  it('is settled request by request, and the end says no more of those who have it', async () => {
    const { accept, start, look, history, relay } = await setUp();
    const midway = Promise.withResolvers<void>();
    inRequests(relay, () => midway.promise);
    const message = await accept({ recipients: 3 });
    await start();
    const early = await look(message);
    expect([early.status, early.recipients.map(({ status }) => status)]).toEqual([
      ...['processing', ['sent', 'processing', 'processing']],
    ]);
    midway.resolve();
    await quiet();
    const { status, attempts, attemptLog } = await look(message);
    expect([status, attempts, attemptLog.length]).toEqual(['sent', 1, 1]);
    expect(await history(message)).toBe('queued processing sent sent sent');
  });

  it('goes on with the others where the process died in between', async () => {
    const { accept, start, look, relay, history } = await setUp();
    inRequests(relay, () => new Promise(() => undefined));
    const message = await accept({ recipients: 3 });
    await start('daemon 1/run 1');
    const asked: number[] = [];
    relay.send = async ({ recipients }) => {
      asked.push(...recipients.map(({ position }) => position));
      return { outcomes: new Map(recipients.map(({ position }) => [position, delivered])) };
    };
    await start('daemon 1/run 2');
    expect(asked).toEqual([1, 2]);
    expect((await look(message)).status).toBe('sent');
    expect(await history(message)).toBe('queued processing sent processing sent sent');
  });

  it('keeps what is known where the rest meets a fault', async () => {
    const { accept, start, look, relay } = await setUp();
    inRequests(relay, async () => {
      throw new Error('poison');
    });
    const message = await accept({ recipients: 3 });
    await start();
    expect((await look(message)).recipients.map(({ status }) => status)).toEqual(['sent', 'queued', 'queued']);
  });
});

describe('one message', () => {
  it('is sent, and its history says so', async () => {
    const { accept, start, look, history, log } = await setUp();
    const message = await accept();
    await start();
    expect(await look(message)).toMatchObject({ status: 'sent', attempts: 1, provider: 'relay' });
    expect(await history(message)).toBe('queued processing sent');
    expect(log.lines.filter((line) => line.message === 'attempt')).toHaveLength(1);
  });

  it('is tried again by the schedule, and then sent', async () => {
    const { accept, start, look, history, clock, relay } = await setUp({
      relay: inTurn(deferred, deferred, delivered),
    });
    const message = await accept();
    await start();
    expect(await look(message)).toMatchObject({ status: 'queued', attempts: 1, lastError: '451 later' });
    await clock.advance(59_000);
    expect(relay.sent).toHaveLength(1);
    await clock.advance(1_500);
    expect(relay.sent).toHaveLength(2);
    await clock.advance(301_000);
    expect(await look(message)).toMatchObject({ status: 'sent', attempts: 3 });
    expect(await history(message)).toBe('queued processing retry_scheduled processing retry_scheduled processing sent');
  });

  it('becomes a dead letter when its attempts are used up, and can be retried', async () => {
    const { accept, start, look, history, clock, relay, store, acme } = await setUp({
      relay: inTurn(deferred, deferred, deferred, delivered),
    });
    const message = await accept();
    const outbox = await start();
    await clock.advance(1_000_000);
    expect(relay.sent).toHaveLength(3);
    expect(await look(message)).toMatchObject({ status: 'failed', dead: true, attempts: 3 });
    expect((await history(message)).endsWith('processing failed dlq')).toBe(true);
    await store.messages.retry({ tenantId: acme, messageId: message.id, now: clock.now() });
    outbox.wake();
    await quiet();
    expect(await look(message)).toMatchObject({ status: 'sent', dead: false });
  });

  it('keeps what each recipient has: only the open ones are tried again', async () => {
    const { accept, start, look, clock, relay } = await setUp();
    relay.send = async (parcel) => {
      relay.sent.push(parcel);
      const bad = relay.sent.length === 1 ? deferred : ({ kind: 'rejected', reply, bounce: 'hard' } as const);
      const outcomes = parcel.recipients.map(({ position }) => [position, position === 1 ? bad : delivered] as const);
      return { outcomes: new Map(outcomes) };
    };
    const message = await accept({ recipients: 3 });
    await start();
    await clock.advance(61_000);
    expect(relay.sent.map(({ recipients }) => recipients.length)).toEqual([3, 1]);
    const { status, recipients } = await look(message);
    expect(recipients.map((one) => one.status)).toEqual(['sent', 'bounced', 'sent']);
    expect(status).toBe('sent');
  });

  it('skips suppressed recipients', async () => {
    const { accept, start, look, relay, store, acme, clock } = await setUp();
    const entry = { email: 'r1@example.com', reason: 'manual', createdAt: clock.now() } as const;
    await store.suppressions.add({ tenantId: acme, entries: [entry] });
    const message = await accept({ recipients: 2 });
    await start();
    expect(relay.sent[0]?.recipients).toHaveLength(1);
    expect((await look(message)).recipients.map(({ status }) => status)).toEqual(['sent', 'suppressed']);
  });

  it('fails for good when its template is at fault, and the history has the reason', async () => {
    const { accept, start, look, relay } = await setUp({
      render: async () => ({ ok: false, reason: 'htmlBody: expected }} on line 3' }),
    });
    const message = await accept();
    await start();
    const { status, events, attempts } = await look(message);
    expect([status, attempts, relay.sent.length]).toEqual(['failed', 0, 0]);
    expect(events.at(-1)?.data.reason).toContain('htmlBody: expected }} on line 3');
  });

  it('waits for an attachment that cannot be fetched now, and no provider hears of it', async () => {
    const outcomes: Outcome[] = [
      { kind: 'deferred', reply: { text: 'was answered with 503' } },
      { kind: 'rejected', reply: { text: 'was answered with 404' }, bounce: 'content' },
    ];
    const { accept, start, look, relay, clock } = await setUp({
      gather: async () => {
        const times = { startedAt: clock.now(), endedAt: clock.now() };
        const outcome = outcomes.shift() as Outcome;
        return { kind: 'failed', report: { provider: '', ...times, outcomes: new Map([[0, outcome]]) } };
      },
    });
    const message = await accept({ attachmentUrls: [{ url: 'https://files.example/a.pdf', position: 0 }] });
    await start();
    const waiting = await look(message);
    expect([waiting.status, waiting.attempts, waiting.lastError]).toEqual(['queued', 1, 'was answered with 503']);
    await clock.advance(60_000);
    await quiet();
    const failed = await look(message);
    expect([failed.status, failed.attempts, failed.lastError]).toEqual(['failed', 2, 'was answered with 404']);
    expect(failed.events.map(({ type }) => type)).toEqual([
      ...['queued', 'processing', 'retry_scheduled', 'processing', 'failed'],
    ]);
    expect(relay.sent).toEqual([]);
  });

  it('waits while the queue is paused', async () => {
    const { accept, start, look, store, clock } = await setUp();
    await store.outbox.pause({ paused: true, now: clock.now() });
    const message = await accept();
    const outbox = await start();
    expect((await look(message)).status).toBe('queued');
    await store.outbox.pause({ paused: false, now: clock.now() });
    outbox.wake();
    await quiet();
    expect((await look(message)).status).toBe('sent');
  });
});

describe('what a tenant wishes', () => {
  it('its own schedule of retries', async () => {
    const { accept, start, look, clock } = await setUp({
      relay: inTurn(deferred, deferred, delivered),
      tenant: { retryScheduleSeconds: [5, 7] },
    });
    const message = await accept();
    await start();
    expect((await look(message)).nextAttemptAt).toBe(clock.now() + 5_000);
    await clock.advance(5_000);
    expect((await look(message)).nextAttemptAt).toBe(clock.now() + 7_000);
    await clock.advance(7_000);
    expect((await look(message)).status).toBe('sent');
  });

  it.each([
    { whose: 'for this tenant', setting: { tenant: { sending: 'off' as const } } },
    { whose: 'on this platform', setting: { sending: 'off' as const } },
  ])(
    'sending off $whose: recorded with what was rendered, not delivered, no dead letter',
    async ({ whose, setting }) => {
      const { accept, start, look, history, relay, spare, store, acme } = await setUp({
        ...setting,
        render: async () => ({ ok: true, rendered: { subject: 'Hello Jo' }, changed: true }),
      });
      await store.suppressions.add({
        tenantId: acme,
        entries: [{ email: 'r1@example.com', reason: 'manual', createdAt: 0 }],
      });
      const message = await accept({ recipients: 2 });
      await start();
      const reason = `sending is off ${whose}`;
      const found = await look(message);
      expect(found).toMatchObject({
        ...{ status: 'suppressed', dead: false, attempts: 0, lastError: reason },
        recipients: [{ status: 'suppressed', reply: reason }, { status: 'suppressed' }],
      });
      expect(found.recipients[1]).not.toHaveProperty('reply');
      expect(found.events.map(({ type, data }) => [type, data.reason])).toEqual([
        ['queued', undefined],
        ['suppressed', reason],
        ['suppressed', undefined],
      ]);
      expect(await history(message)).toBe('queued suppressed suppressed');
      const content = await store.messages.content({ tenantId: acme, messageId: message.id });
      expect(content?.rendered?.subject).toBe('Hello Jo');
      expect([relay.sent, spare.sent]).toEqual([[], []]);
      expect((await store.outbox.queue({ now: 0 })).rows).toEqual([]);
    },
  );

  it('sending off, decided when it would go: what is scheduled goes if it is on by then, and the rest by a retry', async () => {
    const { accept, start, look, clock, store, acme } = await setUp({ tenant: { sending: 'off' } });
    const now = await accept();
    const later = await accept({ scheduledAt: clock.now() + 60_000 });
    const outbox = await start();
    expect([(await look(now)).status, (await look(later)).status]).toEqual(['suppressed', 'scheduled']);
    await store.tenants.set({ tenantId: acme, settings: { sending: null }, now: clock.now() });
    await clock.advance(61_000);
    expect((await look(later)).status).toBe('sent');
    const find = async (filter: MessageFilter) =>
      (await store.messages.retryable({ tenantId: acme, filter, limit: 10 })).items;
    expect(await find({})).toEqual([]);
    const messages = await find({ status: ['suppressed'] });
    expect(await store.messages.retryEach({ tenantId: acme, messages, now: clock.now() })).toHaveLength(1);
    outbox.wake();
    await quiet();
    expect((await look(now)).status).toBe('sent');
  });

  it('sending off does not hide a template that is wrong', async () => {
    const { accept, start, look } = await setUp({
      tenant: { sending: 'off' },
      render: async () => ({ ok: false, reason: 'no such helper' }),
    });
    const message = await accept();
    await start();
    expect(await look(message)).toMatchObject({
      status: 'failed',
      lastError: expect.stringContaining('no such helper'),
    });
  });

  it('not active: what waits stays, and goes when it is active again', async () => {
    const { accept, start, look, clock, store, acme, addTenant } = await setUp();
    const setActive = (active: boolean) => store.tenants.set({ tenantId: acme, active, now: clock.now() });
    await setActive(false);
    const message = await accept();
    const other = await accept({ tenantId: await addTenant('globex') });
    const outbox = await start();
    await clock.advance(3_600_000);
    expect([(await look(message)).status, (await look(other)).status]).toEqual(['queued', 'sent']);
    expect((await store.outbox.queue({ now: clock.now() })).rows).toMatchObject([
      { active: false, paused: false, due: 1 },
    ]);
    await setActive(true);
    outbox.wake();
    await quiet();
    expect((await look(message)).status).toBe('sent');
  });
});

describe('providers', () => {
  it('the fallback takes what the primary cannot: one attempt', async () => {
    const { accept, start, look, history } = await setUp({ relay: () => unavailable });
    const message = await accept();
    await start();
    expect(await look(message)).toMatchObject({ status: 'sent', provider: 'spare', attempts: 1 });
    expect(await history(message)).toBe('queued processing delivery_delayed processing sent');
  });

  it('both unavailable: tried again later', async () => {
    const { accept, start, look } = await setUp({ relay: () => unavailable, spare: () => unavailable });
    const message = await accept();
    await start();
    expect(await look(message)).toMatchObject({ status: 'queued', attempts: 1 });
  });

  it('unknown: no other provider is tried, and it is sent again', async () => {
    const { accept, start, look, clock, spare } = await setUp({ relay: inTurn(unknown, delivered) });
    const message = await accept();
    await start();
    expect([await look(message), spare.sent.length]).toMatchObject([{ status: 'queued', attempts: 1 }, 0]);
    await clock.advance(61_000);
    expect(await look(message)).toMatchObject({ status: 'sent', attempts: 2 });
  });

  it('unknown: no later attempt goes to another provider either', async () => {
    const { accept, start, look, clock, spare } = await setUp({ relay: inTurn(unknown, unavailable, delivered) });
    const message = await accept();
    await start();
    await clock.advance(61_000);
    expect([await look(message), spare.sent.length]).toMatchObject([{ status: 'queued', attempts: 2 }, 0]);
    await clock.advance(330_000);
    expect(await look(message)).toMatchObject({ status: 'sent', provider: 'relay', attempts: 3 });
  });

  it('unknown: held where the tenant wishes, until somebody retries it', async () => {
    const { accept, start, look, clock, relay, store, acme } = await setUp({
      relay: inTurn(unknown, delivered),
      tenant: { unknownOutcome: 'hold' },
    });
    const message = await accept();
    const outbox = await start();
    await clock.advance(1_000_000);
    expect([await look(message), relay.sent.length]).toMatchObject([{ status: 'failed', dead: true }, 1]);
    await store.messages.retry({ tenantId: acme, messageId: message.id, now: clock.now() });
    outbox.wake();
    await quiet();
    expect((await look(message)).status).toBe('sent');
  });

  it('throttling costs no attempt, however often, and slows the provider for everybody', async () => {
    let asks = 6;
    const { accept, start, look, clock, relay } = await setUp({ relay: () => (asks-- > 0 ? throttled : delivered) });
    const first = await accept();
    const second = await accept();
    await start();
    // Both were under way when it asked; from then on one goes alone, later each time.
    expect(relay.sent).toHaveLength(2);
    await clock.advance(60_000);
    expect([await look(first), await look(second)]).toMatchObject([
      { status: 'sent', attempts: 1 },
      { status: 'sent', attempts: 1 },
    ]);
    expect(relay.sent).toHaveLength(8);
  });

  it('a stuck provider holds up only its own tenants', async () => {
    const { accept, start, look, addTenant, relay } = await setUp({
      relay: () => new Promise(() => undefined),
      tenant: { primary: 'relay' },
      // From another thread, as in the daemon: what was claimed is at its gate before the next claim is answered.
      faulty: (store) => ({
        async claim(request) {
          await new Promise(setImmediate);
          return store.outbox.claim(request);
        },
      }),
    });
    const other = await addTenant('other', { primary: 'spare' });
    for (let n = 0; n < 300; n += 1) await accept();
    const theirs: Message[] = [];
    for (let n = 0; n < 50; n += 1) theirs.push(await accept({ tenantId: other }));
    const outbox = await start();
    for (let turn = 0; turn < 10; turn += 1) await quiet();
    expect(relay.sent).toHaveLength(4);
    expect(outbox.inFlight()).toBeLessThan(4 + 200);
    for (const message of theirs) expect((await look(message)).status).toBe('sent');
  });
});

describe('tenants', () => {
  it('take turns: one message does not wait for another tenant’s thousand', async () => {
    const { accept, start, addTenant, relay, acme } = await setUp();
    const other = await addTenant('other');
    for (let n = 0; n < 1_000; n += 1) await accept();
    const small = await accept({ tenantId: other });
    await start();
    const index = relay.sent.findIndex(({ messageId }) => messageId === small.id);
    expect(index).toBeGreaterThanOrEqual(0);
    expect(index).toBeLessThan(100);
    for (let n = 0; n < 500 && relay.sent.length < 1_001; n += 1) await quiet();
    expect(relay.sent.filter(({ tenantId }) => tenantId === acme)).toHaveLength(1_000);
  });
});

describe('the handoff', () => {
  const handOver = async (
    { store, acme, newId, clock }: Awaited<ReturnType<typeof setUp>>,
    outbox: { handoff: import('./outbox.ts').Handoff },
  ) => {
    const message = messageOf({ id: newId(), tenantId: acme, createdAt: clock.now() });
    const lease = outbox.handoff.reserve(1);
    const [result] = await store.outbox.accept({
      tenantId: acme,
      messages: [{ message, recipients: [{ address: 'r0@example.com', kind: 'to' }] }],
      ...(lease && { lease }),
    });
    const job = result?.kind === 'accepted' ? result.job : undefined;
    if (lease) outbox.handoff.take(job ? [job] : [], 1);
    return { message, lease };
  };

  it('sends what was just accepted without a claim', async () => {
    let claims = 0;
    const setting = await setUp({
      faulty: (store) => ({
        claim: (request) => {
          claims += 1;
          return store.outbox.claim(request);
        },
      }),
    });
    const outbox = await setting.start();
    const before = claims;
    const { message, lease } = await handOver(setting, outbox);
    await quiet();
    expect(lease).toMatchObject({ owner: 'daemon 1' });
    expect((await setting.look(message)).status).toBe('sent');
    expect(claims).toBe(before);
  });

  it('is told of what is scheduled, which goes at its time and not with the next look at the store', async () => {
    const setting = await setUp();
    const outbox = await setting.start();
    const scheduledAt = setting.clock.now() + 1_000;
    const message = await setting.accept({ scheduledAt });
    outbox.handoff.dueAt(scheduledAt);
    await setting.clock.advance(999);
    expect((await setting.look(message)).status).toBe('scheduled');
    await setting.clock.advance(1);
    expect((await setting.look(message)).status).toBe('sent');
  });

  it('says no while a way out is closed, and what it said no to is claimed all the same', async () => {
    const setting = await setUp({ relay: inTurn(throttled, delivered) });
    const outbox = await setting.start();
    const first = await handOver(setting, outbox);
    await quiet();
    const second = await handOver(setting, outbox);
    expect([first.lease === undefined, second.lease === undefined]).toEqual([false, true]);
    await setting.clock.advance(3_000);
    expect((await setting.look(first.message)).status).toBe('sent');
    expect((await setting.look(second.message)).status).toBe('sent');
  });

  it('says no when too much is in flight, and the rest is claimed as there is room', async () => {
    let free: () => void = () => undefined;
    const freed = new Promise<void>((resolve) => {
      free = resolve;
    });
    const setting = await setUp({ relay: () => freed.then(() => delivered), options: { maxInFlight: () => 3 } });
    const outbox = await setting.start();
    const handed = [];
    for (let n = 0; n < 5; n += 1) handed.push(await handOver(setting, outbox));
    expect(handed.map(({ lease }) => lease !== undefined)).toEqual([true, true, true, false, false]);
    free();
    for (let n = 0; n < 5; n += 1) await quiet();
    for (const { message } of handed) expect((await setting.look(message)).status).toBe('sent');
  });

  it('says no when stopping', async () => {
    const { start } = await setUp();
    const outbox = await start();
    await outbox.stop(1_000);
    expect(outbox.handoff.reserve(1)).toBeUndefined();
  });
});

describe('leases', () => {
  it('a claim that lost its lease changes nothing', async () => {
    let free: () => void = () => undefined;
    const freed = new Promise<void>((resolve) => {
      free = resolve;
    });
    const { accept, start, look, store, clock, log, history } = await setUp({
      relay: () => freed.then(() => delivered),
    });
    const message = await accept();
    await start('daemon 1');
    await store.outbox.recover({ owner: 'daemon 2', now: clock.now() });
    await store.outbox.claim({
      owner: 'daemon 2',
      now: clock.now(),
      leaseMs: 1_000,
      limit: 1,
      skipTenants: [],
    });
    free();
    await quiet();
    expect((await look(message)).attempts).toBe(0);
    expect(await history(message)).toBe('queued');
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('of three daemons that died make a dead letter, which says so, and a retry by hand begins anew', async () => {
    const { accept, start, look, store, clock, relay } = await setUp();
    const message = await accept();
    const now = clock.now();
    for (const owner of ['first', 'second', 'third']) {
      await store.outbox.recover({ owner, now });
      await store.outbox.claim({ owner, now, leaseMs: 1_000, limit: 1, skipTenants: [] });
    }
    await start();
    expect(relay.sent).toHaveLength(0);
    expect(await look(message)).toMatchObject({
      ...{ status: 'failed', dead: true, attempts: 0 },
      lastError: `the daemon died 3 times while this message was under way, so it is set aside; \`iep retry ${message.id}\` tries it again`,
    });
    await store.messages.retry({ tenantId: message.tenantId, messageId: message.id, now: clock.now() });
    await clock.advance(5_000);
    expect(await look(message)).toMatchObject({ status: 'sent', dead: false });
  });

  it('of a daemon that died are freed by the next', async () => {
    const { accept, start, look, store, clock, log } = await setUp();
    const message = await accept();
    const hour = 3_600_000;
    await store.outbox.claim({
      owner: 'dead',
      now: clock.now(),
      leaseMs: hour,
      limit: 10,
      skipTenants: [],
    });
    await start();
    expect((await look(message)).status).toBe('sent');
    expect(log.lines[0]?.fields).toEqual({ freed: 1 });
  });
});

describe('a fault', () => {
  const broken = () => Promise.reject(new TypeError('x is not a function'));
  const rendered: RenderResult = { ok: true, rendered: { subject: 'x' }, changed: false };

  it('is logged once and told in the history, and the message tried again later each time', async () => {
    let isBroken = true;
    const { accept, start, look, history, clock, log, relay } = await setUp({
      render: () => (isBroken ? broken() : Promise.resolve(rendered)),
    });
    const message = await accept();
    await start();
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(await look(message)).toMatchObject({
      ...{ status: 'queued', attempts: 0, nextAttemptAt: clock.now() + 60_000 },
      lastError: expect.stringContaining('(TypeError)'),
    });
    await clock.advance(60_000);
    expect((await look(message)).nextAttemptAt).toBe(clock.now() + 300_000);
    isBroken = false;
    await clock.advance(299_000);
    expect(relay.sent).toHaveLength(0);
    await clock.advance(2_000);
    expect(await look(message)).toMatchObject({ status: 'sent', attempts: 1 });
    expect(await history(message)).toBe('queued delivery_delayed delivery_delayed processing sent');
  });

  it('that does not end makes a dead letter in the end, and a retry begins anew', async () => {
    let isBroken = true;
    const { accept, start, look, history, clock, store, acme } = await setUp({
      render: () => (isBroken ? broken() : Promise.resolve(rendered)),
      options: { retry: { scheduleSeconds: [60, 300], jitter: 0, maxAgeMs: 600_000 } },
    });
    const message = await accept();
    const outbox = await start();
    await clock.advance(3_600_000);
    expect(await look(message)).toMatchObject({ status: 'failed', dead: true, attempts: 0 });
    expect(await history(message)).toBe('queued delivery_delayed delivery_delayed delivery_delayed failed dlq');
    isBroken = false;
    await store.messages.retry({ tenantId: acme, messageId: message.id, now: clock.now() });
    outbox.wake();
    await quiet();
    expect(await look(message)).toMatchObject({ status: 'sent', dead: false });
  });

  it('of one message holds up no other', async () => {
    const { accept, start, look } = await setUp({
      render: (message) => (message.subject === 'poison' ? broken() : Promise.resolve(rendered)),
    });
    const poison = await accept({ subject: 'poison' });
    const other = await accept();
    await start();
    expect([(await look(poison)).status, (await look(other)).status]).toEqual(['queued', 'sent']);
  });

  it('at the fallback keeps what the primary said, and is logged', async () => {
    const { accept, start, look, log, relay, spare } = await setUp();
    relay.send = async (parcel) => {
      relay.sent.push(parcel);
      return {
        outcomes: new Map(
          parcel.recipients.map(({ position }) => [position, [delivered, unavailable][position] ?? delivered]),
        ),
      };
    };
    spare.send = broken;
    const message = await accept({ recipients: 2 });
    await start();
    const { attempts, recipients } = await look(message);
    expect([attempts, recipients.map(({ status }) => status)]).toEqual([1, ['sent', 'queued']]);
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('of a claim that lost its lease changes nothing', async () => {
    let goOn: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const { accept, start, history, store, clock } = await setUp({ render: () => begun.then(broken) });
    const message = await accept();
    await start('daemon 1');
    const now = clock.now();
    await store.outbox.recover({ owner: 'daemon 2', now });
    await store.outbox.claim({ owner: 'daemon 2', now, leaseMs: 1_000, limit: 1, skipTenants: [] });
    goOn();
    await quiet();
    expect(await history(message)).toBe('queued');
    expect((await store.outbox.queue({ now })).rows).toMatchObject([{ leased: 1 }]);
  });

  it('while an answer is written down makes a dead letter: the provider has the message', async () => {
    let calls = 0;
    const { accept, start, look, clock, relay } = await setUp({
      faulty: (store) => ({ settle: (settlement) => (++calls === 1 ? broken() : store.outbox.settle(settlement)) }),
    });
    const message = await accept();
    await start();
    await clock.advance(3_600_000);
    expect(await look(message)).toMatchObject({ status: 'failed', dead: true });
    expect(relay.sent).toHaveLength(1);
  });

  it('that cannot be written down leaves the message to the end of its lease', async () => {
    let isBroken = true;
    const { accept, start, look, clock } = await setUp({
      faulty: (store) => ({ settle: (settlement) => (isBroken ? broken() : store.outbox.settle(settlement)) }),
    });
    const message = await accept();
    await start();
    isBroken = false;
    await clock.advance(599_000);
    expect((await look(message)).status).toBe('queued');
    await clock.advance(2_000);
    expect((await look(message)).status).toBe('sent');
  });

  it('is not the message’s where the store, or what keeps large content, is out', async () => {
    let isOut = true;
    const cause = new IepError('store_unavailable', 'the S3 service is away');
    const { accept, start, look, history, clock, log } = await setUp({
      render: async () => {
        if (isOut) throw new Error('the message could not be read to its end', { cause });
        return rendered;
      },
      options: { retry: { scheduleSeconds: [60], jitter: 0, maxAgeMs: 1_000 } },
    });
    const message = await accept();
    await start();
    await clock.advance(1_200_000);
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(3);
    expect(await look(message)).toMatchObject({ status: 'queued', attempts: 0 });
    isOut = false;
    await clock.advance(600_000);
    expect(await history(message)).toBe('queued processing sent');
  });
});

describe('a store that refuses', () => {
  const full = () => Promise.reject(new IepError('store_unavailable', 'the disk is full'));

  it('is asked again until it has what the provider said; the message is sent once', async () => {
    let isFull = true;
    const { accept, start, look, clock, relay, log } = await setUp({
      faulty: (store) => ({ settle: (settlement) => (isFull ? full() : store.outbox.settle(settlement)) }),
    });
    const message = await accept();
    const outbox = await start();
    await clock.advance(3_600_000);
    expect([relay.sent.length, outbox.inFlight(), (await look(message)).status]).toEqual([1, 1, 'processing']);
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    isFull = false;
    await clock.advance(10_000);
    expect([relay.sent.length, outbox.inFlight(), (await look(message)).status]).toEqual([1, 0, 'sent']);
  });

  it('is given no more outcomes than those of what was in flight: the rest waits until there is room', async () => {
    let isFull = false;
    const room = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const { accept, start, look, clock, relay } = await setUp({
      relay: () => answered.promise.then(() => delivered),
      spend: () => room.promise,
      faulty: (store) => ({
        settle: (settlement) => (isFull ? full() : store.outbox.settle(settlement)),
        release: (given) => (isFull ? full() : store.outbox.release(given)),
      }),
    });
    const messages = [];
    for (let n = 0; n < 30; n += 1) messages.push(await accept());
    const outbox = await start();
    expect(relay.sent).toHaveLength(4);
    isFull = true;
    answered.resolve();
    await clock.advance(60_000);
    const handed = relay.sent.length;
    expect(handed).toBeLessThanOrEqual(8);
    expect(outbox.handoff.reserve(1)).toBeUndefined();
    isFull = false;
    await clock.advance(60_000);
    expect([relay.sent.length, outbox.inFlight()]).toEqual([handed, 0]);
    room.resolve();
    await clock.advance(10_000);
    expect(relay.sent).toHaveLength(30);
    for (const one of messages) expect((await look(one)).status).toBe('sent');
  });

  it('is given no outcomes at all by a start without room', async () => {
    const room = Promise.withResolvers<void>();
    const { accept, start, look, clock, relay } = await setUp({ missing: room.promise });
    const message = await accept();
    await start();
    await clock.advance(60_000);
    expect(relay.sent).toEqual([]);
    room.resolve();
    await quiet();
    expect((await look(message)).status).toBe('sent');
  });

  it('does not hold up a stop beyond its deadline', async () => {
    const { accept, start, clock } = await setUp({ faulty: () => ({ settle: full }) });
    await accept();
    const outbox = await start();
    const stopped = outbox.stop(2_000);
    await clock.advance(2_000);
    await clock.advance(5_000);
    expect(await stopped).toEqual({ unfinished: 0 });
  });

  it('is asked again for claims', async () => {
    let isFull = true;
    const { accept, start, look, clock } = await setUp({
      faulty: (store) => ({ claim: (request) => (isFull ? full() : store.outbox.claim(request)) }),
    });
    const message = await accept();
    await start();
    isFull = false;
    await clock.advance(1_000);
    expect((await look(message)).status).toBe('sent');
  });
});

describe('stopping', () => {
  it('finishes what is in flight', async () => {
    let free: () => void = () => undefined;
    const freed = new Promise<void>((resolve) => {
      free = resolve;
    });
    const { accept, start, look } = await setUp({ relay: () => freed.then(() => delivered) });
    const message = await accept();
    const outbox = await start();
    const stopped = outbox.stop(30_000);
    free();
    expect(await stopped).toEqual({ unfinished: 0 });
    expect((await look(message)).status).toBe('sent');
  });

  it('gives back at once what no provider has: waiting, being rendered, or on its way from the store or from memory', async () => {
    const freed = Promise.withResolvers<void>();
    const drawn = Promise.withResolvers<void>();
    const claimed = Promise.withResolvers<void>();
    let isHeld = false;
    const { accept, start, look, clock, relay, store } = await setUp({
      relay: () => freed.promise.then(() => delivered),
      render: async ({ id }) => {
        if (id === slow.id) await drawn.promise;
        return { ok: true, rendered: { subject: 'x' }, changed: false };
      },
      faulty: (real) => ({
        async claim(request) {
          const found = await real.outbox.claim(request);
          if (isHeld) await claimed.promise;
          return found;
        },
      }),
    });
    const slow = await accept();
    for (let n = 0; n < 10; n += 1) await accept();
    const outbox = await start();
    expect(relay.sent).toHaveLength(4);
    isHeld = true;
    const onItsWay = await accept();
    await quiet();

    const stopped = outbox.stop(30_000);
    drawn.resolve();
    claimed.resolve();
    await quiet();
    const { rows } = await store.outbox.queue({ now: clock.now() });
    expect(rows[0]).toMatchObject({ waiting: 12, leased: 4, due: 8 });
    freed.resolve();
    expect(await stopped).toEqual({ unfinished: 0 });
    expect(relay.sent).toHaveLength(4);
    for (const one of [slow, onItsWay]) expect(await look(one)).toMatchObject({ status: 'queued', attemptLog: [] });
  });

  it('tries no fallback any more, and the message loses no attempt by that', async () => {
    const freed = Promise.withResolvers<void>();
    const { accept, start, look, spare } = await setUp({ relay: () => freed.promise.then(() => unavailable) });
    const message = await accept({ maxAttempts: 1 });
    const outbox = await start();
    const stopped = outbox.stop(30_000);
    freed.resolve();
    expect(await stopped).toEqual({ unfinished: 0 });
    expect(spare.sent).toEqual([]);
    expect(await look(message)).toMatchObject({ status: 'queued', attempts: 0, attemptLog: [{ counted: false }] });
  });

  it('breaks off at the deadline: what was not sent is released, what may have been is unknown', async () => {
    const untilAborted = (signal: AbortSignal) =>
      new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    const { accept, start, look, clock, relay, store } = await setUp({
      relay: async (parcel, signal) => {
        await untilAborted(signal);
        return parcel.messageId === second.id ? unknown : unavailable;
      },
    });
    const first = await accept();
    const second = await accept();
    const waiting: Message[] = [];
    for (let n = 0; n < 10; n += 1) waiting.push(await accept());
    const outbox = await start();
    const stopped = outbox.stop(30_000);
    await clock.advance(30_000);
    expect(await stopped).toEqual({ unfinished: 0 });
    expect(relay.sent).toHaveLength(4);
    expect(await look(first)).toMatchObject({ status: 'queued', attempts: 0 });
    expect(await look(second)).toMatchObject({ status: 'queued', attempts: 1, lastError: 'no answer' });
    const { rows } = await store.outbox.queue({ now: clock.now() });
    expect(rows[0]).toMatchObject({ waiting: 12, leased: 0, due: 11 });
    for (const message of waiting) expect((await look(message)).attempts).toBe(0);
  });
});

describe('the clock', () => {
  it('set back: a retry comes when it would have come', async () => {
    const { accept, start, look, clock, log } = await setUp({ relay: inTurn(deferred, delivered) });
    const message = await accept();
    await start();
    clock.setWall(-3_600_000);
    await clock.advance(66_000);
    expect((await look(message)).status).toBe('sent');
    expect(log.lines.some((line) => line.message.includes('clock was set back'))).toBe(true);
  });

  it('ahead while the daemon before this one ran: nothing waits for that time to come', async () => {
    const { accept, start, look, clock, log } = await setUp({ relay: inTurn(delivered) });
    const message = await accept();
    clock.setWall(-86_400_000);
    await start();
    await clock.advance(1_000);
    expect((await look(message)).status).toBe('sent');
    expect(log.lines.some((line) => line.message.includes('the clock was ahead'))).toBe(true);
  });

  it('right: a wait that the provider named stays as long as it is, however short the schedule', async () => {
    const { accept, start, store, clock, log } = await setUp();
    await accept();
    const now = clock.now();
    const [job] = (await store.outbox.claim({ owner: 'daemon 1', now, leaseMs: 1_000, limit: 1, skipTenants: [] }))
      .jobs;
    await store.outbox.release({ messageId: job?.message.id ?? '', fence: job?.fence ?? 0, dueAt: now + 3_600_000 });
    await start('daemon 2');
    expect((await store.outbox.queue({ now })).rows).toMatchObject([{ nextDueAt: now + 3_600_000 }]);
    expect(log.lines.some((line) => line.message.includes('the clock was ahead'))).toBe(false);
  });

  it('set forward: what is due by it is sent, and nothing twice', async () => {
    const { accept, start, look, clock, relay } = await setUp({ relay: inTurn(deferred, delivered) });
    const message = await accept();
    await start();
    clock.setWall(3_600_000);
    await clock.advance(5_000);
    expect((await look(message)).status).toBe('sent');
    expect(relay.sent).toHaveLength(2);
  });
});

it('waits 60, 300, 900 and 3600 s between five attempts, and gives up after the last (seed 001 §10)', async () => {
  const options = { retry: { scheduleSeconds: [60, 300, 900, 3600], jitter: 0, maxAgeMs: MAX_AGE_MS } };
  const { start, accept, look, clock, relay } = await setUp({ relay: () => deferred, options });
  const message = await accept({ maxAttempts: 5 });
  await start();
  await clock.advance(5_000);
  const begun = [relay.sent.length];
  for (const seconds of [60, 300, 900, 3600]) {
    await clock.advance(seconds * 1_000 - 10_000);
    begun.push(relay.sent.length);
    await clock.advance(10_000);
    begun.push(relay.sent.length);
  }
  // Before each wait is over nothing is tried; after it, once.
  expect(begun).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5]);
  await clock.advance(MAX_AGE_MS);
  expect(relay.sent).toHaveLength(5);
  expect(await look(message)).toMatchObject({ status: 'failed', dead: true });
});
