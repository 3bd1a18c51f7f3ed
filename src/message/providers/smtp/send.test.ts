import { type AddressInfo, createServer } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { testCertificate, testKey } from '../../../../test/certificate.ts';
import { createManualClock } from '../../../../test/manual-clock.ts';
import {
  createSink,
  type Script,
  type Sink,
  type SinkOptions,
  type SinkReply,
  type Step,
} from '../../../../test/sink.ts';
import { type Clock, systemClock } from '../../../core/clock.ts';
import { IepError } from '../../../core/errors.ts';
import type { Outcome } from '../../../core/outcome.ts';
import { createStopping } from '../../../core/stop.ts';
import { createProvider } from '../index.ts';
import { parcelFor } from '../provider.suite.ts';
import type { Provider, SendResult } from '../provider.ts';
import { literalFor, localNameOf } from './local-name.ts';
import type { SmtpConfig } from './settings.ts';

const tls = { cert: testCertificate, key: testKey };
const never = createStopping();
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function sinkWith(options: SinkOptions = {}, script?: Script): Promise<Sink> {
  const sink = await createSink(options);
  sink.script(script);
  cleanups.push(() => sink.close());
  return sink;
}

function providerTo(
  sink: Pick<Sink, 'host' | 'port'>,
  config: Partial<SmtpConfig> = {},
  clock: Clock = systemClock,
  hostName?: string,
): Provider {
  const provider = createProvider(
    'relay',
    { type: 'smtp', host: sink.host, port: sink.port, tls: 'none', ...config },
    { clock, hostName: () => hostName },
  );
  cleanups.push(() => provider.close());
  return provider;
}

const message = Buffer.from('Subject: hello\r\n\r\nHello\r\n');
const only = ({ outcomes }: SendResult): Outcome | undefined => outcomes.get(1);
const kinds = ({ outcomes }: SendResult) => [...outcomes.values()].map(({ kind }) => kind);
const at =
  (step: Step, answer: SinkReply): Script =>
  (moment) =>
    moment.step === step ? answer : undefined;

it('quotes local parts as RFC 5321 has them, and knows each again', async () => {
  const sink = await sinkWith({}, ({ step, argument }) =>
    step === 'RCPT' && argument.includes('user.') ? '550 5.1.1 user unknown' : undefined,
  );
  const parcel = parcelFor(['a..b@example.org', 'user.@example.org', '"John Doe"@example.org'], {
    envelopeFrom: 'ilo.@example.com',
  });
  expect(kinds(await providerTo(sink).send(parcel, never))).toEqual(['delivered', 'rejected', 'delivered']);
  expect(sink.messages[0]).toMatchObject({
    from: '"ilo."@example.com',
    to: ['"a..b"@example.org', '"John Doe"@example.org'],
  });
});

describe('refused at each step', () => {
  const cases: [Step, SinkReply, Partial<Outcome> & { bounce?: string }][] = [
    ['banner', '554 5.7.1 no service for you', { kind: 'unavailable' }],
    ['banner', '421 4.3.2 shutting down', { kind: 'unavailable', busy: true }],
    ['banner', { end: 'drop' }, { kind: 'unavailable' }],
    ['EHLO', '421 4.3.2 shutting down', { kind: 'unavailable', busy: true }],
    ['EHLO', { end: 'drop' }, { kind: 'unavailable' }],
    ['MAIL', '550 5.1.8 Sender address rejected: Domain not found', { kind: 'rejected', bounce: 'policy' }],
    ['MAIL', '451 4.3.0 try later', { kind: 'deferred' }],
    ['MAIL', '450 4.7.1 too many messages, slow down', { kind: 'throttled' }],
    ['MAIL', '421 4.3.2 shutting down', { kind: 'unavailable', busy: true }],
    ['MAIL', { end: 'drop' }, { kind: 'unavailable' }],
    ['RCPT', '550 5.1.1 user unknown', { kind: 'rejected', bounce: 'hard' }],
    ['RCPT', '450 4.2.0 Greylisted', { kind: 'deferred' }],
    ['RCPT', '452 4.5.3 too many recipients', { kind: 'throttled' }],
    ['RCPT', { end: 'drop' }, { kind: 'unavailable' }],
    ['DATA', '451 4.3.0 not now', { kind: 'deferred' }],
    ['DATA', '554 5.7.1 Relay access denied', { kind: 'rejected', bounce: 'policy' }],
    ['DATA', { end: 'drop' }, { kind: 'unavailable' }],
    ['dot', '550 5.7.1 Message rejected as spam', { kind: 'rejected', bounce: 'content' }],
    ['dot', '452 4.3.1 Insufficient system storage', { kind: 'throttled' }],
    ['dot', '421 4.3.2 shutting down', { kind: 'unavailable', busy: true }],
    ['dot', { end: 'drop' }, { kind: 'unknown' }],
    ['dot', { keep: true, end: 'drop' }, { kind: 'unknown' }],
    ['dot', { reply: '250 2.0.0 taken', end: 'drop' }, { kind: 'delivered' }],
  ];
  for (const extensions of [undefined, [] as const]) {
    const how = extensions ? 'one command at a time' : 'pipelined';
    it.each(cases)(`%s %j (${how})`, async (step, answer, expected) => {
      const sink = await sinkWith(extensions ? { extensions } : {}, at(step, answer));
      const provider = providerTo(sink);
      expect(only(await provider.send(parcelFor(['x@example.com']), never))).toMatchObject(expected);
      // Whatever happened, the next message is not the worse for it.
      sink.script();
      expect(kinds(await provider.send(parcelFor(['y@example.com']), never))).toEqual(['delivered']);
      expect(sink.messages.at(-1)?.to).toEqual(['y@example.com']);
    });
  }

  /** Answers all of a pipelined envelope at once, and is gone. */
  async function hastyServer(replies: readonly string[], how: 'closes' | 'resets') {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).write('220 mx.example.com ESMTP\r\n');
      socket.once('data', () => socket.write('250-mx.example.com\r\n250 PIPELINING\r\n'));
      let heard = '';
      socket.on('data', (chunk) => {
        heard += String(chunk);
        if (!heard.endsWith('DATA\r\n')) return;
        const text = replies.map((one) => `${one}\r\n`).join('');
        socket.write(text, () => (how === 'closes' ? socket.end() : socket.resetAndDestroy()));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => server.close(() => resolve())));
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  }
  const dozen = Array.from({ length: 12 }, (_, n) => `r${n}@example.org`);

  it.each(['closes', 'resets'] as const)('is heard to the end by whom the server %s the connection on', async (how) => {
    const last = '421 4.3.2 shutting down';
    const server = await hastyServer(['250 ok', '550 5.1.1 user unknown', ...Array(8).fill('250 ok'), last], how);
    const { outcomes, transcript } = await providerTo(server).send(parcelFor(dozen), never);
    const [first, ...others] = outcomes.values();
    expect(first).toMatchObject({ kind: 'rejected', bounce: 'hard' });
    for (const one of others) expect(one).toMatchObject({ kind: 'unavailable', busy: true, reply: { text: last } });
    expect(transcript).toContain(last);
  });

  it('is not taken for the end of a message that never left', async () => {
    const server = await hastyServer([...Array(13).fill('250 ok'), '354 go ahead'], 'closes');
    const result = await providerTo(server).send(parcelFor(dozen), never);
    expect([...new Set(kinds(result))]).toEqual(['unavailable']);
  });

  it.each([
    ['bytes', message],
    ['bytes with a dot to stuff', Buffer.from('.\r\n')],
    ['a stream', () => Readable.from([message])],
  ])('is not taken for the end of a message that could leave no more: %s', async (_, mime) => {
    const server = await hastyServer(['250 ok', '250 ok', '354 go ahead'], 'closes');
    const parcel = parcelFor(['x@example.com'], { mime: async () => (typeof mime === 'function' ? mime() : mime) });
    expect(kinds(await providerTo(server).send(parcel, never))).toEqual(['unavailable']);
  });

  it('is unavailable where nothing listens', async () => {
    const sink = await createSink();
    await sink.close();
    const outcome = only(await providerTo(sink).send(parcelFor(['x@example.com']), never));
    expect(outcome).toMatchObject({ kind: 'unavailable' });
    expect(outcome?.reply.text).toContain('ECONNREFUSED');
  });

  it('is unknown when the connection dies in the middle of a reply that begins like a yes', async () => {
    const sink = await sinkWith();
    const provider = providerTo(sink);
    sink.script(async ({ step }) => {
      if (step !== 'dot') return undefined;
      return { reply: '250-2.0.0 ok, and', end: 'drop' };
    });
    expect(only(await provider.send(parcelFor(['x@example.com']), never))?.kind).toBe('unknown');
  });
});

describe('the transcript', () => {
  const without = (transcript = '') => transcript.replace(/^\S+ /gm, '').split('\n');

  it('is of what failed only, and shows both sides without the message', async () => {
    const sink = await sinkWith({ extensions: [] });
    const provider = providerTo(sink);
    expect(await provider.send(parcelFor(['x@example.com']), never)).not.toHaveProperty('transcript');
    sink.script(at('dot', '451 4.3.0 not now'));
    const { transcript } = await provider.send(parcelFor(['x@example.com']), never);
    const lines = without(transcript);
    expect(transcript).toMatch(/^\(a kept connection; this was its message 2\)$/m);
    expect(lines.slice(1, 3)).toEqual(['C: MAIL FROM:<a@example.com>', 'S: 250 2.1.0 ok']);
    expect(lines.slice(-4)).toEqual([
      'C: DATA',
      'S: 354 go ahead',
      expect.stringMatching(/^C: <\d+ bytes>$/),
      'S: 451 4.3.0 not now',
    ]);
  });

  it('begins with the opening of a fresh connection, and holds no credential', async () => {
    const sink = await sinkWith({ users: { iep: 'hunter2' } }, at('MAIL', '550 5.1.8 not you'));
    const provider = providerTo(sink, { username: 'iep', password: 'hunter2' });
    const { transcript = '' } = await provider.send(parcelFor(['x@example.com']), never);
    expect(without(transcript)).toEqual(
      expect.arrayContaining([
        'S: 220 sink.test ESMTP',
        'C: AUTH PLAIN ***',
        'S: 235 2.7.0 welcome',
        'S: 550 5.1.8 not you',
      ]),
    );
    expect(transcript).not.toContain(Buffer.from('\0iep\0hunter2').toString('base64'));
  });

  it('tells of a login that was refused, and of a greeting that was none', async () => {
    const sink = await sinkWith({ users: { iep: 'hunter2' } });
    const wrong = providerTo(sink, { username: 'iep', password: 'hunter3' });
    const { transcript = '' } = await wrong.send(parcelFor(['x@example.com']), never);
    expect(without(transcript).slice(-2)).toEqual(['C: AUTH PLAIN ***', 'S: 535 5.7.8 wrong user name or password']);
    sink.script(at('banner', '421 4.3.2 come back later'));
    const turnedAway = await wrong.send(parcelFor(['x@example.com']), never);
    expect(without(turnedAway.transcript)).toEqual(['S: 421 4.3.2 come back later']);
  });
});

describe('silence', () => {
  it.each([
    ['banner', 'unavailable'],
    ['EHLO', 'unavailable'],
    ['MAIL', 'unavailable'],
    ['DATA', 'unavailable'],
    ['dot', 'unknown'],
  ] as const)('after %s is %s', async (step, kind) => {
    const sink = await sinkWith({}, at(step, { end: 'stall' }));
    const provider = providerTo(sink, {
      connectTimeoutSeconds: 0.2,
      commandTimeoutSeconds: 0.2,
      dataTimeoutSeconds: 0.3,
    });
    expect(only(await provider.send(parcelFor(['x@example.com']), never))?.kind).toBe(kind);
  });

  it('while the body is taken is not unknown: its end never left', async () => {
    const sink = await sinkWith({}, at('body', { end: 'drop' }));
    const endless = Readable.from(
      (async function* () {
        for (;;) yield Buffer.alloc(65_536, 'x');
      })(),
    );
    const parcel = parcelFor(['x@example.com'], { size: 10_000_000, mime: async () => endless });
    expect(only(await providerTo(sink).send(parcel, never))?.kind).toBe('unavailable');
    expect(endless.destroyed).toBe(true);
  });

  it('gives up in its own time when answers trickle', async () => {
    const sink = await sinkWith({ extensions: [] });
    const clock = createManualClock();
    const provider = providerTo(sink, {}, clock);
    // Each answer comes within its own time limit, but there are many.
    const limitMs = (2 * 30 + 3 * 60 + 600) * 1_000;
    sink.script(async ({ step }) => {
      if (step === 'RCPT') await clock.advance(limitMs / 10);
      return undefined;
    });
    const many = Array.from({ length: 40 }, (_, n) => `x${n}@example.com`);
    const result = await provider.send(parcelFor(many), never);
    expect(new Set(kinds(result))).toEqual(new Set(['unavailable']));
    expect(only(result)?.reply.text).toContain('no outcome within');
  });
});

describe('recipients', () => {
  it('each get the answer to their own RCPT', async () => {
    const sink = await sinkWith({}, ({ step, argument }) => {
      if (step !== 'RCPT') return undefined;
      if (argument.startsWith('gone')) return '550 5.1.1 no such user';
      if (argument.startsWith('full')) return '452 4.2.2 mailbox full';
      return undefined;
    });
    const parcel = parcelFor(['a@example.com', 'gone@example.com', 'full@example.com', 'b@example.com']);
    expect(kinds(await providerTo(sink).send(parcel, never))).toEqual([
      'delivered',
      'rejected',
      'deferred',
      'delivered',
    ]);
    expect(sink.messages[0]?.to).toEqual(['a@example.com', 'b@example.com']);
  });

  it('that were refused stay refused when the message then fails', async () => {
    const sink = await sinkWith({}, ({ step, argument }) => {
      if (step === 'RCPT' && argument.startsWith('gone')) return '550 5.1.1 no such user';
      return step === 'dot' ? { end: 'drop' } : undefined;
    });
    const result = await providerTo(sink).send(parcelFor(['gone@example.com', 'a@example.com']), never);
    expect(kinds(result)).toEqual(['rejected', 'unknown']);
  });

  it('are not blamed for a refused sender', async () => {
    const sink = await sinkWith({}, ({ step, message }) => {
      if (step === 'MAIL') return '451 4.3.0 later';
      return step === 'RCPT' && !message ? '503 5.5.1 need MAIL command' : undefined;
    });
    const result = await providerTo(sink).send(parcelFor(['a@example.com', 'b@example.com']), never);
    expect([...result.outcomes.values()].map(({ reply }) => reply.code)).toEqual([451, 451]);
  });

  it('need SMTPUTF8 for a name that is not ASCII, and only they', async () => {
    const sink = await sinkWith({ extensions: ['PIPELINING'] });
    const parcel = parcelFor(['bücher@example.com', 'a@example.com'], { smtpUtf8: true });
    const result = await providerTo(sink).send(parcel, never);
    expect(kinds(result)).toEqual(['rejected', 'delivered']);
    expect(sink.messages[0]?.to).toEqual(['a@example.com']);
  });

  it('all need it where the header itself is UTF-8', async () => {
    const raw = { smtpUtf8: true, utf8Header: true } as const;
    const without = await sinkWith({ extensions: ['PIPELINING', '8BITMIME'] });
    const refused = await providerTo(without).send(parcelFor(['a@example.com'], raw), never);
    expect(only(refused)).toMatchObject({ kind: 'rejected', reply: { text: expect.stringContaining('the header') } });
    expect(without.messages).toEqual([]);
    for (const extensions of [
      ['PIPELINING', 'SMTPUTF8', '8BITMIME'],
      ['SMTPUTF8', 'SIZE 1000000'],
    ]) {
      const sink = await sinkWith({ extensions });
      const provider = providerTo(sink);
      expect(kinds(await provider.send(parcelFor(['a@example.com'], raw), never))).toEqual(['delivered']);
      await provider.send(parcelFor(['bücher@example.com'], raw), never);
      await provider.send(parcelFor(['b@example.com']), never);
      const said = sink.messages.map(({ parameters }) => parameters.filter((one) => one === 'SMTPUTF8').length);
      expect(said).toEqual([1, 1, 0]);
    }
  });

  it('reach a server that has SMTPUTF8', async () => {
    const sink = await sinkWith();
    const result = await providerTo(sink).send(parcelFor(['bücher@example.com'], { smtpUtf8: true }), never);
    expect(kinds(result)).toEqual(['delivered']);
    expect(sink.messages[0]).toMatchObject({ to: ['bücher@example.com'] });
    expect(sink.messages[0]?.parameters).toContain('SMTPUTF8');
  });
});

describe('the message', () => {
  it('is refused unsent when the server announces a smaller size', async () => {
    const sink = await sinkWith({ extensions: ['SIZE 20'] });
    const outcome = only(await providerTo(sink).send(parcelFor(['x@example.com']), never));
    expect(outcome).toMatchObject({ kind: 'rejected', bounce: 'content' });
    expect(sink.transcript.some((line) => line.includes('MAIL'))).toBe(false);
  });

  it('is announced as 8 bit when it came in whole', async () => {
    const sink = await sinkWith();
    const { rendered: _, ...raw } = parcelFor(['x@example.com']);
    await providerTo(sink).send(raw, never);
    expect(sink.messages[0]?.parameters).toContain('BODY=8BITMIME');
  });

  it('that is answered before its end takes its connection with it', async () => {
    const sink = await sinkWith({}, at('body', '552 5.3.4 Message size exceeds fixed limit'));
    const provider = providerTo(sink);
    let stop = false;
    const slow = Readable.from(
      (async function* () {
        while (!stop) {
          yield Buffer.alloc(1_000, 'x');
          await new Promise(setImmediate);
        }
      })(),
    );
    const result = await provider.send(parcelFor(['x@example.com'], { mime: async () => slow }), never);
    stop = true;
    expect(only(result)).toMatchObject({ kind: 'rejected', bounce: 'content' });
    sink.script();
    expect(kinds(await provider.send(parcelFor(['y@example.com']), never))).toEqual(['delivered']);
    expect(sink.sessions).toBe(2);
  });

  it('that is said to be taken before its end has left is not delivered', async () => {
    const sink = await sinkWith({}, at('body', '250 2.0.0 queued'));
    const large = Buffer.alloc(32_000_000, `${'x'.repeat(78)}\r\n`);
    const result = await providerTo(sink).send(parcelFor(['x@example.com'], { mime: async () => large }), never);
    expect(only(result)).toMatchObject({
      kind: 'unavailable',
      reply: { text: expect.stringContaining('before the end') },
    });
    expect(sink.messages).toEqual([]);
  });

  it.each([
    ['bytes', message],
    ['a stream', () => Readable.from([message])],
  ])('that is said to be taken before it begins to leave is not delivered: %s', async (_, mime) => {
    const sink = await sinkWith({}, at('DATA', '354 go ahead\n250 2.0.0 queued'));
    const parcel = parcelFor(['x@example.com'], { mime: async () => (typeof mime === 'function' ? mime() : mime) });
    expect(kinds(await providerTo(sink).send(parcel, never))).toEqual(['unavailable']);
    expect(sink.messages).toEqual([]);
  });

  it('that is large has not left where the connection dies in the middle of it', async () => {
    const sink = await sinkWith({ tls: { ...tls, implicit: true } }, at('body', { end: 'drop' }));
    const large = Buffer.alloc(32_000_000, `${'x'.repeat(78)}\r\n`);
    const provider = providerTo(sink, { tls: 'implicit', ca: testCertificate });
    const result = await provider.send(parcelFor(['x@example.com'], { mime: async () => large }), never);
    expect(kinds(result)).toEqual(['unavailable']);
    sink.script();
    await provider.send(parcelFor(['x@example.com'], { mime: async () => large }), never);
    expect(sink.messages[0]?.bytes.equals(large)).toBe(true);
  });

  it('that is answered before all of it has left the memory takes its connection with it', async () => {
    // The server answers once more at the end, which would be taken for the answer to the next command.
    const sink = await sinkWith({}, at('body', '552 5.3.4 Message size exceeds fixed limit'));
    const provider = providerTo(sink, { maxConnections: 1 });
    const large = Buffer.alloc(32_000_000, `${'x'.repeat(78)}\r\n`);
    const result = await provider.send(parcelFor(['x@example.com'], { mime: async () => large }), never);
    expect(only(result)).toMatchObject({ kind: 'rejected', bounce: 'content' });
    sink.script();
    expect(kinds(await provider.send(parcelFor(['y@example.com']), never))).toEqual(['delivered']);
    expect(sink.messages.map(({ to }) => to)).toEqual([['y@example.com']]);
  });
});

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
    const sink = await sinkWith({}, at('dot', '250 2.0.0 queued\n250 2.0.0 queued'));
    const provider = providerTo(sink, { maxConnections: 1 });
    const names = ['a@example.com', 'b@example.com', 'c@example.com'];
    const results = await Promise.all(names.map((name) => provider.send(parcelFor([name]), never)));
    expect(results.flatMap(kinds)).toEqual(['delivered', 'delivered', 'delivered']);
    expect(sink.messages.map(({ to }) => to[0])).toEqual(names);
    expect(sink.sessions).toBe(3);
  });

  it('that say more than a refusal carry nothing more', async () => {
    const sink = await sinkWith({}, at('dot', '554 5.7.1 refused\n250 2.0.0 queued'));
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
    sink.script(at('dot', { keep: true, end: 'drop' }));
    expect(kinds(await provider.send(parcelFor(['y@example.com']), never))).toEqual(['unknown']);
    expect(sink.messages.filter(({ to }) => to.includes('y@example.com'))).toHaveLength(1);
    expect(sink.sessions).toBe(1);
  });

  it('are replaced once only', async () => {
    const sink = await sinkWith();
    const provider = providerTo(sink);
    await provider.send(parcelFor(['x@example.com']), never);
    sink.script(at('MAIL', { end: 'drop' }));
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
    expect([only(await early)?.kind, only(await late)?.kind]).toEqual(['unavailable', 'unknown']);
  });

  it('breaks off a connection that is being opened', async () => {
    const sink = await sinkWith({}, at('banner', { end: 'stall' }));
    const provider = providerTo(sink);
    const controller = createStopping();
    const sending = provider.send(parcelFor(['x@example.com']), controller);
    await sink.reached('banner');
    controller.breakOff();
    expect(only(await sending)).toMatchObject({ kind: 'unavailable' });
  });
});

describe('TLS', () => {
  it('required: uses STARTTLS and trusts only the given authority', async () => {
    const sink = await sinkWith({ tls });
    const trusted = providerTo(sink, { tls: 'required', ca: testCertificate });
    expect(kinds(await trusted.send(parcelFor(['x@example.com']), never))).toEqual(['delivered']);
    expect(sink.messages[0]?.secure).toBe(true);
    const untrusting = providerTo(sink, { tls: 'required' });
    expect(kinds(await untrusting.send(parcelFor(['x@example.com']), never))).toEqual(['unavailable']);
  });

  it('required: fails rather than go without', async () => {
    const sink = await sinkWith();
    const provider = providerTo(sink, { tls: 'required' });
    expect(kinds(await provider.send(parcelFor(['x@example.com']), never))).toEqual(['unavailable']);
    expect(sink.transcript.some((line) => line.includes('MAIL'))).toBe(false);
  });

  it('implicit: speaks TLS from the first byte', async () => {
    const sink = await sinkWith({ tls: { ...tls, implicit: true } });
    const provider = providerTo(sink, { tls: 'implicit', ca: testCertificate });
    expect(kinds(await provider.send(parcelFor(['x@example.com']), never))).toEqual(['delivered']);
    expect(sink.messages[0]?.secure).toBe(true);
  });

  it('opportunistic: with TLS where it is offered, whatever the certificate, and without where not', async () => {
    const secure = await sinkWith({ tls });
    const plain = await sinkWith();
    for (const sink of [secure, plain]) {
      const provider = providerTo(sink, { tls: 'opportunistic' });
      expect(kinds(await provider.send(parcelFor(['x@example.com']), never))).toEqual(['delivered']);
    }
    expect([secure.messages[0]?.secure, plain.messages[0]?.secure]).toEqual([true, false]);
  });

  it('opportunistic: gives no password to a host whose certificate proves nothing', async () => {
    const sink = await sinkWith({ tls, users: { app: 'secret' } });
    const provider = providerTo(sink, { tls: 'opportunistic', username: 'app', password: 'secret' });
    expect(kinds(await provider.send(parcelFor(['x@example.com']), never))).toEqual(['unavailable']);
    expect(sink.transcript.some((line) => line.includes('AUTH '))).toBe(false);
    const proven = providerTo(sink, { tls: 'opportunistic', username: 'app', password: 'secret', ca: testCertificate });
    expect(kinds(await proven.send(parcelFor(['x@example.com']), never))).toEqual(['delivered']);
  });

  it.each(['required', 'implicit'] as const)('%s: the certificate has serverName where that is set', async (mode) => {
    const sink = await sinkWith({ tls: { ...tls, implicit: mode === 'implicit' } });
    // 0.0.0.0 reaches the sink, and the certificate does not have it.
    const elsewhere = { host: '0.0.0.0', port: sink.port };
    const wrong = await providerTo(elsewhere, { tls: mode, ca: testCertificate }).check();
    expect(wrong).toMatchObject({ ok: false, detail: expect.stringContaining('set serverName') });
    const named = providerTo(elsewhere, { tls: mode, ca: testCertificate, serverName: 'localhost' });
    expect(kinds(await named.send(parcelFor(['x@example.com']), never))).toEqual(['delivered']);
  });

  it('none: only to this host, unless forced', () => {
    const make = (config: Partial<SmtpConfig>) =>
      createProvider(
        'relay',
        { type: 'smtp', host: 'smtp.example.com', port: 25, tls: 'none', ...config },
        { clock: systemClock },
      );
    expect(() => make({})).toThrow(IepError);
    expect(() => make({ allowPlaintext: true })).not.toThrow();
    expect(() => make({ host: '127.0.0.1' })).not.toThrow();
  });
});

describe('EHLO', () => {
  const names = ({ transcript }: Sink) =>
    transcript.filter((line) => /EHLO/.test(line)).map((line) => line.split('EHLO ')[1]);

  it('gives localName, else the host name that is set, and never the loopback address of a machine that has another', async () => {
    const sink = await sinkWith();
    for (const [config, hostName] of [
      [{ localName: 'out.example.com' }, 'mail.example.com'],
      [{}, 'mail.example.com'],
      [{}, undefined],
    ] as const) {
      await providerTo(sink, config, systemClock, hostName).check();
    }
    const [first, second, third] = names(sink);
    expect([first, second]).toEqual(['out.example.com', 'mail.example.com']);
    expect(third).toBe(localNameOf([]) ?? literalFor('127.0.0.1'));
  });
});

describe('the login', () => {
  const users = { app: 'secret' };

  it('is made once for a connection', async () => {
    const sink = await sinkWith({ users });
    const provider = providerTo(sink, { username: 'app', password: 'secret' });
    await provider.send(parcelFor(['x@example.com']), never);
    await provider.send(parcelFor(['y@example.com']), never);
    expect(sink.messages.map(({ user }) => user)).toEqual(['app', 'app']);
    expect(sink.transcript.filter((line) => line.includes('AUTH'))).toHaveLength(1);
  });

  it('that is refused is the fault of the account, and the password is not told', async () => {
    const sink = await sinkWith({ users });
    const provider = providerTo(sink, { username: 'app', password: 'wrong-one' });
    const outcome = only(await provider.send(parcelFor(['x@example.com']), never));
    expect(outcome).toMatchObject({ kind: 'unavailable', account: true });
    expect(outcome?.reply.text).not.toContain('wrong-one');
  });

  it('is tried once for all that wait: many with a wrong password would lock the account', async () => {
    const sink = await sinkWith({ users });
    const send = async (provider: Provider, count: number) =>
      Promise.all(Array.from({ length: count }, (_, n) => provider.send(parcelFor([`x${n}@example.com`]), never)));
    const wrong = await send(providerTo(sink, { username: 'app', password: 'wrong-one' }), 10);
    for (const result of wrong) expect(only(result)).toMatchObject({ kind: 'unavailable', account: true });
    expect(sink.transcript.filter((line) => line.includes('AUTH'))).toHaveLength(1);

    const right = await send(providerTo(sink, { username: 'app', password: 'secret' }), 10);
    expect(right.flatMap(kinds)).toEqual(Array(10).fill('delivered'));
  });

  it('that is missing is a credential error too', async () => {
    const sink = await sinkWith({ users });
    const outcome = only(await providerTo(sink).send(parcelFor(['x@example.com']), never));
    expect(outcome).toMatchObject({ kind: 'unavailable', account: true });
  });

  it('is tried again later when the server cannot check it now', async () => {
    const sink = await sinkWith({ users }, at('AUTH', '454 4.7.0 Temporary authentication failure'));
    const provider = providerTo(sink, { username: 'app', password: 'secret' });
    expect(only(await provider.send(parcelFor(['x@example.com']), never))?.kind).toBe('unavailable');
  });

  it('is not sent in the clear to another host when opportunistic TLS was not offered', async () => {
    const sink = await sinkWith({ users });
    // 0.0.0.0 reaches the sink, but is not a loopback address by its text.
    const provider = providerTo(
      { host: '0.0.0.0', port: sink.port },
      {
        tls: 'opportunistic',
        username: 'app',
        password: 'secret',
      },
    );
    const outcome = only(await provider.send(parcelFor(['x@example.com']), never));
    expect(outcome).toMatchObject({ kind: 'unavailable', account: true });
    expect(sink.transcript.some((line) => line.includes('AUTH'))).toBe(false);
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
    const third = only(await provider.send(parcelFor(['y@example.com']), never));
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
    const outcome = only(await provider.send(parcelFor(['y@example.com']), never));
    expect(outcome).toMatchObject({ refused: { others: 0, isNew: false } });
  });

  it('is none where nobody answers, or one whose certificate is not trusted', async () => {
    const away = await createSink();
    await away.close();
    expect(only(await providerTo(away).send(parcelFor(['x@example.com']), never))).toHaveProperty('refused');
    const secure = await sinkWith({ tls });
    const untrusting = providerTo(secure, { tls: 'required' });
    expect(only(await untrusting.send(parcelFor(['x@example.com']), never))).not.toHaveProperty('refused');
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
    sink.script(at('RSET', { end: 'drop' }));
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
    const sink = await sinkWith({}, at('EHLO', '421 4.7.0 Try again later, closing connection. (EHLO)'));
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
