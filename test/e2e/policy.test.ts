/** What a tenant may do, over all doors of a real daemon at once: limits, allowlists, and a platform that does not send. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EventJson, MessageJson, NewKeyJson } from '../../src/cli/client/wire.ts';
import { greet, plainAuth } from '../../src/smtp/door.testing.ts';
import { type DaemonProcess, isUp, spawnDaemon, type Up } from '../daemon-process.ts';
import { bundleProgram, type Program } from '../program.ts';

const LIMIT = 30;

let program: Program;
let cwd: string;
let daemon: DaemonProcess;
let up: Up;
let key: string;

beforeAll(() => {
  program = bundleProgram();
});
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-e2e-policy-'));
});
afterEach(async () => {
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  rmSync(cwd, { recursive: true });
});

interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** In a process of its own, over the same store as the daemon, or over HTTP where the environment says so. */
function iepWith(env: Record<string, string>, ...args: string[]): Promise<Ran> {
  const options = { cwd, env: { PATH: process.env.PATH, LOGNAME: 'jo', ...env } };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program.script, ...args], options, (error, out, err) =>
      resolve({ exit: error === null ? 0 : Number(error.code), out, err }),
    );
    child.stdin?.end();
  });
}
const iep = (...args: string[]) => iepWith({}, ...args);

async function start(config: object, env: Record<string, string> = {}): Promise<void> {
  const providers = { capture: { type: 'capture' } };
  const all = { providers, routing: { primary: 'capture' }, ...config };
  writeFileSync(join(cwd, 'iep.config.yaml'), JSON.stringify(all));
  daemon = spawnDaemon({ cwd, env });
  up = await isUp(daemon);
  const made = await iep('key', 'add', '--tenant', 'acme', '--scopes', 'send,read,admin', '--json');
  key = (JSON.parse(made.out) as NewKeyJson).key;
}

function call(path: string, json?: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${up.http.port}${path}`, {
    method: json === undefined ? 'GET' : 'POST',
    headers: { 'x-api-key': key, ...(json !== undefined && { 'content-type': 'application/json' }) },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
}

const message = { from: 'app@acme.example', to: ['user@example.com'], subject: 'Hello', textBody: 'Hello' };
const post = (changes: object = {}) => call('/v1/messages', { ...message, ...changes });
const show = async (id: string) => (await (await call(`/v1/messages/${id}`)).json()) as MessageJson;

function mailer() {
  const { port } = up.smtp;
  return createTransport({
    host: '127.0.0.1',
    port,
    ignoreTLS: true,
    pool: true,
    maxConnections: 4,
    auth: { user: 'acme', pass: key },
  });
}

describe('a rate limit', () => {
  it('is one for all doors, exact while all knock at once, and survives kill -9', async () => {
    const tenants = [{ slug: 'acme', settings: { anySender: true, ratePerHour: LIMIT } }];
    await start({ tenants });
    const smtp = mailer();
    const mail = { from: message.from, to: message.to[0], subject: 'Hello', text: 'Hello' };
    const overHttp = Array.from({ length: 20 }, async () => {
      const { status, headers } = await post();
      if (status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      return { door: 'http', accepted: status === 202, refused: status === 429 };
    });
    const overSmtp = Array.from({ length: 20 }, () =>
      smtp.sendMail(mail).then(
        () => ({ door: 'smtp', accepted: true, refused: false }),
        (error: Error & { response?: string }) => {
          const refused = /^451 4\.7\.1 This tenant may submit 30 messages in any hour; try again in \d+ s$/;
          return { door: 'smtp', accepted: false, refused: refused.test(error.response ?? '') };
        },
      ),
    );
    const atTheShell = Array.from({ length: 3 }, async () => {
      const { exit } = await iep('send', 'user@example.com', '--text', 'x');
      return { door: 'cli', accepted: exit === 0, refused: exit === 75 };
    });
    const answers = await Promise.all([...overHttp, ...overSmtp, ...atTheShell]);
    smtp.close();
    expect(answers.filter(({ accepted, refused }) => accepted === refused)).toEqual([]);
    expect(answers.filter(({ accepted }) => accepted)).toHaveLength(LIMIT);

    const metrics = await (await fetch(`http://127.0.0.1:${up.http.port}/metrics`)).text();
    const hits = /^iep_rate_limit_hits_total\{tenant="[^"]+"\} (\d+)$/m.exec(metrics)?.[1];
    // A command asks the daemon of its machine, which counts it too.
    expect(Number(hits)).toBe(answers.filter(({ refused }) => refused).length);

    daemon.process.kill('SIGKILL');
    await daemon.ended;
    await start({ tenants });
    const late = await post();
    expect([late.status, late.headers.get('ratelimit-policy')]).toEqual([429, '"hour";q=30;w=3600']);
    expect(late.headers.get('ratelimit')).toMatch(/^"hour";r=0;t=\d+$/);
    expect((await iep('send', 'user@example.com', '--text', 'x')).exit).toBe(75);
  });
});

describe('allowlists', () => {
  it('hold at every door: a refused recipient is named, and the others are served', async () => {
    const settings = { recipientDomains: ['example.com', 'qa.example'], replyToDomains: ['acme.example'] };
    await start({ tenants: [{ slug: 'acme', settings }], policy: { recipientDomains: ['example.com'] } });
    await iep('domain', 'add', 'acme.example', '--tenant', 'acme');

    const refused = await post({ to: ['user@example.com', 'user@qa.example'], cc: ['a@gmail.example'] });
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { code: 'recipient_domain_not_allowed', errors: [{ path: 'to.1' }, { path: 'cc.0' }] },
    ]);
    expect((await post({ replyTo: 'x@gmail.example' })).status).toBe(403);

    const client = await greet(up.smtp.port);
    expect(await client.say(plainAuth('acme', key))).toMatch(/^235 /);
    expect(await client.say('MAIL FROM:<app@acme.example>')).toMatch(/^250 /);
    expect(await client.say('RCPT TO:<user@example.com>')).toMatch(/^250 /);
    expect(await client.say('RCPT TO:<user@qa.example>')).toBe(
      '550 5.7.1 user@qa.example is not at a domain that this platform may mail: example.com',
    );
    expect(await client.say('RCPT TO:<a@gmail.example>')).toMatch(/^550 5\.7\.1 .* this tenant may mail: /);
    expect(await client.say('DATA')).toMatch(/^354 /);
    const queued = await client.say('From: app@acme.example\r\nReply-To: help@acme.example\r\n\r\nx\r\n.');
    const [, id = ''] = /^250 2\.0\.0 queued as (\S+)$/.exec(queued) ?? [];
    expect((await show(id)).recipients.map(({ email }) => email)).toEqual(['user@example.com']);

    const deliver = async (from: string, header: string) => {
      for (const line of [`MAIL FROM:<${from}>`, 'RCPT TO:<user@example.com>', 'DATA']) await client.say(line);
      return client.say(`${header}\r\n\r\nx\r\n.`);
    };
    expect(await deliver('app@acme.example', 'From: a@globex.example')).toMatch(/^553 5\.7\.1 globex\.example is not/);
    expect(await deliver('app@globex.example', 'From: a@acme.example')).toMatch(/^553 5\.7\.1 globex\.example is not/);
    expect(await deliver('app@acme.example', 'From: a@acme.example\r\nReply-To: x@gmail.example')).toMatch(
      /^550 5\.7\.1 x@gmail\.example is not/,
    );
    client.close();

    const shell = await iep('send', 'a@gmail.example', '--from', 'app@acme.example', '--text', 'x');
    expect(shell).toMatchObject({ exit: 77, err: expect.stringContaining('a@gmail.example is not at a domain') });
  });
});

describe('a message that names no sender', () => {
  it('is from the default of its tenant, which the daemon knows; else from the login name', async () => {
    await start({ tenants: [{ slug: 'acme', settings: { anySender: true } }] });
    const env = { IEP_URL: `http://127.0.0.1:${up.http.port}`, IEP_API_KEY: key };
    const sender = async (...args: string[]) => {
      const { out } = await iepWith(env, 'send', 'a@example.com', '--text', 'x', '--json', ...args);
      return (await show((JSON.parse(out) as { messageId: string }).messageId)).from;
    };
    expect((await sender()).email).toMatch(/^jo@/);
    await iep('tenant', 'set', 'acme', '--default-from', 'Acme <noreply@acme.example>');
    const acme = { email: 'noreply@acme.example', name: 'Acme' };
    // What another process changed holds within a second.
    await expect.poll(() => sender()).toEqual(acme);
    expect(await sender('--from', 'me@acme.example')).toEqual({ email: 'me@acme.example' });
  });
});

describe('a tenant that is not active', () => {
  it('is refused at every door, and what it has waiting goes on once it is active again', async () => {
    const trustedNetworks = [{ cidr: '127.0.0.1/32', tenant: 'acme' }];
    await start({ tenants: [{ slug: 'acme', settings: { anySender: true } }], smtp: { trustedNetworks } });
    await iep('queue', 'pause');
    const { messageId } = (await (await post()).json()) as { messageId: string };
    const loggedIn = await greet(up.smtp.port);
    expect(await loggedIn.say(plainAuth('acme', key))).toMatch(/^235 /);

    await iep('tenant', 'set', 'acme', '--inactive');
    // What another process changed holds within a second.
    await expect.poll(async () => (await post()).status).toBe(403);
    expect((await call('/v1/messages')).status).toBe(403);
    expect(await loggedIn.say('MAIL FROM:<app@acme.example>')).toMatch(/^550 5\.7\.1 This tenant is not active/);
    const trusted = await greet(up.smtp.port);
    expect(await trusted.say('MAIL FROM:<app@acme.example>')).toMatch(/^550 5\.7\.1 This tenant is not active/);
    expect(await trusted.say(plainAuth('acme', key))).toMatch(/^5\d\d 5\.7\.\d This tenant is not active/);
    for (const client of [loggedIn, trusted]) client.close();
    for (const command of [
      ['send', 'a@example.com', '--text', 'x'],
      ['sendmail', 'a@example.com'],
    ]) {
      expect(await iep(...command)).toMatchObject({
        exit: 77,
        err: expect.stringContaining('This tenant is not active'),
      });
    }

    await iep('queue', 'resume');
    const waiting = await iep('queue', '--json');
    expect(JSON.parse(waiting.out)).toMatchObject([{ tenant: 'acme', active: false, waiting: 1, due: 1, leased: 0 }]);
    await iep('tenant', 'set', 'acme', '--active');
    const status = async () =>
      ((await (await call(`/v1/messages/${messageId}`)).json()) as Partial<MessageJson>).status;
    await expect.poll(status).toBe('sent');
  });
});

describe('a platform that does not send', () => {
  it('accepts over every door, records, delivers nothing, and sends what is asked for once it does', async () => {
    const tenants = [{ slug: 'acme', settings: { anySender: true } }];
    await start({ tenants }, { IEP_POLICY_SENDING: 'off' });
    const follow = await fetch(`http://127.0.0.1:${up.http.port}/v1/events/stream`, { headers: { 'x-api-key': key } });
    const smtp = mailer();
    await smtp.sendMail({ from: message.from, to: 'smtp@example.com', subject: 'x', text: 'x' });
    smtp.close();
    const { messageId } = (await (await post()).json()) as { messageId: string };
    expect((await iep('send', 'shell@example.com', '--text', 'x')).exit).toBe(0);

    const suppressed: EventJson[] = [];
    for await (const event of eventsOf(follow)) {
      if (event.type === 'suppressed') suppressed.push(event);
      expect(['queued', 'suppressed']).toContain(event.type);
      if (suppressed.length === 3) break;
    }
    expect(suppressed.map(({ recipient }) => recipient).sort()).toEqual([
      'shell@example.com',
      'smtp@example.com',
      'user@example.com',
    ]);
    const reason = 'sending is off on this platform';
    expect(suppressed[0]?.data).toEqual({ reason });
    expect(await show(messageId)).toMatchObject({ status: 'suppressed', dead: false, attempts: 0, lastError: reason });

    daemon.process.kill('SIGTERM');
    await daemon.ended;
    await start({ tenants });
    expect(await iep('retry', '--status', 'suppressed', '--since', '1d', '--yes')).toMatchObject({ exit: 0 });
    const again = await fetch(`http://127.0.0.1:${up.http.port}/v1/events/stream`, {
      headers: { 'x-api-key': key, 'last-event-id': '0' },
    });
    let sent = 0;
    for await (const event of eventsOf(again)) {
      if (event.type === 'sent') sent += 1;
      if (sent === 3) break;
    }
    expect((await show(messageId)).status).toBe('sent');
  });
});

/** The events of a stream as they come. */
async function* eventsOf(response: Response): AsyncGenerator<EventJson> {
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString('utf8');
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) yield JSON.parse(data) as EventJson;
    }
  }
}
