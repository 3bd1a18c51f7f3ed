/** Who has a message when: the handoff from memory, leases of daemons that died, clocks that jump. */

import { afterEach, describe, expect, it } from 'vitest';
import { messageOf } from '../../../test/jobs.ts';
import { quiet } from '../../../test/manual-clock.ts';
import { cleanUp, deferral, delivered, inTurn, setUp, throttling } from './outbox.testing.ts';

afterEach(cleanUp);

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
    const setting = await setUp({ relay: inTurn(throttling, delivered) });
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

describe('the clock', () => {
  it('set back: a retry comes when it would have come', async () => {
    const { accept, start, look, clock, log } = await setUp({ relay: inTurn(deferral, delivered) });
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
    const { accept, start, look, clock, relay } = await setUp({ relay: inTurn(deferral, delivered) });
    const message = await accept();
    await start();
    clock.setWall(3_600_000);
    await clock.advance(5_000);
    expect((await look(message)).status).toBe('sent');
    expect(relay.sent).toHaveLength(2);
  });
});
