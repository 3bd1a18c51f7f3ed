/** The way out as a platform lives it: providers that fail, come back, and are made while mail flows. Real servers, real daemon. */

import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../src/base/observe/log.ts';
import type { EventJson, ExplanationJson, MessageJson, ProviderJson } from '../../src/cli/client/wire.ts';
import { checkConfig } from '../../src/cli/configuration.ts';
import { runCli } from '../../src/cli/program.ts';
import { fakeShell } from '../../src/cli/shell.testing.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { type Daemon, startDaemon } from '../../src/daemon/daemon.ts';
import { eventually } from '../eventually.ts';
import { createSink, type Sink } from '../sink.ts';
import { createVendor } from '../vendor.ts';

let directory: string;
const cleanups: (() => Promise<void>)[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'iep-way-out-'));
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  rmSync(directory, { recursive: true });
});

type Line = Readonly<Record<string, unknown>>;

/** The log, kept; `line` resolves with the first line of it that is meant. */
function listening() {
  const lines: Line[] = [];
  const waiting = new Set<(line: Line) => void>();
  const log = createLog({
    level: 'info',
    showAddresses: false,
    destination: {
      write(text) {
        const line = JSON.parse(text) as Line;
        lines.push(line);
        for (const tell of waiting) tell(line);
      },
    },
  });
  const line = (is: (line: Line) => boolean) =>
    new Promise<Line>((resolve) => {
      const known = lines.find(is);
      if (known) return resolve(known);
      const tell = (one: Line) => {
        if (!is(one)) return;
        waiting.delete(tell);
        resolve(one);
      };
      waiting.add(tell);
    });
  return { log, lines, line };
}

/** Nothing listens there until a sink does. */
async function portOfNobody(): Promise<number> {
  const sink = await createSink();
  await sink.close();
  return sink.port;
}

async function sinkHere(options: Parameters<typeof createSink>[0] = {}): Promise<Sink> {
  const sink = await createSink(options);
  cleanups.push(() => sink.close());
  return sink;
}

const smtp = ({ host, port }: Pick<Sink, 'host' | 'port'>) => ({
  type: 'smtp' as const,
  host,
  port,
  tls: 'none' as const,
});

async function start(document: ConfigInput) {
  const heard = listening();
  const config = checkConfig({
    document: {
      ...{ dataDir: join(directory, 'data'), http: { port: 0 }, smtp: { port: 0 }, health: { intervalSeconds: 0 } },
      ...document,
    },
    ...{ env: {}, directory, source: 'test' },
  });
  let daemon: Daemon | undefined = await startDaemon({ config, dev: true, log: heard.log });
  const stop = async () => {
    await daemon?.stop('test');
    daemon = undefined;
  };
  cleanups.push(stop);
  const url = `http://127.0.0.1:${daemon.http.port}`;
  const key = daemon.firstRun?.key ?? '';

  /** A command over the local store, in a process of its own as far as the daemon can tell. */
  const iep = async (args: readonly string[], input?: string) => {
    const env = { IEP_DATADIR: config.dataDir };
    const shell = fakeShell({ env, ...(input !== undefined && { input }) });
    const exit = await runCli([...args, '--json'], shell);
    if (exit !== 0) throw new Error(`iep ${args.join(' ')}: ${shell.err()}`);
    return JSON.parse(shell.out()) as Record<string, unknown>;
  };
  const call = async <T>(method: string, path: string, json?: unknown, as = key): Promise<T> => {
    const response = await fetch(url + path, {
      method,
      headers: { 'x-api-key': as, ...(json !== undefined && { 'content-type': 'application/json' }) },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  const send = async (changes: object = {}) => {
    const body = { from: 'app@example.com', to: ['jo@example.com'], subject: 'Hello', textBody: 'Hello', ...changes };
    return (await call<{ messageId: string }>('POST', '/v1/messages', body)).messageId;
  };
  const sendRaw = async (body: string) => {
    const headers = {
      'x-api-key': key,
      'content-type': 'message/rfc822',
      'x-iep-rcpt-to': 'jo@example.com',
      'x-iep-mail-from': '',
    };
    const answer = await fetch(`${url}/v1/messages/raw`, { method: 'POST', headers, body });
    return ((await answer.json()) as { messageId: string }).messageId;
  };
  const look = (id: string) => call<MessageJson>('GET', `/v1/messages/${id}`);
  const why = (id: string) => call<ExplanationJson>('GET', `/v1/messages/${id}/explain`);
  const metrics = async () => (await fetch(`${url}/metrics`)).text();
  /** The first attempt whose line is written; it comes after what it tells of is stored. */
  const attempted = (id: string) =>
    heard.line((line) => line.messageId === id && (line.msg === 'attempt' || line.msg === 'ended without an attempt'));
  /** The next event of a type about one message, from the stream. */
  const event = async (type: string, messageId: string): Promise<EventJson> => {
    const response = await fetch(`${url}/v1/events/stream`, {
      headers: { 'x-api-key': key, 'last-event-id': '0' },
    });
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const events = [...text.matchAll(/^data: (.*)\n/gm)].map(([, data = '{}']) => JSON.parse(data) as EventJson);
      const found = events.find((one) => one.type === type && one.messageId === messageId);
      // Leaving the loop closes the stream.
      if (found) return found;
    }
    throw new Error('the stream ended');
  };
  return { ...heard, iep, call, send, sendRaw, look, why, metrics, attempted, event, stop, key };
}

it('a personal message is one message, of which each recipient has a copy and an outcome of its own', async () => {
  const relay = await sinkHere();
  relay.script(({ step, argument }) =>
    step === 'RCPT' && argument.includes('gone@') ? '550 5.1.1 no such user' : undefined,
  );
  const iep = await start({ providers: { relay: smtp(relay) }, routing: { primary: 'relay' } });
  const people = ['ada', 'gone', 'bob'].map((name) => `${name}@example.com`);
  const id = await iep.send({ to: people, textBody: 'This copy is for {{system.recipient}}.', variables: {} });
  await iep.attempted(id);
  expect(relay.messages.map(({ to }) => to)).toEqual([['ada@example.com'], ['bob@example.com']]);
  const texts = relay.messages.map(({ bytes }) => bytes.toString());
  expect(texts.map((text) => /This copy is for (.*)\./.exec(text)?.[1])).toEqual([
    'ada@example.com',
    'bob@example.com',
  ]);
  for (const text of texts) expect(text.replaceAll(/\s+/g, ' ')).toContain(`To: ${people.join(', ')}`);
  const ids = new Set(texts.map((text) => /^Message-ID: (.*)$/im.exec(text)?.[1]));
  expect(ids.size).toBe(1);
  const { recipients, attempts } = await iep.look(id);
  expect([recipients.map(({ status }) => status), attempts]).toEqual([['sent', 'bounced', 'sent'], 1]);
});

describe('failover', () => {
  /** Names a wait, so that it is still left alone when the next message comes. */
  const BUSY = '421 4.3.2 not now, try again in 60 seconds';

  it('is an event, two attempts, a metric and a line, and `explain` shows what was said', async () => {
    const [relay, spare] = [await sinkHere(), await sinkHere()];
    relay.script(({ step }) => (step === 'banner' ? BUSY : undefined));
    const iep = await start({
      providers: { relay: smtp(relay), spare: smtp(spare) },
      routing: { primary: 'relay', fallback: 'spare' },
    });
    const id = await iep.send();
    await spare.received(1);
    expect(await iep.event('delivery_delayed', id)).toMatchObject({
      data: { failover: true, from: 'relay', fallback: 'spare', outcome: 'unavailable', reply: BUSY },
    });
    expect(await iep.look(id)).toMatchObject({
      ...{ status: 'sent', attempts: 1, provider: 'spare' },
      attemptLog: [
        { provider: 'relay', outcome: 'unavailable', counted: false },
        { provider: 'spare', outcome: 'delivered', counted: true },
      ],
    });
    const { summary, attempts, timeline } = await iep.why(id);
    expect(summary).toMatch(/^It was accepted by spare for everybody/);
    expect(attempts[0]?.transcript).toMatch(/^\S+ S: 421 4\.3\.2 not now, /);
    expect(attempts[1]?.transcript).toBeNull();
    expect(timeline.map(({ text }) => text)).toContain(`relay could not take it, spare steps in: ${BUSY}`);
    expect(await iep.line(({ msg }) => msg === 'failover')).toMatchObject({
      level: 'warn',
      from: 'relay',
      to: 'spare',
    });
    expect(await iep.metrics()).toContain('iep_provider_failovers_total{from="relay",to="spare"} 1');
    // While relay is left alone the next message does not even knock there, and that is visible too.
    const next = await iep.send();
    expect(await iep.event('delivery_delayed', next)).toMatchObject({ data: { reply: 'relay said not now' } });
    expect(relay.sessions).toBe(1);
  });

  it('goes from one vendor to the other, each with an attachment from the blobs, a bcc and the id that it says', async () => {
    const vendors = [
      await createVendor({ taken: () => ({ status: 202, headers: { 'x-message-id': 'sg-1' } }) }),
      await createVendor({ taken: () => ({ status: 200, body: '{"id":"re-1"}' }) }),
    ] as const;
    const [first, second] = vendors;
    for (const one of vendors) cleanups.push(() => one.close());
    const iep = await start({
      providers: {
        one: { type: 'sendgrid', apiKey: 'k1', endpoint: first.endpoint },
        two: { type: 'resend', apiKey: 'k2', endpoint: second.endpoint },
      },
      routing: { primary: 'one', fallback: 'two' },
    });
    const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(400_000, 'x')]);
    const changes = {
      cc: ['cy@example.com'],
      bcc: ['hidden@example.com'],
      attachments: [{ filename: 'a.pdf', contentType: 'application/pdf', content: pdf.toString('base64') }],
    };
    const direct = await iep.send(changes);
    expect(await iep.event('sent', direct)).toMatchObject({ data: { provider: 'one', code: 202 } });
    const { attachments, personalizations } = JSON.parse(first.taken[0]?.body ?? '{}');
    expect(Buffer.from(attachments[0].content, 'base64').equals(pdf)).toBe(true);
    expect(personalizations[0]).toMatchObject({
      ...{
        to: [{ email: 'jo@example.com' }],
        cc: [{ email: 'cy@example.com' }],
        bcc: [{ email: 'hidden@example.com' }],
      },
      custom_args: { iep_message: direct },
    });
    expect((await iep.look(direct)).recipients.map(({ providerMessageId }) => providerMessageId)).toEqual([
      ...['sg-1', 'sg-1', 'sg-1'],
    ]);

    // A key that is refused kills no mail: the other steps in.
    first.script(() => ({ status: 401, body: '{"errors":[{"message":"authorization required"}]}' }));
    const led = await iep.send(changes);
    expect(await iep.event('sent', led)).toMatchObject({ data: { provider: 'two' } });
    expect(JSON.parse(second.taken[0]?.body ?? '{}')).toMatchObject({ bcc: ['hidden@example.com'] });
    expect(await iep.look(led)).toMatchObject({
      status: 'sent',
      recipients: Array(3).fill({ status: 'sent', providerMessageId: 're-1' }),
      attemptLog: [
        { provider: 'one', outcome: 'unavailable', counted: false, reply: '401 authorization required' },
        { provider: 'two', outcome: 'delivered', counted: true, providerMessageId: 're-1' },
      ],
    });
  });

  it('comes after an outcome that may have been accepted only where the tenant says so', async () => {
    const [relay, spare] = [await sinkHere(), await sinkHere()];
    relay.script(({ step }) => (step === 'dot' ? { keep: true, end: 'drop' } : undefined));
    const iep = await start({
      providers: { relay: smtp(relay), spare: smtp(spare) },
      routing: { primary: 'relay', fallback: 'spare' },
    });
    const careful = await iep.send();
    await iep.attempted(careful);
    expect(await iep.look(careful)).toMatchObject({ status: 'queued', attemptLog: [{ outcome: 'unknown' }] });
    expect(spare.sessions).toBe(0);
    const operator = String((await iep.iep(['key', 'add', '--scopes', 'operator'])).key);
    await iep.call('PATCH', '/v1/admin/tenants/default', { settings: { unknownOutcome: 'failover' } }, operator);
    const bold = await iep.send();
    await spare.received(1);
    expect(await iep.event('sent', bold)).toMatchObject({ data: { provider: 'spare' } });
  });
});

describe('the breaker', () => {
  it('holds mail while its only provider is down, untried, and lets it go once the provider is back', async () => {
    const port = await portOfNobody();
    const iep = await start({
      providers: { relay: smtp({ host: '127.0.0.1', port }) },
      routing: { primary: 'relay' },
      retry: { scheduleSeconds: [1], maxAttempts: 50, jitter: 0 },
      breaker: { minimumAttempts: 3, cooldownSeconds: 1 },
      health: { intervalSeconds: 3_600 },
    });
    const ids = await Promise.all(Array.from({ length: 20 }, () => iep.send()));
    await iep.line(({ breaker }) => breaker === 'open');
    expect(await iep.metrics()).toContain('iep_provider_breaker_state{provider="relay"} 2');
    const late = await iep.send();
    const { summary, next, route } = await iep.why(late);
    expect(summary).toMatch(/the circuit breaker of relay is open until/);
    expect(next?.at).not.toBeNull();
    expect(route).toEqual([{ provider: 'relay', standing: 'breaker open' }]);
    expect(await iep.look(late)).toMatchObject({ status: 'queued', attempts: 0, attemptLog: [] });

    const back = await sinkHere({ port });
    expect((await back.received(21)).length).toBe(21);
    await iep.line(({ msg }) => String(msg).startsWith('the breaker closed'));
    for (const id of [...ids, late]) await iep.event('sent', id);
    expect(back.messages).toHaveLength(21);
    expect(await iep.metrics()).toContain('iep_provider_up{provider="relay"} 1');
  });
});

describe('a flush', () => {
  it.each([
    { by: 'a command beside the daemon', health: {}, over: 'store' },
    { by: 'a command that asks the daemon', health: {}, over: 'http' },
    { by: 'a command, with health checks on,', health: { health: { intervalSeconds: 3_600 } }, over: 'store' },
  ])('by $by lets an open breaker try at once', async ({ health, over }) => {
    const port = await portOfNobody();
    const iep = await start({
      providers: { relay: smtp({ host: '127.0.0.1', port }) },
      routing: { primary: 'relay' },
      retry: { scheduleSeconds: [3_600], maxAttempts: 5, jitter: 0 },
      breaker: { minimumAttempts: 3, cooldownSeconds: 3_600 },
      ...health,
    });
    const ids = await Promise.all(Array.from({ length: 20 }, () => iep.send()));
    await iep.line(({ breaker }) => breaker === 'open');
    const late = await iep.send();
    // A flush is for what waits, so nothing may be under way any more.
    const isUnderWay = async () =>
      ((await iep.iep(['queue'])) as unknown as { leased: number }[]).some(({ leased }) => leased > 0);
    while (await isUnderWay());
    const back = await sinkHere({ port });
    const operator = String((await iep.iep(['key', 'add', '--scopes', 'operator'])).key);
    if (over === 'store') await iep.iep(['queue', 'flush']);
    else await iep.call('POST', '/v1/admin/queue/flush', {}, operator);
    await back.received(21);
    for (const id of [...ids, late]) await iep.event('sent', id);
    expect(back.messages).toHaveLength(21);
  });
});

describe('an account that is refused', () => {
  it('holds mail untried, whatever the schedule, and lets it go when the password is right', async () => {
    const relay = await sinkHere({ users: { iep: 'right' } });
    const iep = await start({
      providers: { dev: { type: 'capture' } },
      routing: { primary: 'dev' },
      retry: { scheduleSeconds: [1], maxAttempts: 2 },
      breaker: { cooldownSeconds: 1 },
    });
    const where = ['--host', relay.host, '--port', String(relay.port), '--tls', 'none', '--username', 'iep'];
    await iep.iep(
      ['provider', 'add', 'relay', '--no-test', '--type', 'smtp', ...where, '--password-file', '-'],
      'wrong\n',
    );
    await iep.line(({ msg, provider }) => msg === 'a provider was added' && provider === 'relay');
    await iep.iep(['tenant', 'set', 'default', '--primary', 'relay']);

    const first = await iep.send();
    expect(await iep.event('delivery_delayed', first)).toMatchObject({ data: { account: true } });
    await iep.line(({ msg, ok }) => msg === 'a provider is unwell' && ok === false);
    const second = await iep.send();
    await eventually(async () =>
      expect((await iep.why(second)).summary).toMatch(
        /^It waits: relay refuses our account: 535 5\.7\.8 .*Correct its login, .*`iep queue flush`/,
      ),
    );
    expect(await iep.look(first)).toMatchObject({ status: 'queued', attempts: 0, attemptLog: [{ counted: false }] });
    expect(await iep.look(second)).toMatchObject({ status: 'queued', attempts: 0, attemptLog: [] });
    const operator = String((await iep.iep(['key', 'add', '--scopes', 'operator'])).key);
    const shown = await iep.call<ProviderJson>('GET', '/v1/admin/providers/relay', undefined, operator);
    expect(shown.state).toMatchObject({ breaker: { state: 'open', account: true }, health: { ok: false } });
    expect(await iep.iep(['dead'])).toEqual([]);
    const logins = relay.transcript.filter((line) => line.includes('AUTH')).length;

    // Whoever asks for it has it tried; that is one login, and no message.
    await iep.call('POST', '/v1/admin/queue/flush', {}, operator);
    await eventually(() => expect(relay.transcript.filter((line) => line.includes('AUTH'))).toHaveLength(logins + 1));
    await iep.iep(['provider', 'set', 'relay', '--password-file', '-'], 'right\n');
    await relay.received(2);
    for (const id of [first, second]) await iep.event('sent', id);
    expect(await iep.look(first)).toMatchObject({ status: 'sent', attempts: 1 });
  });

  it('goes by the fallback meanwhile', async () => {
    const [relay, spare] = [await sinkHere({ users: { iep: 'right' } }), await sinkHere()];
    const iep = await start({
      providers: { relay: { ...smtp(relay), username: 'iep', password: 'wrong' }, spare: smtp(spare) },
      routing: { primary: 'relay', fallback: 'spare' },
    });
    const id = await iep.send();
    expect(await iep.event('delivery_delayed', id)).toMatchObject({ data: { failover: true, from: 'relay' } });
    await spare.received(1);
    await iep.event('sent', id);
  });
});

describe('a provider that says 421 for ever', () => {
  it('costs no attempt, and the message says what it waits for', async () => {
    const relay = await sinkHere();
    relay.script(({ step }) => (step === 'MAIL' ? '421 4.7.0 come back in 600 seconds' : undefined));
    const iep = await start({ providers: { relay: smtp(relay) }, routing: { primary: 'relay' } });
    const id = await iep.send();
    await iep.event('delivery_delayed', id);
    const { summary, next } = await iep.why(id);
    expect(summary).toMatch(/421 4\.7\.0 come back in 600 seconds \(which costs no attempt\).*relay said "not now"/);
    expect(next?.at).not.toBeNull();
    expect(await iep.look(id)).toMatchObject({ status: 'queued', attempts: 0, attemptLog: [{ counted: false }] });
  });

  it('is tried again and again at no cost, until it takes the message', async () => {
    const relay = await sinkHere();
    relay.script(({ step }) => (step === 'MAIL' ? '421 4.7.0 come back later' : undefined));
    const iep = await start({ providers: { relay: smtp(relay) }, routing: { primary: 'relay' } });
    const id = await iep.send();
    await relay.reached('MAIL', 2);
    relay.script();
    await relay.received(1);
    await iep.event('sent', id);
    const { attempts, attemptLog } = await iep.look(id);
    expect(attempts).toBe(1);
    expect(attemptLog.length).toBeGreaterThan(2);
    for (const [at, { counted }] of attemptLog.entries()) expect(counted).toBe(at === attemptLog.length - 1);
  });
});

describe('dead letters', () => {
  it('are counted, explained, retried and deleted', async () => {
    const relay = await sinkHere();
    relay.script(({ step }) => (step === 'RCPT' ? '451 4.3.0 not today' : undefined));
    const iep = await start({
      providers: { relay: smtp(relay) },
      routing: { primary: 'relay' },
      retry: { maxAttempts: 1 },
    });
    const [first, second] = [await iep.send(), await iep.send()];
    await Promise.all([iep.event('dlq', first), iep.event('dlq', second)]);
    expect(await iep.metrics()).toMatch(/^iep_dead_letters\{tenant="[^"]+"\} 2$/m);
    const found = (await iep.iep(['dead'])) as unknown as { messageId: string; lastError: string }[];
    expect(found.map(({ messageId }) => messageId)).toEqual([second, first]);
    expect(found[0]?.lastError).toBe('451 4.3.0 not today');
    expect(await iep.iep(['dead', 'show', first])).toMatchObject({
      summary: expect.stringContaining('It is a dead letter after 1 attempt.'),
      attempts: [{ transcript: expect.stringContaining('S: 451 4.3.0 not today') }],
    });
    expect(await iep.iep(['dead', 'delete', second, '--yes'])).toMatchObject({ deleted: 1 });
    relay.script();
    expect(await iep.iep(['dead', 'retry', '--all', '--yes'])).toMatchObject({ matched: 1, retried: 1 });
    await iep.event('sent', first);
    expect(await iep.metrics()).not.toMatch(/^iep_dead_letters\{/m);
  });
});

describe('content that is gone', () => {
  const paragraph = `${'All work and no play makes Jack a dull boy. '.repeat(2)}\r\n`;
  const large = paragraph.repeat(5_000);
  const attached = {
    ...{ from: 'app@example.com', to: ['jo@example.com'], subject: 'Files', textBody: 'See below' },
    attachments: [{ filename: 'jack.txt', contentType: 'text/plain', content: Buffer.from(large).toString('base64') }],
  };
  const whole = `From: app@example.com\r\nTo: jo@example.com\r\nSubject: Jack\r\n\r\n${large}`;

  it.each([
    { what: 'an attachment', provider: 'relay', missing: 'its attachment jack.txt is gone' },
    { what: 'an attachment', provider: 'dev', missing: 'its attachment jack.txt is gone' },
    { what: 'a whole message', provider: 'relay', missing: 'its content is gone' },
    { what: 'a whole message', provider: 'dev', missing: 'its content is gone' },
  ])('such as $what, makes a dead letter by $provider, and a retry once it is restored', async (given) => {
    const { what, provider, missing } = given;
    const relay = await sinkHere();
    const iep = await start({
      providers: { relay: smtp(relay), dev: { type: 'capture' } },
      routing: { primary: provider },
    });
    await iep.iep(['queue', 'pause']);
    const id = what === 'an attachment' ? await iep.send(attached) : await iep.sendRaw(whole);
    const blobs = join(directory, 'data/blobs');
    const [blob = ''] = readdirSync(blobs, { recursive: true, encoding: 'utf8' }).filter((name) => name.length > 64);
    renameSync(join(blobs, blob), join(directory, 'lost'));
    await iep.iep(['queue', 'resume']);

    const dlq = await iep.event('dlq', id);
    expect(dlq.data.reason).toBe(
      `${missing} (blob ${basename(blob)}); \`iep retry ${id}\` sends it once it is restored`,
    );
    expect(await iep.look(id)).toMatchObject({ status: 'failed', attempts: 0, attemptLog: [] });
    expect((await iep.why(id)).summary).toContain(missing);
    expect(await iep.iep(['dead'])).toMatchObject([{ messageId: id }]);
    expect(relay.messages).toEqual([]);

    renameSync(join(directory, 'lost'), join(blobs, blob));
    await iep.iep(['retry', id]);
    await iep.event('sent', id);
  });
});

describe('providers by command', () => {
  it('are taken up by a running daemon, changed and removed, and keep their password to themselves', async () => {
    const [one, other] = [await sinkHere({ users: { iep: 'planted-secret' } }), await sinkHere()];
    const iep = await start({ providers: { dev: { type: 'capture' } }, routing: { primary: 'dev' } });
    const where = ['--host', one.host, '--port', String(one.port), '--tls', 'none'];
    const add = [
      'provider',
      'add',
      'relay',
      '--no-test',
      '--type',
      'smtp',
      ...where,
      '--username',
      'iep',
      '--password-file',
      '-',
    ];
    await iep.iep(add, 'planted-secret\n');
    await iep.line(({ msg, provider }) => msg === 'a provider was added' && provider === 'relay');
    await iep.iep(['tenant', 'set', 'default', '--providers', 'dev,relay']);
    await iep.send({ provider: 'relay' });
    expect((await one.received(1))[0]).toMatchObject({ user: 'iep' });

    const operator = String((await iep.iep(['key', 'add', '--scopes', 'operator'])).key);
    const path = '/v1/admin/providers/relay';
    const changed = await iep.call<ProviderJson>(
      'PATCH',
      path,
      { settings: { port: other.port, username: null, password: null } },
      operator,
    );
    expect(changed).toMatchObject({ source: 'store', state: { breaker: { state: 'closed' } } });
    await iep.send({ provider: 'relay' });
    await other.received(1);

    await iep.call('PATCH', '/v1/admin/tenants/default', { settings: { primary: 'relay' } }, operator);
    await expect(iep.call('DELETE', path, undefined, operator)).rejects.toThrow('the tenant default');
    await iep.call('DELETE', `${path}?force=true`, undefined, operator);
    await expect(iep.send({ provider: 'relay' })).rejects.toThrow(
      'this tenant has no provider of that name; it has: dev',
    );
    expect(JSON.stringify(iep.lines)).not.toContain('planted-secret');
  });

  it('keep their password to themselves where a server repeats it', async () => {
    const password = 'planted pass/word';
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const spellings = [password, base64(password), base64(`\0iep\0${password}`), encodeURIComponent(password)];
    const relay = await sinkHere({ users: { iep: password } });
    const echo = spellings.join(' and ');
    const iep = await start({ providers: { dev: { type: 'capture' } }, routing: { primary: 'dev' } });
    const where = ['--host', relay.host, '--port', String(relay.port), '--tls', 'none'];
    const add = [
      'provider',
      'add',
      'relay',
      '--no-test',
      '--type',
      'smtp',
      ...where,
      '--username',
      'iep',
      '--password-file',
      '-',
    ];
    await iep.iep(add, `${password}\n`);
    await iep.line(({ msg, provider }) => msg === 'a provider was added' && provider === 'relay');
    await iep.iep(['tenant', 'set', 'default', '--providers', 'dev,relay']);
    const said: unknown[] = [];
    for (const step of ['MAIL', 'dot', 'AUTH'] as const) {
      relay.dropAll();
      relay.script((moment) => (moment.step === step ? `550 5.7.1 ${step} refused with ${echo}` : undefined));
      const id = await iep.send({ provider: 'relay' });
      await iep.event(step === 'AUTH' ? 'delivery_delayed' : 'failed', id);
      await iep.attempted(id);
      const events = await iep.call('GET', `/v1/messages/${id}/events`);
      said.push(await iep.look(id), await iep.why(id), events);
    }
    relay.script(({ step }) => (step === 'AUTH' ? `535 5.7.8 AUTH refused with ${echo}` : undefined));
    const operator = String((await iep.iep(['key', 'add', '--scopes', 'operator'])).key);
    said.push(await iep.call('POST', '/v1/admin/providers/relay/test', { to: 'jo@example.com' }, operator));
    const shell = fakeShell({ env: { IEP_DATADIR: join(directory, 'data') } });
    await runCli(['doctor'], shell);
    said.push(shell.out(), iep.lines);
    for (const one of said) {
      const text = JSON.stringify(one);
      expect(text).toMatch(/refused with \*\*\*/);
      for (const spelling of spellings) expect(text).not.toContain(spelling);
    }
  });

  it('are tested over the connections that there are, which a server may count', async () => {
    const relay = await sinkHere();
    relay.script(({ step }) => (step === 'banner' && relay.open > 1 ? '421 4.7.0 too many connections' : undefined));
    const iep = await start({ providers: { relay: smtp(relay) }, routing: { primary: 'relay' } });
    await iep.event('sent', await iep.send());
    const operator = String((await iep.iep(['key', 'add', '--scopes', 'operator'])).key);
    const path = '/v1/admin/providers/relay/test';
    expect(await iep.call('POST', path, { to: 'jo@example.com' }, operator)).toMatchObject({ ok: true });
    expect([relay.messages.length, relay.sessions]).toEqual([2, 1]);
  });

  it('are there again after a restart, also where a route of the configuration names one', async () => {
    const relay = await sinkHere();
    const document = { providers: { dev: { type: 'capture' as const } }, routing: { primary: 'dev' } };
    const first = await start(document);
    const where = ['--host', relay.host, '--port', String(relay.port), '--tls', 'none'];
    await first.iep(['provider', 'add', 'relay', '--no-test', '--type', 'smtp', ...where]);
    await first.stop();
    const second = await start({ ...document, routing: { primary: 'relay' } });
    await second.iep(['send', 'jo@example.com', '--text', 'x', '--from', 'app@example.com']);
    await relay.received(1);
    await second.stop();
    await expect(start({ ...document, routing: { primary: 'nowhere' } })).rejects.toMatchObject({ code: 'bad_config' });
  });
});

describe('a split', () => {
  it('shares mail out, and keeps each message to its provider', async () => {
    const [a, b] = [await sinkHere(), await sinkHere()];
    const iep = await start({ providers: { a: smtp(a), b: smtp(b) }, routing: { split: { a: 1, b: 1 } } });
    const ids = await Promise.all(Array.from({ length: 40 }, () => iep.send()));
    for (const id of ids) await iep.event('sent', id);
    expect(a.messages.length + b.messages.length).toBe(40);
    expect(Math.min(a.messages.length, b.messages.length)).toBeGreaterThan(3);
  });
});
