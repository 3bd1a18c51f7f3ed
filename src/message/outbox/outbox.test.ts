/** What becomes of messages: their attempts, what tenants wish, which provider takes them. */

import { afterEach, describe, expect, it } from 'vitest';
import { quiet } from '../../../test/manual-clock.ts';
import type { Message } from '../../core/message.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { MessageFilter } from '../../db/verbs/messages.ts';
import {
  cleanUp,
  deferral,
  delivered,
  inTurn,
  MAX_AGE_MS,
  reply,
  setUp,
  throttling,
  unavailable,
  unknown,
} from './outbox.testing.ts';

afterEach(cleanUp);

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
      relay: inTurn(deferral, deferral, delivered),
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
      relay: inTurn(deferral, deferral, deferral, delivered),
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
      const bad = relay.sent.length === 1 ? deferral : ({ kind: 'rejected', reply, bounce: 'hard' } as const);
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
      relay: inTurn(deferral, deferral, delivered),
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
    const { accept, start, look, clock, relay } = await setUp({ relay: () => (asks-- > 0 ? throttling : delivered) });
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

it('waits 60, 300, 900 and 3600 s between five attempts, and gives up after the last (seed 001 §10)', async () => {
  const options = { retry: { scheduleSeconds: [60, 300, 900, 3600], jitter: 0, maxAgeMs: MAX_AGE_MS } };
  const { start, accept, look, clock, relay } = await setUp({ relay: () => deferral, options });
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
