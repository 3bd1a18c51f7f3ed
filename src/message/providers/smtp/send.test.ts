/** One message over SMTP: what each reply means for whom, and what is known of a message whose connection ends. */

import { type AddressInfo, createServer } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { testCertificate } from '../../../../test/certificate.ts';
import { createManualClock } from '../../../../test/manual-clock.ts';
import { createSink, type SinkReply, type Step } from '../../../../test/sink.ts';
import type { Outcome } from '../../../core/outcome.ts';
import { parcelFor } from '../provider.suite.ts';
import {
  afterwards,
  closeAll,
  kinds,
  message,
  never,
  onlyOutcome,
  providerTo,
  replyAt,
  sinkWith,
  tls,
} from './send.testing.ts';

afterEach(closeAll);

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
      const sink = await sinkWith(extensions ? { extensions } : {}, replyAt(step, answer));
      const provider = providerTo(sink);
      expect(onlyOutcome(await provider.send(parcelFor(['x@example.com']), never))).toMatchObject(expected);
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
    afterwards(() => new Promise((resolve) => server.close(() => resolve())));
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
    const outcome = onlyOutcome(await providerTo(sink).send(parcelFor(['x@example.com']), never));
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
    expect(onlyOutcome(await provider.send(parcelFor(['x@example.com']), never))?.kind).toBe('unknown');
  });
});

describe('the transcript', () => {
  const without = (transcript = '') => transcript.replace(/^\S+ /gm, '').split('\n');

  it('is of what failed onlyOutcome, and shows both sides without the message', async () => {
    const sink = await sinkWith({ extensions: [] });
    const provider = providerTo(sink);
    expect(await provider.send(parcelFor(['x@example.com']), never)).not.toHaveProperty('transcript');
    sink.script(replyAt('dot', '451 4.3.0 not now'));
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
    const sink = await sinkWith({ users: { iep: 'hunter2' } }, replyAt('MAIL', '550 5.1.8 not you'));
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
    sink.script(replyAt('banner', '421 4.3.2 come back later'));
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
    const sink = await sinkWith({}, replyAt(step, { end: 'stall' }));
    const provider = providerTo(sink, {
      connectTimeoutSeconds: 0.2,
      commandTimeoutSeconds: 0.2,
      dataTimeoutSeconds: 0.3,
    });
    expect(onlyOutcome(await provider.send(parcelFor(['x@example.com']), never))?.kind).toBe(kind);
  });

  it('while the body is taken is not unknown: its end never left', async () => {
    const sink = await sinkWith({}, replyAt('body', { end: 'drop' }));
    const endless = Readable.from(
      (async function* () {
        for (;;) yield Buffer.alloc(65_536, 'x');
      })(),
    );
    const parcel = parcelFor(['x@example.com'], { size: 10_000_000, mime: async () => endless });
    expect(onlyOutcome(await providerTo(sink).send(parcel, never))?.kind).toBe('unavailable');
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
    expect(onlyOutcome(result)?.reply.text).toContain('no outcome within');
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
    expect(onlyOutcome(refused)).toMatchObject({
      kind: 'rejected',
      reply: { text: expect.stringContaining('the header') },
    });
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
    const outcome = onlyOutcome(await providerTo(sink).send(parcelFor(['x@example.com']), never));
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
    const sink = await sinkWith({}, replyAt('body', '552 5.3.4 Message size exceeds fixed limit'));
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
    expect(onlyOutcome(result)).toMatchObject({ kind: 'rejected', bounce: 'content' });
    sink.script();
    expect(kinds(await provider.send(parcelFor(['y@example.com']), never))).toEqual(['delivered']);
    expect(sink.sessions).toBe(2);
  });

  it('that is said to be taken before its end has left is not delivered', async () => {
    const sink = await sinkWith({}, replyAt('body', '250 2.0.0 queued'));
    const large = Buffer.alloc(32_000_000, `${'x'.repeat(78)}\r\n`);
    const result = await providerTo(sink).send(parcelFor(['x@example.com'], { mime: async () => large }), never);
    expect(onlyOutcome(result)).toMatchObject({
      kind: 'unavailable',
      reply: { text: expect.stringContaining('before the end') },
    });
    expect(sink.messages).toEqual([]);
  });

  it.each([
    ['bytes', message],
    ['a stream', () => Readable.from([message])],
  ])('that is said to be taken before it begins to leave is not delivered: %s', async (_, mime) => {
    const sink = await sinkWith({}, replyAt('DATA', '354 go ahead\n250 2.0.0 queued'));
    const parcel = parcelFor(['x@example.com'], { mime: async () => (typeof mime === 'function' ? mime() : mime) });
    expect(kinds(await providerTo(sink).send(parcel, never))).toEqual(['unavailable']);
    expect(sink.messages).toEqual([]);
  });

  it('that is large has not left where the connection dies in the middle of it', async () => {
    const sink = await sinkWith({ tls: { ...tls, implicit: true } }, replyAt('body', { end: 'drop' }));
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
    const sink = await sinkWith({}, replyAt('body', '552 5.3.4 Message size exceeds fixed limit'));
    const provider = providerTo(sink, { maxConnections: 1 });
    const large = Buffer.alloc(32_000_000, `${'x'.repeat(78)}\r\n`);
    const result = await provider.send(parcelFor(['x@example.com'], { mime: async () => large }), never);
    expect(onlyOutcome(result)).toMatchObject({ kind: 'rejected', bounce: 'content' });
    sink.script();
    expect(kinds(await provider.send(parcelFor(['y@example.com']), never))).toEqual(['delivered']);
    expect(sink.messages.map(({ to }) => to)).toEqual([['y@example.com']]);
  });
});
