/**
 * An old SMTP client that knows a password sends through IEP to a mail server that takes tokens alone, from an authority on this
 * machine. The token outlives the daemon, and no secret of all this is in anything that is shown, logged or stored in the clear.
 */

import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { fakeShell } from '../../src/cli/shell.testing.ts';
import { greet, plainAuth } from '../../src/smtp/door.testing.ts';
import { type Authority, client, createAuthority } from '../authority.ts';
import { type DaemonProcess, isUp, spawnDaemon } from '../daemon-process.ts';
import { createXoauth2Server, type Xoauth2Server } from '../xoauth2-server.ts';

const mailbox = 'noreply@example.com';
const masterKey = Buffer.alloc(32, 'master').toString('base64');
const pair = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

let folder: string;
let authority: Authority;
let upstream: Xoauth2Server;
let daemon: DaemonProcess;
let http: string;
let smtp: number;
let apiKey: string;
/** All that was shown or logged. */
const said: string[] = [];
/** Tokens that were ever given. */
const given = new Set<string>();

const env = {
  ...{ IEP_MASTER_KEY: masterKey, OFFICE_SECRET: client.clientSecret },
  get IEP_CONFIG() {
    return join(folder, 'iep.config.yaml');
  },
};

async function iep(args: readonly string[], expected = 0): Promise<string> {
  const shell = fakeShell({ env: { ...env } });
  const code = await runCli([...args], shell);
  said.push(shell.out(), shell.err());
  expect([code, shell.err()]).toEqual([expected, expect.anything()]);
  return shell.out();
}

async function start(): Promise<void> {
  daemon = spawnDaemon({ cwd: folder, env: { ...env } });
  const up = await isUp(daemon);
  http = `http://127.0.0.1:${up.http.port}`;
  smtp = up.smtp.port;
}

async function stop(): Promise<void> {
  daemon.process.kill('SIGTERM');
  await daemon.ended;
  said.push(...daemon.stdout, ...daemon.stderr);
}

async function submit(subject: string): Promise<void> {
  const old = await greet(smtp);
  expect(await old.say(plainAuth('acme', apiKey))).toMatch(/^235 /);
  await old.say(`MAIL FROM:<${mailbox}>`);
  await old.say('RCPT TO:<jo@example.net>');
  await old.say('DATA');
  old.send(`From: ${mailbox}\r\nSubject: ${subject}\r\n\r\nHello\r\n.\r\n`);
  expect(await old.reply()).toMatch(/^250 /);
  old.close();
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iep-oauth2-'));
  authority = await createAuthority({ publicKey: pair.publicKey });
  upstream = await createXoauth2Server({
    takes(user, token) {
      given.add(token);
      return user === mailbox && authority.tokens.includes(token);
    },
  });
  writeFileSync(
    join(folder, 'iep.config.yaml'),
    JSON.stringify({
      providers: {
        office: {
          ...{
            type: 'smtp',
            preset: 'office365',
            host: '127.0.0.1',
            port: upstream.port,
            tls: 'none',
            username: mailbox,
          },
          oauth2: { tokenEndpoint: authority.url, clientId: client.clientId, clientSecret: 'env:OFFICE_SECRET' },
          // Each message logs in.
          maxMessagesPerConnection: 1,
        },
      },
      routing: { primary: 'office' },
      log: { level: 'debug' },
      tenants: [{ slug: 'acme', settings: { anySender: true } }],
    }),
  );
  await start();
  const made = JSON.parse(await iep(['key', 'add', '--tenant', 'acme', '--scopes', 'send,read', '--json'])) as {
    key: string;
  };
  apiKey = made.key;
});

afterAll(async () => {
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  await upstream.close();
  await authority.close();
  rmSync(folder, { recursive: true });
});

it('sends what a client with a password hands in, with a token', async () => {
  await submit('the first');
  await daemon.line((line) => line.includes('"sent"') || line.includes('delivered'));
  expect(upstream.messages).toMatchObject([{ user: mailbox, to: ['jo@example.net'] }]);
  expect(authority.asked).toMatchObject([{ scope: 'https://outlook.office365.com/.default' }]);
});

it('has the token after a restart', async () => {
  await stop();
  await start();
  expect(await iep(['provider', 'test', 'office'])).toContain('office: ok');
  expect(authority.asked).toHaveLength(1);
});

const came = (subject: string) =>
  expect.poll(() => upstream.messages.filter(({ text }) => text.includes(`Subject: ${subject}\r\n`)).length).toBe(1);

it('asks for another token when the mail server no longer takes the one it has', async () => {
  authority.withdraw();
  authority.lifeSeconds = 1;
  // The first may go over a connection that a check of its health has left.
  for (let n = 2; authority.asked.length < 2; n += 1) {
    await submit(`number ${n}`);
    await came(`number ${n}`);
  }
  expect(upstream.logins.slice(-2).map(([, token]) => token)).toEqual([[...given][0], authority.tokens[0]]);
});

it('has another token when its time comes, before any is refused', async () => {
  const [soon = ''] = authority.tokens;
  authority.lifeSeconds = 3_599;
  for (let n = 1; authority.asked.length < 3; n += 1) {
    await submit(`early ${n}`);
    await came(`early ${n}`);
  }
  expect(authority.tokens).toEqual([soon, expect.anything()]);
  await submit('with the next');
  await came('with the next');
  expect(upstream.logins.at(-1)).toEqual([mailbox, authority.tokens[1]]);
});

it('lets mail wait while the grant is refused, and go when that is put right', async () => {
  authority.withdraw();
  authority.instead = (response) =>
    response
      .writeHead(401, { 'content-type': 'application/json' })
      .end(
        '{"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys are expired."}',
      );
  await submit('waits');
  const why = /refuses the grant: invalid_client: AADSTS7000222/;
  await daemon.line((line) => why.test(line));
  expect(await iep(['provider', 'test', 'office'], 69)).toMatch(why);
  expect(await iep(['doctor'], 69)).toMatch(why);
  const [message] = JSON.parse(await iep(['list', '--tenant', 'acme', '--json'])) as { status: string }[];
  expect(message?.status).toBe('queued');
  authority.instead = undefined;
  await iep(['queue', 'flush']);
  await came('waits');
});

it('keeps the refresh token that came in place of another, over a restart', async () => {
  writeFileSync(join(folder, 'secret'), client.clientSecret);
  writeFileSync(join(folder, 'refresh'), authority.refreshToken());
  const where = ['--host', '127.0.0.1', '--port', String(upstream.port), '--tls', 'none', '--username', mailbox];
  const oauth2 = [
    ...[`tokenEndpoint=${authority.url}`, `clientId=${client.clientId}`],
    ...[`clientSecret=file:${join(folder, 'secret')}`, `refreshToken=file:${join(folder, 'refresh')}`],
  ].flatMap((one) => ['--set', `oauth2.${one}`]);
  await iep(['provider', 'add', 'user', '--type', 'smtp', ...where, ...oauth2]);
  await iep(['provider', 'test', 'user']);
  authority.withdraw();
  await stop();
  await start();
  expect(await iep(['provider', 'test', 'user'])).toContain('user: ok');
  expect(authority.asked.flatMap(({ refresh_token }) => refresh_token ?? [])).toEqual(
    [0, 1].map((n) => `planted-refresh-token-${n}`),
  );
  await iep(['provider', 'remove', 'user', '--yes']);
});

it('takes nested secrets by file, keeps them when others change, and shows none', async () => {
  writeFileSync(
    join(folder, 'account.json'),
    JSON.stringify({
      ...{ type: 'service_account', client_email: 'iep@project.iam.gserviceaccount.com', private_key: pair.privateKey },
      token_uri: authority.url,
    }),
  );
  const where = ['--set', 'host=127.0.0.1', '--set', `port=${upstream.port}`, '--tls', 'none', '--username', mailbox];
  const account = ['--set', `oauth2.serviceAccount=file:${join(folder, 'account.json')}`];
  await iep(['provider', 'add', 'workspace', '--type', 'smtp', '--preset', 'gmail', ...where, ...account]);
  expect(await iep(['provider', 'test', 'workspace', '--to', 'jo@example.net'])).toContain('workspace: ok');
  await iep(['provider', 'set', 'workspace', '--set', `oauth2.subject=${mailbox}`]);
  expect(await iep(['provider', 'show', 'workspace'])).toMatch(/oauth2\.serviceAccount\.private_key: +set$/m);
  expect(await iep(['provider', 'test', 'workspace'])).toContain('workspace: ok');

  await iep(['provider', 'add', 'bare', '--type', 'smtp', ...where, '--set', 'oauth2.clientSecret=planted'], 64);
  await iep(['provider', 'add', 'bare', '--type', 'smtp', ...where, '--set', 'oauth2={clientSecret: planted}'], 64);
});

it('tells in test and doctor what the token endpoint says to a secret that has expired', async () => {
  writeFileSync(join(folder, 'secret'), 'planted~expired.Secret');
  const where = ['--host', '127.0.0.1', '--port', String(upstream.port), '--tls', 'none', '--username', mailbox];
  const oauth2 = [
    `tokenEndpoint=${authority.url}`,
    `clientId=${client.clientId}`,
    `clientSecret=file:${join(folder, 'secret')}`,
  ];
  const set = [...oauth2, 'scope=mail'].flatMap((one) => ['--set', `oauth2.${one}`]);
  await iep(['provider', 'add', 'expired', '--type', 'smtp', ...where, ...set]);
  const why = /refuses the grant: invalid_client: AADSTS7000215: .* not '\*\*\*'/;
  expect(await iep(['provider', 'test', 'expired'], 69)).toMatch(why);
  const findings = await iep(['doctor'], 69);
  expect(findings).toMatch(why);
  expect(findings).toMatch(/provider office: .*answered and took the login/);
  await iep(['provider', 'remove', 'expired', '--yes']);
});

it('shows, logs and stores no secret in the clear', async () => {
  await iep(['config', 'show']);
  await iep(['config', 'show', '--json']);
  await iep(['provider', 'show', 'office', '--json']);
  await iep(['provider', 'list', '--json']);
  await iep(['audit', 'list', '--json']);
  const operator = (JSON.parse(await iep(['key', 'add', '--scopes', 'operator', '--json'])) as { key: string }).key;
  for (const name of ['office', 'workspace']) {
    const answer = await fetch(`${http}/v1/admin/providers/${name}`, { headers: { 'x-api-key': operator } });
    const text = await answer.text();
    expect(text).toMatch(/"(clientSecret|private_key)":"set"/);
    said.push(text);
  }
  await stop();
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile() && !['secret', 'refresh', 'account.json'].includes(name))
    .map((name) => readFileSync(join(folder, name), 'latin1'));
  const shown = said.join('\n');
  expect(shown).toContain('"level":"debug"');
  expect(shown).toContain('workspace');
  expect(given.size).toBeGreaterThan(6);
  const [line = ''] = pair.privateKey.split('\n').slice(4);
  for (const secret of [...given, client.clientSecret, 'planted~expired.Secret', 'planted-refresh-token', line]) {
    for (const spelling of [secret, Buffer.from(secret).toString('base64')]) {
      expect(shown).not.toContain(spelling);
      for (const file of files) expect(file).not.toContain(spelling);
    }
  }
});
