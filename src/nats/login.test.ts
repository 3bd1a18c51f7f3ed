/** How the door logs in at a real nats-server, by all that its configuration offers. Skipped where that is missing, or openssl. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { type NatsServer, startNatsServer, whyNoNats } from '../../test/nats-server.ts';
import { systemClock } from '../core/clock.ts';
import { keepConnected, type NatsLink } from './connection.ts';
import type { NatsServerOptions } from './login.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

let folder: string;
let server: NatsServer;
let links: NatsLink[];
let states: (string | undefined)[];

const inFolder = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(inFolder(name), 'utf8');

/** A certificate that vouches for itself, in `NAME.pem`, and its key, in `NAME-key.pem`. */
function makeCertificate(name: string, subject: string): void {
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=${subject}`, '-addext', 'basicConstraints=critical,CA:TRUE'],
    ...['-keyout', inFolder(`${name}-key.pem`), '-out', inFolder(`${name}.pem`)],
  ]);
  if (made.status !== 0) throw new Error(String(made.stderr));
}

async function serve(...args: string[]): Promise<void> {
  server = await startNatsServer(folder, { args });
}

const serveTls = (name: string, ...args: string[]) =>
  serve('--tls', '--tlscert', inFolder(`${name}.pem`), '--tlskey', inFolder(`${name}-key.pem`), ...args);

/** With a configuration of the server besides its arguments. */
async function serveConfigured(config: string): Promise<void> {
  writeFileSync(inFolder('server.conf'), config);
  await serve('-c', inFolder('server.conf'));
}

function at(host: string, scheme = 'tls'): string {
  return `${scheme}://${host}:${server.port}`;
}

async function stateOf(options: Partial<NatsServerOptions> = {}): Promise<string | undefined> {
  const told = states.length;
  const link = keepConnected(
    {
      ...{ clock: systemClock, random: Math.random, begin: () => undefined, onRefused: () => undefined },
      onState: (problem) => void states.push(problem),
    },
    { servers: [server.url], ...options },
  );
  links.push(link);
  await eventually(() => expect(states.length).toBeGreaterThan(told));
  const state = states[told];
  await link.close();
  return state;
}

describe.skipIf(whyNoNats() !== undefined || !hasOpenssl)('at a real nats-server, the door', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'iep-nats-login-'));
    makeCertificate('address', 'IP:127.0.0.1');
    makeCertificate('name', 'DNS:localhost');
    makeCertificate('client', 'DNS:iep.example.com');
    [links, states] = [[], []];
  });
  afterEach(async () => {
    for (const link of links.splice(0)) await link.close();
    await server.kill();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('logs in by user and password', async () => {
    await serve('--user', 'iep', '--pass', 'planted-password');
    expect(await stateOf({ user: 'iep', password: 'planted-password' })).toBeUndefined();
    expect(await stateOf({ user: 'iep', password: 'other' })).toMatch(/authorization/i);
    expect(await stateOf()).toMatch(/authorization/i);
  });

  it('logs in by a token', async () => {
    await serve('--auth', 'planted-token');
    expect(await stateOf({ token: 'planted-token' })).toBeUndefined();
    expect(await stateOf({ token: 'other' })).toMatch(/authorization/i);
  });

  it('logs in by the seed of an nkey', async () => {
    const [own, other] = [nkeys.createUser(), nkeys.createUser()];
    await serveConfigured(`authorization { users = [ { nkey: ${own.getPublicKey()} } ] }`);
    expect(await stateOf({ credentials: `${seedOf(own)}\n` })).toBeUndefined();
    expect(await stateOf({ credentials: seedOf(other) })).toMatch(/authorization/i);
  });

  it('logs in by a file of credentials, and says what is wrong with one', async () => {
    const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()];
    const own = tokenOf(operator, { sub: operator, type: 'operator' });
    const ofAccount = tokenOf(operator, { sub: account, type: 'account', more: { limits } });
    // One account is the system's, where the server keeps what it knows of streams.
    const system = nkeys.createAccount();
    const ofSystem = tokenOf(operator, { sub: system, type: 'account', more: { limits } });
    const known = `{ ${account.getPublicKey()}: ${ofAccount}, ${system.getPublicKey()}: ${ofSystem} }`;
    await serveConfigured(
      `operator: ${own}\nresolver: MEMORY\nsystem_account: ${system.getPublicKey()}\nresolver_preload: ${known}`,
    );
    const token = tokenOf(account, { sub: user, type: 'user', more: { subs: -1, data: -1, payload: -1 } });
    const credentials = (seed: string) =>
      `-----BEGIN NATS USER JWT-----\n${token}\n------END NATS USER JWT------\n\n` +
      `-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`;
    expect(await stateOf({ credentials: credentials(seedOf(user)) })).toBeUndefined();
    expect(await stateOf({ credentials: credentials(seedOf(nkeys.createUser())) })).toMatch(/authorization/i);
    expect(await stateOf({ credentials: 'nothing of the kind' })).toBe('unable to parse credentials');
  });

  it('trusts a server whose certificate an authority of its own vouches for, and no other', async () => {
    await serveTls('address');
    const servers = [at('127.0.0.1')];
    expect(await stateOf({ servers, tls: { ca: read('address.pem') } })).toBeUndefined();
    expect(await stateOf({ servers: [at('127.0.0.1', 'nats')], tls: { ca: read('address.pem') } })).toBeUndefined();
    expect(await stateOf({ servers })).toMatch(/self-signed/);
    expect(await stateOf({ servers, tls: { ca: read('name.pem') } })).toMatch(/self-signed/);
  });

  it.each([
    ['address', 'localhost'],
    ['name', '127.0.0.1'],
  ])('refuses a certificate for another %s than that of the server', async (certificate, host) => {
    await serveTls(certificate);
    const tls = { ca: read(`${certificate}.pem`) };
    expect(await stateOf({ servers: [at(host)], tls })).toMatch(/does not match certificate/);
    const meant = host === 'localhost' ? '127.0.0.1' : 'localhost';
    expect(await stateOf({ servers: [at(meant)], tls })).toBeUndefined();
    // The one that is refused keeps nobody from the others.
    expect(await stateOf({ servers: [at(host), at(meant)], tls })).toBeUndefined();
  });

  it('shows its certificate to a server that asks for one', async () => {
    await serveTls('address', '--tlsverify', '--tlscacert', inFolder('client.pem'));
    const ca = read('address.pem');
    const shown = (name: string) => ({ ca, cert: read(`${name}.pem`), key: read(`${name}-key.pem`) });
    expect(await stateOf({ tls: shown('client') })).toBeUndefined();
    expect(await stateOf({ tls: shown('name') })).toEqual(expect.any(String));
    expect(await stateOf({ tls: { ca } })).toEqual(expect.any(String));
  });

  it.each([
    ['tls://', 'tls', {}],
    ['tls', 'nats', { tls: {} }],
  ])('says no password to a server without TLS where %s asks for it', async (_, scheme, tls) => {
    await serve('--user', 'iep', '--pass', 'planted-password');
    const login = { user: 'iep', password: 'planted-password' };
    expect(await stateOf({ servers: [at('127.0.0.1', scheme)], ...login, ...tls })).toMatch(/tls/);
  });
});

/** None. */
const limits = Object.fromEntries(
  ['subs', 'data', 'payload', 'imports', 'exports', 'conn', 'leaf'].map((name) => [name, -1]),
);

type KeyPair = ReturnType<typeof nkeys.createUser>;

function seedOf(pair: KeyPair): string {
  return Buffer.from(pair.getSeed()).toString();
}

/** A JSON Web Token of NATS: https://docs.nats.io/running-a-nats-service/nats_admin/security/jwt */
function tokenOf(issuer: KeyPair, { sub, type, more = {} }: { sub: KeyPair; type: string; more?: object }): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const named = { jti: type, iat: Math.floor(Date.now() / 1_000), iss: issuer.getPublicKey(), sub: sub.getPublicKey() };
  const said = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part({ ...named, name: type, nats: { ...more, type, version: 2 } })}`;
  return `${said}.${Buffer.from(issuer.sign(Buffer.from(said))).toString('base64url')}`;
}
