import { afterEach, describe, expect, it } from 'vitest';
import { createManualClock } from '../../../../test/manual-clock.ts';
import { createSink, type Script, type Sink, type SinkOptions } from '../../../../test/sink.ts';
import { createStopping } from '../../../core/stop.ts';
import { createProvider } from '../index.ts';
import { parcelFor } from '../provider.suite.ts';
import type { SendResult } from '../provider.ts';
import type { SmtpConfig } from './settings.ts';

const never = createStopping();
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function relayWith(config: Partial<SmtpConfig>, script?: Script, options: SinkOptions = {}) {
  const sink = await createSink(options);
  sink.script(script);
  const clock = createManualClock();
  const { host, port } = sink;
  const provider = createProvider('relay', { type: 'smtp', host, port, tls: 'none', ...config }, { clock });
  cleanups.push(() => sink.close());
  cleanups.push(() => provider.close());
  return { sink, provider, clock };
}

const people = (count: number) => Array.from({ length: count }, (_, n) => `r${n}@example.org`);
const kinds = ({ outcomes }: SendResult) => [...new Set([...outcomes.values()].map(({ kind }) => kind))];
const sizes = ({ messages }: Sink) => messages.map(({ to }) => to.length);
const got = ({ messages }: Sink) => messages.flatMap(({ to }) => to).sort();

describe('a message with more recipients than one transaction takes', () => {
  it('goes in several, over one connection, and each recipient gets one copy', async () => {
    const { sink, provider } = await relayWith({ maxRecipients: 50 });
    const result = await provider.send(parcelFor(people(120)), never);
    expect(kinds(result)).toEqual(['delivered']);
    expect(result.outcomes.size).toBe(120);
    expect(sizes(sink)).toEqual([50, 50, 20]);
    expect(got(sink)).toEqual(people(120).sort());
    expect(sink.sessions).toBe(1);
  });

  it('goes in one for each where each has a return path, from that', async () => {
    const { sink, provider } = await relayWith({});
    const returnPath = (position: number) => `b+${position}@bounces.example.com`;
    const result = await provider.send(parcelFor([...people(3), 'r0@example.org'], { returnPath }), never);
    expect(result.outcomes.size).toBe(4);
    expect(kinds(result)).toEqual(['delivered']);
    expect(sink.messages.map(({ from, to }) => [from, ...to])).toEqual(
      people(3).map((address, at) => [returnPath(at * 2 + 1), address]),
    );
    expect(sink.sessions).toBe(1);
    await provider.send(parcelFor(['only@example.org'], { returnPath }), never);
    expect(sink.messages.at(-1)?.from).toBe(returnPath(1));
  });

  it('is split at fifty where nothing is set', async () => {
    const { sink, provider } = await relayWith({});
    await provider.send(parcelFor(people(51)), never);
    expect(sizes(sink)).toEqual([50, 1]);
  });

  it.each([
    '452 4.5.3 Error: too many recipients',
    '452 4.5.3 Domain policy size per transaction exceeded, please try this recipient in a separate transaction.',
    '552 5.5.3 Maximum limit of 10 recipients reached',
    '552 Too many recipients',
    '550 Too many recipients, please reduce to less than 10',
  ])('goes on with those that were one too many: %s', async (reply) => {
    const { sink, provider } = await relayWith({}, ({ step, message }) =>
      step === 'RCPT' && (message?.to.length ?? 0) >= 10 ? reply : undefined,
    );
    expect(kinds(await provider.send(parcelFor(people(20)), never))).toEqual(['delivered']);
    expect(got(sink)).toEqual(people(20).sort());
    // What the server takes is remembered.
    await provider.send(parcelFor(people(20)), never);
    expect(sizes(sink)).toEqual([10, 10, 10, 10]);
  });

  it.each([
    ['names the most', '554 Transaction failed: Recipient count exceeds 50.', 50, [50, 10]],
    ['names nothing', '554 5.5.3 Too many recipients', 20, [15, 15, 15, 15]],
  ])(
    'is given in smaller parts where the whole transaction is refused and the reply %s',
    async (_how, reply, most, expected) => {
      const { sink, provider } = await relayWith({ maxRecipients: 100 }, ({ step, message }) =>
        step === 'dot' && (message?.to.length ?? 0) > most ? reply : undefined,
      );
      expect(kinds(await provider.send(parcelFor(people(60)), never))).toEqual(['delivered']);
      expect(sizes(sink)).toEqual(expected);
    },
  );

  it.each([
    ['pipelined', {}],
    ['one command at a time', { extensions: [] }],
  ])('is given in smaller parts where the server closes over the number (%s)', async (_how, options: SinkOptions) => {
    const reply = '421 4.5.3 Too many recipients, closing connection';
    const tooMany: Script = ({ step, argument, message }) => {
      if (step === 'RCPT' && argument.startsWith('r3@')) return '550 5.1.1 user unknown';
      return step === 'RCPT' && (message?.to.length ?? 0) >= 10 ? reply : undefined;
    };
    const { sink, provider } = await relayWith({}, tooMany, options);
    const { outcomes } = await provider.send(parcelFor(people(20)), never);
    const kindOf = [...outcomes.values()].map(({ kind }) => kind);
    expect(kindOf.sort()).toEqual([...Array(19).fill('delivered'), 'rejected']);
    expect(got(sink)).toEqual(
      people(20)
        .filter((one) => one !== 'r3@example.org')
        .sort(),
    );
    expect(sizes(sink)).toEqual([10, 9]);
    // It closes at the first recipient too: then it is shut, whatever it says.
    sink.script(({ step }) => (step === 'RCPT' ? reply : undefined));
    expect(kinds(await provider.send(parcelFor(people(2)), never))).toEqual(['unavailable']);
  });

  it('tries the larger number again after an hour', async () => {
    const { sink, provider, clock } = await relayWith({}, ({ step, message }) =>
      step === 'RCPT' && (message?.to.length ?? 0) >= 10 ? '452 4.5.3 too many recipients' : undefined,
    );
    await provider.send(parcelFor(people(20)), never);
    sink.script();
    await clock.advance(3_600_000);
    await provider.send(parcelFor(people(20)), never);
    expect(sizes(sink)).toEqual([10, 10, 20]);
  });

  it('that is refused even for one recipient has met a limit over time', async () => {
    const { provider, sink } = await relayWith({}, ({ step }) =>
      step === 'RCPT' ? '452 4.5.3 too many recipients' : undefined,
    );
    expect(kinds(await provider.send(parcelFor(people(4)), never))).toEqual(['throttled']);
    expect(sink.messages).toEqual([]);
  });

  it('gives an address that is named twice one copy, and both recipients its outcome', async () => {
    const { sink, provider } = await relayWith({ maxRecipients: 2 });
    const result = await provider.send(parcelFor(['a@example.org', ...people(3), 'a@example.org']), never);
    expect(got(sink)).toEqual(['a@example.org', ...people(3)]);
    expect(result.outcomes.size).toBe(5);
  });

  it('keeps the outcomes of each part apart', async () => {
    const { provider } = await relayWith({ maxRecipients: 2 }, ({ step, argument, message }) => {
      if (step === 'RCPT' && argument.startsWith('r1@')) return '550 5.1.1 user unknown';
      return step === 'dot' && message?.to.includes('r3@example.org') ? '451 4.3.0 not now' : undefined;
    });
    const { outcomes } = await provider.send(parcelFor(people(6)), never);
    expect([...outcomes.values()].map(({ kind }) => kind)).toEqual([
      ...['delivered', 'rejected', 'deferred', 'deferred', 'delivered', 'delivered'],
    ]);
  });

  it('stops where the server takes no more: the rest waits with the same outcome', async () => {
    const { sink, provider } = await relayWith({ maxRecipients: 2 }, ({ step }) =>
      step === 'MAIL' && sink.messages.length > 0 ? '421 4.7.0 come back later' : undefined,
    );
    const { outcomes } = await provider.send(parcelFor(people(6)), never);
    expect([...outcomes.values()].map(({ kind }) => kind)).toEqual([
      ...['delivered', 'delivered', 'unavailable', 'unavailable', 'unavailable', 'unavailable'],
    ]);
    expect(outcomes.size).toBe(6);
    // The first, the second over the kept connection, and once more over a fresh one.
    expect(sink.transcript.filter((line) => line.includes('MAIL'))).toHaveLength(3);
  });

  it('begins no further part once a stop has begun: the rest goes with the next start, at no cost', async () => {
    const stop = createStopping();
    const { sink, provider } = await relayWith({ maxRecipients: 2 }, ({ step }) => {
      if (step === 'dot') stop.begin();
      return undefined;
    });
    const { outcomes } = await provider.send(parcelFor(people(6)), stop);
    expect(got(sink)).toEqual(people(2));
    const rest = [...outcomes.values()].slice(2);
    expect(rest).toHaveLength(4);
    for (const one of rest) expect(one).toMatchObject({ kind: 'unavailable', busy: true, retryAfterMs: 0 });
  });

  it('begins no further part once it is broken off', async () => {
    const stop = createStopping();
    const { sink, provider } = await relayWith({ maxRecipients: 2 }, ({ step }) => {
      if (step === 'dot') stop.breakOff();
      return undefined;
    });
    const { outcomes } = await provider.send(parcelFor(people(6)), stop);
    expect([...outcomes.values()].slice(2).map(({ kind }) => kind)).toEqual(Array(4).fill('unavailable'));
    expect(sink.messages.length).toBeLessThanOrEqual(1);
  });
});
