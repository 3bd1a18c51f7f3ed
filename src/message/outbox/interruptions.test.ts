/** What goes wrong around a message: faults, a store that refuses, a stop in the middle. */

import { afterEach, describe, expect, it } from 'vitest';
import { quiet } from '../../../test/manual-clock.ts';
import { IepError } from '../../core/errors.ts';
import type { Message } from '../../core/message.ts';
import type { RenderResult } from '../render/render.ts';
import { cleanUp, delivered, setUp, unavailable, unknown } from './outbox.testing.ts';

afterEach(cleanUp);

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
