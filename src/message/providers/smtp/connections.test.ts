/** The connections of the type `smtp`: how many there are, how long they are kept, what a check does with them, how they end. */

import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createManualClock } from '../../../../test/manual-clock.ts';
import { createSink } from '../../../../test/sink.ts';
import { createStopping } from '../../../core/stop.ts';
import { parcelFor } from '../provider.suite.ts';
import { closeAll, kinds, never, onlyOutcome, providerTo, replyAt, sinkWith, tls } from './send.testing.ts';

afterEach(closeAll);

describe('connections', () => {
  it('are kept from one message to the next', async () => {
    const sink = await sinkWith();
    const provider = providerTo(sink);
    for (let n = 0; n < 5; n += 1) await provider.send(parcelFor([`x${n}@example.com`]), never);
    expect(sink.sessions).toBe(1);
    expect(sink.messages).toHaveLength(5);
  });

  it('are as many as messages at once, and no more than allowed', async () => {
    const sink = await sinkWith();
    const provider = providerTo(sink, { maxConnections: 3 });
    await Promise.all(Array.from({ length: 12 }, (_, n) => provider.send(parcelFor([`x${n}@example.com`]), never)));
    expect(sink.messages).toHaveLength(12);
    expect(sink.sessions).toBeLessThanOrEqual(3);
  });

  it('carry no more messages than allowed', async () => {
    const sink = await sinkWith();
    const provider = providerTo(sink, { maxMessagesPerConnection: 2 });
    for (let n = 0; n < 5; n += 1) await provider.send(parcelFor([`x${n}@example.com`]), never);
    expect(sink.sessions).toBe(3);
    expect(sink.transcript.filter((line) => line.endsWith('QUIT')).length).toBeGreaterThanOrEqual(2);
  });

  it('that answer more than they were asked carry nothing more: each answer would be taken for that to the next', async () => {
    const sink = await sinkWith({}, replyAt('dot', '250 2.0.0 queued\n250 2.0.0 queued'));
    const provider = providerTo(sink, { maxConnections: 1 });
    const names = ['a@example.com', 'b@example.com', 'c@example.com'];
    const results = await Promise.all(names.map((name) => provider.send(parcelFor([name]), never)));
    expect(results.flatMap(kinds)).toEqual(['delivered', 'delivered', 'delivered']);
    expect(sink.messages.map(({ to }) => to[0])).toEqual(names);
    expect(sink.sessions).toBe(3);
  });

  it('that say more than a refusal carry nothing more', async () => {
    const sink = await sinkWith({}, replyAt('dot', '554 5.7.1 refused\n250 2.0.0 queued'));
    const provider = providerTo(sink, { maxConnections: 1 });
    expect(kinds(await provider.send(parcelFor(['a@example.com']), never))).toEqual(['rejected']);
    sink.script();
    expect(kinds(await provider.send(parcelFor(['b@example.com']), never))).toEqual(['delivered']);
    expect(sink.messages.map(({ to }) => to[0])).toEqual(['b@example.com']);
  });

  it('that died unseen are replaced without a failed attempt', async () => {
    const sink = await sinkWith();
    const provider = providerTo(sink);
    await provider.send(parcelFor(['x@example.com']), never);
    // Closes when the next MAIL comes, as a server does whose idle limit ran out in that very moment.
    sink.script(({ step, session }) => (step === 'MAIL' && session === 1 ? { end: 'drop' } : undefined));
    expect(kinds(await provider.send(parcelFor(['y@example.com']), never))).toEqual(['delivered']);
    expect(sink.sessions).toBe(2);
  });

  it.each(['421 4.4.2 idle timeout', '421 4.7.0 Too many messages on this connection'])(
    'that are sent away with %s are replaced as well',
    async (reply) => {
      const sink = await sinkWith();
      const provider = providerTo(sink);
      await provider.send(parcelFor(['x@example.com']), never);
      sink.script(({ step, session }) => (step === 'MAIL' && session === 1 ? reply : undefined));
      expect(kinds(await provider.send(parcelFor(['y@example.com']), never))).toEqual(['delivered']);
    },
  );

  it('that die after the final dot may have given the message: it is not sent again', async () => {
    const sink = await sinkWith();
    const provider = providerTo(sink);
    await provider.send(parcelFor(['x@example.com']), never);
    sink.script(replyAt('dot', { keep: true, end: 'drop' }));
    expect(kinds(await provider.send(parcelFor(['y@example.com']), never))).toEqual(['unknown']);
    expect(sink.messages.filter(({ to }) => to.includes('y@example.com'))).toHaveLength(1);
    expect(sink.sessions).toBe(1);
  });

  it('are replaced once only', async () => {
    const sink = await sinkWith();
    const provider = providerTo(sink);
    await provider.send(parcelFor(['x@example.com']), never);
    sink.script(replyAt('MAIL', { end: 'drop' }));
    expect(kinds(await provider.send(parcelFor(['y@example.com']), never))).toEqual(['unavailable']);
    expect(sink.sessions).toBe(2);
  });

  it('survive a restart of the server', async () => {
    const first = await createSink();
    const provider = providerTo(first);
    await Promise.all([1, 2, 3].map((n) => provider.send(parcelFor([`x${n}@example.com`]), never)));
    await first.close();
    const second = await sinkWith({ port: first.port });
    const results = await Promise.all([4, 5, 6].map((n) => provider.send(parcelFor([`x${n}@example.com`]), never)));
    expect(results.flatMap(kinds)).toEqual(['delivered', 'delivered', 'delivered']);
    expect(second.messages).toHaveLength(3);
  });

  it('are closed politely, and close() waits for what is under way', async () => {
    const sink = await sinkWith();
    const provider = providerTo(sink);
    let goOn: () => void = () => undefined;
    const told = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    sink.script(async ({ step }) => {
      if (step === 'dot') await told;
      return undefined;
    });
    const sending = provider.send(parcelFor(['x@example.com']), never);
    await sink.reached('dot');
    let closed = false;
    const closing = provider.close().then(() => {
      closed = true;
    });
    expect(closed).toBe(false);
    goOn();
    expect(kinds(await sending)).toEqual(['delivered']);
    await closing;
    await sink.reached('QUIT');
  });
});

describe('shutdown', () => {
  it('makes a message unknown when its data had left, and unavailable when not', async () => {
    const sink = await sinkWith({}, ({ step, argument, message }) => {
      if (step === 'RCPT' && argument === 'early@example.com') return { end: 'stall' };
      return step === 'dot' && message?.to[0] === 'late@example.com' ? { end: 'stall' } : undefined;
    });
    const provider = providerTo(sink);
    const controller = createStopping();
    const early = provider.send(parcelFor(['early@example.com']), controller);
    const late = provider.send(parcelFor(['late@example.com']), controller);
    await sink.reached('dot');
    await sink.reached('RCPT', 2);
    controller.breakOff();
    expect([onlyOutcome(await early)?.kind, onlyOutcome(await late)?.kind]).toEqual(['unavailable', 'unknown']);
  });

  it('breaks off a connection that is being opened', async () => {
    const sink = await sinkWith({}, replyAt('banner', { end: 'stall' }));
    const provider = providerTo(sink);
    const controller = createStopping();
    const sending = provider.send(parcelFor(['x@example.com']), controller);
    await sink.reached('banner');
    controller.breakOff();
    expect(onlyOutcome(await sending)).toMatchObject({ kind: 'unavailable' });
  });
});

describe('a connection that is turned away', () => {
  it.each([
    ['at the greeting', 'banner', '421 4.7.0 too many connections'],
    ['with another code', 'banner', '554 5.7.0 too many connections from your host'],
    ['without a word', 'banner', { end: 'drop' }],
    ['at its first MAIL', 'MAIL', '421 4.7.0 too many connections'],
    ['in words, without being closed', 'MAIL', '451 4.7.652 exceeded the maximum number of connections'],
  ] as const)('%s says how many others stand', async (_when, step, answer) => {
    const sink = await sinkWith();
    const provider = providerTo(sink);
    const answered = Promise.withResolvers<void>();
    sink.script((moment) => {
      if (moment.session > 2) return moment.step === step ? answer : undefined;
      return moment.step === 'dot' ? answered.promise.then(() => undefined) : undefined;
    });
    const two = [1, 2].map((n) => provider.send(parcelFor([`x${n}@example.com`]), never));
    await sink.reached('dot', 2);
    const third = onlyOutcome(await provider.send(parcelFor(['y@example.com']), never));
    expect(third).toMatchObject({ refused: { others: 2, isNew: true } });
    answered.resolve();
    expect((await Promise.all(two)).flatMap(kinds)).toEqual(['delivered', 'delivered']);
  });

  it('does not count as new after it has carried mail', async () => {
    const sink = await sinkWith();
    const provider = providerTo(sink);
    await provider.send(parcelFor(['x@example.com']), never);
    sink.script(({ step, session }) =>
      step === 'MAIL' && session === 1 ? '450 4.7.0 too many messages on this connection' : undefined,
    );
    const outcome = onlyOutcome(await provider.send(parcelFor(['y@example.com']), never));
    expect(outcome).toMatchObject({ refused: { others: 0, isNew: false } });
  });

  it('is none where nobody answers, or one whose certificate is not trusted', async () => {
    const away = await createSink();
    await away.close();
    expect(onlyOutcome(await providerTo(away).send(parcelFor(['x@example.com']), never))).toHaveProperty('refused');
    const secure = await sinkWith({ tls });
    const untrusting = providerTo(secure, { tls: 'required' });
    expect(onlyOutcome(await untrusting.send(parcelFor(['x@example.com']), never))).not.toHaveProperty('refused');
  });

  it('waits until a connection that was said goodbye to is gone: the server counts it till then', async () => {
    const sink = await sinkWith();
    sink.script(({ step }) => (step === 'banner' && sink.open > 1 ? '421 4.7.0 too many connections' : undefined));
    const provider = providerTo(sink, { maxMessagesPerConnection: 1 });
    for (let n = 0; n < 5; n += 1) {
      expect(kinds(await provider.send(parcelFor([`x${n}@example.com`]), never))).toEqual(['delivered']);
    }
    expect(sink.sessions).toBe(5);
  });
});

describe('check()', () => {
  it('connects and logs in, and sends nothing', async () => {
    const sink = await sinkWith({ users: { app: 'secret' } });
    const health = await providerTo(sink, { username: 'app', password: 'secret' }).check();
    expect(health).toMatchObject({ ok: true });
    expect(sink.transcript.some((line) => line.includes('MAIL'))).toBe(false);
  });

  it('uses a kept connection, and none of its own while others stand', async () => {
    const sink = await sinkWith();
    sink.script(({ step }) => (step === 'banner' && sink.open > 1 ? '421 4.7.0 too many connections' : undefined));
    const provider = providerTo(sink);
    await provider.send(parcelFor(['x@example.com']), never);
    expect(await provider.check()).toMatchObject({ ok: true, detail: expect.stringContaining('on a kept connection') });
    expect(kinds(await provider.send(parcelFor(['y@example.com']), never))).toEqual(['delivered']);

    const answered = Promise.withResolvers<void>();
    sink.script(({ step }) => (step === 'dot' ? answered.promise.then(() => undefined) : undefined));
    const sending = provider.send(parcelFor(['z@example.com']), never);
    await sink.reached('dot', 3);
    const health = provider.check();
    answered.resolve();
    expect([kinds(await sending), (await health).ok, sink.sessions]).toEqual([['delivered'], true, 1]);
  });

  it('has messages wait for the connection that it uses, rather than open one more', async () => {
    const sink = await sinkWith();
    const provider = providerTo(sink);
    await provider.send(parcelFor(['x@example.com']), never);
    const answered = Promise.withResolvers<void>();
    sink.script(({ step }) => (step === 'RSET' ? answered.promise.then(() => undefined) : undefined));
    const health = provider.check();
    await sink.reached('RSET');
    const sending = provider.send(parcelFor(['y@example.com']), never);
    answered.resolve();
    expect([(await health).ok, kinds(await sending), sink.sessions]).toEqual([true, ['delivered'], 1]);
  });

  it('connects anew where what was kept is dead', async () => {
    const sink = await sinkWith();
    const provider = providerTo(sink);
    await provider.send(parcelFor(['x@example.com']), never);
    sink.script(replyAt('RSET', { end: 'drop' }));
    expect(await provider.check()).toMatchObject({ ok: true });
    expect(sink.sessions).toBe(2);
  });

  it('says what to do about a wrong password', async () => {
    const sink = await sinkWith({ users: { app: 'secret' } });
    const health = await providerTo(sink, { username: 'app', password: 'x' }).check();
    expect(health).toMatchObject({ ok: false });
    expect(health).toMatchObject({ account: true });
    expect(health.detail).toContain('Check username and password');
  });

  it('gives up in its own time when an answer has no end', async () => {
    const clock = createManualClock();
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('220 mx.example.com ESMTP\r\n');
      socket.once('data', () => {
        socket.write('250-more\r\n');
        void clock.advance((30 + 3 * 60) * 1_000);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const health = await providerTo({ host: '127.0.0.1', port }, {}, clock).check();
    expect(health).toMatchObject({ ok: false, detail: expect.stringContaining('no outcome within') });
    await new Promise((resolve) => server.close(resolve));
  });

  it('names the setting where the server refuses the name that EHLO gives', async () => {
    const sink = await sinkWith({}, replyAt('EHLO', '421 4.7.0 Try again later, closing connection. (EHLO)'));
    expect((await providerTo(sink).check()).detail).toContain('set smtp.hostname');
  });

  it('says what to do where nothing listens', async () => {
    const sink = await createSink();
    await sink.close();
    expect(await providerTo(sink).check()).toEqual({
      ok: false,
      detail: expect.stringContaining('Nothing listens there'),
    });
  });
});
