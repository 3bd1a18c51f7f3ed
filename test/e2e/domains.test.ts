/** A sender domain from `iep domain add` to a signature that a stranger verifies; and an address that bounces too often. */

import { Resolver } from 'node:dns/promises';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DomainReportJson, DomainVerifiedJson, NewKeyJson } from '../../src/cli/client/wire.ts';
import { loadConfig } from '../../src/cli/configuration.ts';
import { runCli } from '../../src/cli/program.ts';
import { fakeShell } from '../../src/cli/shell.testing.ts';
import { type Daemon, startDaemon } from '../../src/daemon/daemon.ts';
import { type HeardLog, heardLog } from '../heard-log.ts';
import { createNameServer, type NameServer } from '../name-server.ts';
import { createSink, type Sink } from '../sink.ts';

let cwd: string;
let dns: NameServer;
let sink: Sink;
let log: HeardLog;
let daemon: Daemon;
let url: string;
let key: string;
let resolver: Resolver;

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-e2e-domains-'));
  dns = await createNameServer();
  resolver = new Resolver();
  resolver.setServers([dns.address]);
  sink = await createSink();
  const relay = { type: 'smtp', host: '127.0.0.1', port: sink.port, tls: 'none' };
  const config = {
    dataDir: './data',
    http: { port: 0 },
    smtp: { port: 0, trustedNetworks: [{ cidr: '127.0.0.1/32', tenant: 'acme' }] },
    providers: { relay, plain: { ...relay, dkim: false } },
    routing: { primary: 'relay' },
    domains: { spfInclude: '_spf.platform.example', dmarcReports: 'd@platform.example', dnsServers: [dns.address] },
  };
  writeFileSync(join(cwd, 'iep.config.yaml'), JSON.stringify(config));
  await iep('tenant', 'add', 'acme', '--any-sender', 'on', '--providers', 'relay,plain');
  key = (await json<NewKeyJson>('key', 'add', '--tenant', 'acme', '--scopes', 'send,read,admin')).key;
  log = heardLog();
  daemon = await startDaemon({
    config: loadConfig({ file: join(cwd, 'iep.config.yaml'), env: {} }).config,
    dev: false,
    log,
  });
  url = `http://127.0.0.1:${daemon.http.port}`;
});
afterAll(async () => {
  await daemon?.stop('the test is over');
  await sink?.close();
  await dns?.close();
  rmSync(cwd, { recursive: true });
});

/** A command over the same data directory, as another process would run it beside the daemon. */
async function iep(...args: string[]) {
  const shell = fakeShell({ env: { IEP_CONFIG: join(cwd, 'iep.config.yaml'), LOGNAME: 'jo' } });
  const exit = await runCli(args, shell);
  return { exit, out: shell.out(), err: shell.err() };
}

async function json<T>(...args: string[]): Promise<T> {
  const { out, err } = await iep(...args, '--json');
  if (out === '') throw new Error(err);
  return JSON.parse(out) as T;
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(url + path, {
    method,
    headers: { 'x-api-key': key, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as T;
}

interface Accepted {
  readonly messageId: string;
  readonly suppressedRecipients: readonly string[];
}

const submit = (changes: Record<string, unknown> = {}) =>
  call<Accepted>('POST', '/v1/messages', {
    ...{ from: { email: 'app@acme.example', name: 'Äcme' }, to: ['you@example.org'], subject: 'Grüße' },
    ...{ htmlBody: '<p>Hello  there</p>', textBody: 'Hello  there \n\n' },
    ...changes,
  });

/** The message that the sink took next. */
async function arrived(give: () => Promise<unknown>): Promise<Buffer> {
  const before = sink.messages.length;
  await give();
  return (await sink.received(before + 1))[before]?.bytes ?? Buffer.alloc(0);
}

function publish({ records }: DomainReportJson): void {
  for (const { type, name, value } of records) {
    if (type === 'TXT') dns.txt(name, value);
    else dns.cname(name, value);
  }
}

/** Asked of the name server, as any receiver does. */
async function verdicts(message: Buffer) {
  const { results } = await dkimVerify(message, {
    resolver: (name: string, type: string) => resolver.resolve(name, type as 'TXT'),
  });
  return results.map(
    ({ status, signingDomain, selector, algo }) => `${status.result} ${signingDomain} ${selector} ${algo}`,
  );
}

const signedWith = (slot: string) => [
  `pass acme.example ${slot} rsa-sha256`,
  `pass acme.example ${slot}-ed25519 ed25519-sha256`,
];

describe('a sender domain', () => {
  it('leaves unsigned what it has no key for', async () => {
    expect((await arrived(() => submit())).toString('latin1')).not.toMatch(/^DKIM-Signature:/im);
  });

  it('is added, and its mail is signed at once, before it is verified', async () => {
    const text = await iep('domain', 'add', 'ACME.example.', '--tenant', 'acme');
    expect(text.exit).toBe(0);
    expect(text.out).toContain('v=spf1 include:_spf.platform.example ~all');
    expect(text.out).toContain('iep1._domainkey.acme.example');
    expect(text.out).toContain('rua=mailto:d@platform.example');
    publish(await json('domain', 'show', 'acme.example'));
    // The daemon learns of keys that another process made within two seconds.
    await expect.poll(async () => verdicts(await arrived(() => submit()))).toEqual(signedWith('iep1'));
  });

  it('prints a zone file', async () => {
    const { out } = await iep('domain', 'show', 'acme.example', '--zone');
    const [, rsa = ''] = /^iep1\._domainkey\.acme\.example\. 3600 IN TXT (.*)$/m.exec(out) ?? [];
    const strings = [...rsa.matchAll(/"([^"]*)"/g)].map(([, text = '']) => text);
    expect(strings.every((text) => text.length <= 255)).toBe(true);
    expect(strings.join('')).toMatch(/^v=DKIM1; k=rsa; p=\S{392}$/);
  });

  it('is verified, which is remembered', async () => {
    dns.txt('acme.example', 'v=spf1 mx -all');
    const wrong = await iep('domain', 'verify', 'acme.example');
    expect(wrong.exit).toBe(65);
    expect(wrong.out).toContain('v=spf1 mx include:_spf.platform.example -all');
    publish(await json('domain', 'show', 'acme.example'));
    expect(await iep('domain', 'verify', 'acme.example')).toMatchObject({ exit: 0 });
    expect((await iep('domain', 'list')).out).toMatch(/acme\.example +yes/);
    const history = await json<{ verified: boolean }[]>('domain', 'history', 'acme.example');
    expect(history.map(({ verified }) => verified)).toEqual([true, false]);
  });

  it('signs what came over SMTP, and changes nothing else of it', async () => {
    const raw =
      'From: Jo <jo@news.acme.example>\r\nTo: you@example.org\r\nSubject: raw\r\nDate: Mon, 21 Sep 2026 14:13:20 +0000\r\n\r\n.Hello \t\r\n\r\n\r\n';
    const message = await arrived(() => smtp(raw));
    expect(message.toString('latin1')).toMatch(/^DKIM-Signature: .*\.Hello \t\r\n\r\n\r\n$/s);
    expect(await verdicts(message)).toEqual(signedWith('iep1'));
  });

  it('is shown by /raw with the very signatures that were sent, and only where they were', async () => {
    const raw = async (id: string) => {
      const response = await fetch(`${url}/v1/messages/${id}/raw`, { headers: { 'x-api-key': key } });
      return Buffer.from(await response.arrayBuffer());
    };
    const settled = async (id: string) => {
      await expect.poll(async () => (await call<{ status: string }>('GET', `/v1/messages/${id}`)).status).toBe('sent');
      return id;
    };
    for (const changes of [{}, { provider: 'plain' }]) {
      let id = '';
      const message = await arrived(async () => {
        id = (await submit(changes)).messageId;
      });
      expect((await raw(await settled(id))).equals(message)).toBe(true);
    }
    const later = await submit({ scheduledAt: new Date(Date.now() + 3_600_000).toISOString() });
    expect(await verdicts(await raw(later.messageId))).toEqual(signedWith('iep1'));
    await call('POST', `/v1/messages/${later.messageId}/cancel`);
  });

  it('signs what is too large for memory', async () => {
    const content = Buffer.alloc(3_000_000, 'IEP ').toString('base64');
    const attachments = [{ filename: 'a.txt', contentType: 'text/plain', content }];
    const message = await arrived(() => submit({ attachments }));
    expect(message.length).toBeGreaterThan(4_000_000);
    expect(await verdicts(message)).toEqual(signedWith('iep1'));
  });

  it('does not sign for a relay that signs itself, or mail from another domain', async () => {
    const plain = await arrived(() => submit({ provider: 'plain' }));
    expect(plain.toString('latin1')).not.toMatch(/^DKIM-Signature:/im);
    await iep('domain', 'add', 'other.example');
    // Signed, and the keys are published nowhere.
    await expect
      .poll(async () => verdicts(await arrived(() => submit({ from: 'a@other.example' }))))
      .toEqual(['neutral other.example iep1 rsa-sha256', 'neutral other.example iep1-ed25519 ed25519-sha256']);
  });

  it('changes its keys while mail goes on', async () => {
    const rotated = await call<DomainReportJson>('POST', '/v1/domains/acme.example/rotate');
    expect(await verdicts(await arrived(() => submit()))).toEqual(signedWith('iep1'));
    publish(rotated);
    const verified = await call<DomainVerifiedJson>('POST', '/v1/domains/acme.example/verify');
    expect(verified.verified).toBe(true);
    expect(await verdicts(await arrived(() => submit()))).toEqual(signedWith('iep2'));
    expect(await iep('domain', 'rotate', 'acme.example')).toMatchObject({ exit: 65 });
  });

  it('keeps its keys to itself', async () => {
    const told = JSON.stringify([
      log.lines,
      await call('GET', '/v1/domains/acme.example'),
      await iep('domain', 'list'),
    ]);
    expect(told).not.toMatch(/PRIVATE|v1\.[0-9a-f]{8}\./);
  });
});

describe('an address that does not exist', () => {
  const outcome = async ({ messageId }: Accepted) => {
    let status = '';
    await expect
      .poll(async () => (status = (await call<{ status: string }>('GET', `/v1/messages/${messageId}`)).status))
      .not.toMatch(/queued|processing/);
    return status;
  };

  it('is suppressed with the third hard bounce, and others are not', async () => {
    sink.script(({ step, argument }) => {
      if (step !== 'RCPT') return undefined;
      if (argument.startsWith('gone')) return '550 5.1.1 no such user';
      if (argument.startsWith('policy')) return '550 5.7.1 blocked by reputation';
      return argument.startsWith('full') ? '552 5.2.2 mailbox full' : undefined;
    });
    const to = ['gone@example.org', 'policy@example.org', 'full@example.org'];
    for (let n = 0; n < 3; n += 1) {
      const accepted = await submit({ to });
      expect(accepted.suppressedRecipients).toEqual([]);
      expect(await outcome(accepted)).toMatch(/bounced|failed/);
    }
    const fourth = await submit({ to });
    expect(fourth.suppressedRecipients).toEqual(['gone@example.org']);
    const { out } = await iep('suppression', 'show', 'gone@example.org');
    expect(out).toContain('reason:  hard_bounce');
    expect(out.match(/550 5\.1\.1 no such user/g)).toHaveLength(3);
    await iep('suppression', 'remove', 'gone@example.org');
    expect((await submit({ to })).suppressedRecipients).toEqual([]);
    sink.script();
  });
});

/** Submits a message from this machine, as a legacy program does. */
function smtp(message: string): Promise<void> {
  const lines = ['EHLO x', 'MAIL FROM:<jo@news.acme.example>', 'RCPT TO:<you@example.org>', 'DATA'];
  const body = message.replace(/^\./gm, '..');
  return new Promise((resolve, reject) => {
    const socket = createConnection(daemon.smtp.port, '127.0.0.1');
    const steps = [...lines, `${body}.`, 'QUIT'];
    let heard = '';
    socket.on('error', reject).on('data', (chunk) => {
      heard += chunk.toString('latin1');
      if (!/^\d{3} .*\r\n$/m.test(heard)) return;
      if (/^[45]/.test(heard)) reject(new Error(heard));
      heard = '';
      const next = steps.shift();
      if (next === undefined) socket.end();
      else socket.write(`${next}\r\n`);
    });
    socket.on('close', () => resolve());
  });
}
