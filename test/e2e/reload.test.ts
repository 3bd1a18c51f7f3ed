/** The daemon over TLS as a process: HTTPS, STARTTLS, and SIGHUP with other certificates, settings and mistakes. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { fakeShell } from '../../src/cli/shell.testing.ts';
import { greet } from '../../src/smtp/door.testing.ts';
import { renewedCertificate, renewedKey, testCertificate, testKey } from '../certificate.ts';
import { type DaemonProcess, isUp, spawnDaemon, type Up } from '../daemon-process.ts';

let folder: string;
let daemon: DaemonProcess;
let up: Up;

const settings = {
  http: { tls: { cert: 'file:cert.pem', key: 'file:key.pem' } },
  smtp: {
    tls: { cert: 'file:cert.pem', key: 'file:key.pem' },
    trustedNetworks: [] as { cidr: string; tenant: string }[],
  },
  providers: { c: { type: 'capture' } },
  routing: { primary: 'c' },
  tenants: [{ slug: 'acme', settings: { anySender: true } as object }],
  log: { level: 'info' },
};

const writeConfig = (config: unknown) => writeFileSync(join(folder, 'iep.config.yaml'), JSON.stringify(config));
const writeCertificate = (cert: string, key: string) => {
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iep-reload-'));
  writeCertificate(testCertificate, testKey);
  writeConfig(settings);
  daemon = spawnDaemon({ cwd: folder });
  up = await isUp(daemon);
});
afterEach(async () => {
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  rmSync(folder, { recursive: true });
});

/** Asks over HTTPS with `ca` as the only authority, so that the certificate is really checked. */
function health(ca: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: up.http.port, path: '/health', ca, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject);
    asked.end();
  });
}

async function smtpSerial(): Promise<number> {
  const client = await greet(up.smtp.port);
  expect(await client.say('STARTTLS')).toMatch(/^220 /);
  await client.startTls();
  const { socket } = client;
  const serial =
    'getPeerCertificate' in socket ? (socket.getPeerCertificate as () => { serialNumber: string })() : undefined;
  client.close();
  return Number(serial?.serialNumber);
}

async function hangUp(message: string): Promise<Record<string, unknown>> {
  const before = daemon.stdout.length;
  daemon.process.kill('SIGHUP');
  return JSON.parse(await daemon.line((line) => line.includes(message) && daemon.stdout.indexOf(line) >= before));
}

it('SIGHUP takes over what can change, names what cannot, and survives mistakes', async () => {
  expect(await health(testCertificate)).toBe(200);
  await expect(health(renewedCertificate)).rejects.toThrow();
  expect(await smtpSerial()).toBe(1);

  writeCertificate(renewedCertificate, renewedKey);
  writeConfig({
    ...settings,
    tenants: [
      { slug: 'acme', settings: { anySender: true, maxAttempts: 9 } },
      { slug: 'late', settings: { anySender: true } },
    ],
    smtp: { ...settings.smtp, trustedNetworks: [{ cidr: '127.0.0.0/8', tenant: 'late' }] },
    outbox: { leaseSeconds: 700 },
    log: { level: 'debug' },
  });
  const restart = await hangUp('these changes need a restart');
  expect(restart).toMatchObject({ level: 'warn', paths: ['outbox.leaseSeconds'] });
  expect(await health(renewedCertificate)).toBe(200);
  await expect(health(testCertificate)).rejects.toThrow();
  expect(await smtpSerial()).toBe(2);
  const client = await greet(up.smtp.port);
  expect(await client.say('MAIL FROM:<a@example.com>')).toMatch(/^250 /);
  client.close();

  writeConfig({ ...settings, http: { ...settings.http, prot: 1 } });
  expect(await hangUp('could not be taken over')).toMatchObject({
    level: 'error',
    reason: expect.stringContaining('http.prot'),
  });
  writeCertificate(testCertificate, renewedKey);
  writeConfig({ ...settings, tenants: [{ slug: 'never', settings: {} }] });
  expect(await hangUp('The certificate and key cannot be used')).toMatchObject({ level: 'error' });
  expect(await health(renewedCertificate)).toBe(200);

  const shell = fakeShell({ env: { IEP_CONFIG: join(folder, 'iep.config.yaml') } });
  writeCertificate(renewedCertificate, renewedKey);
  writeConfig(settings);
  expect(await runCli(['audit', 'list', '--json'], shell)).toBe(0);
  const actions = (JSON.parse(shell.out()) as { action: string; target: string | null }[]).map(
    ({ action, target }) => `${action} ${target}`,
  );
  expect(actions.toReversed()).toEqual(
    expect.arrayContaining(['tenant.add acme', 'tenant.set acme', 'tenant.add late', 'configuration.reload null']),
  );
  expect(actions.join()).not.toContain('never');

  daemon.process.kill('SIGTERM');
  expect(await daemon.ended).toEqual({ code: 0, signal: null });
});

it('a master key is rotated under the running daemon, and the audit log stays whole', async () => {
  const env = { IEP_CONFIG: join(folder, 'iep.config.yaml') };
  const iep = async (...args: string[]) => {
    const shell = fakeShell({ env });
    const exit = await runCli([...args, '--json'], shell);
    return { exit, out: JSON.parse(shell.out()) as Record<string, unknown> };
  };
  const before = (await iep('key', 'master', 'show')).out.keyId;
  const made = await iep('key', 'add', '--scopes', 'operator');
  const rotated = await iep('key', 'master', 'rotate');
  expect(rotated).toMatchObject({ exit: 0, out: { previousKeyId: before, done: true } });
  const paused = await new Promise<number | undefined>((resolve, reject) => {
    const asked = request(
      {
        ...{ host: '127.0.0.1', port: up.http.port, path: '/v1/admin/queue/pause', method: 'POST' },
        ...{ ca: testCertificate, agent: false, headers: { 'x-api-key': String(made.out.key) } },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    asked.on('error', reject);
    asked.end();
  });
  expect(paused).toBe(200);
  expect(await iep('audit', 'verify')).toMatchObject({ exit: 0, out: { intact: true } });
  expect((await iep('key', 'master', 'show')).out.keyId).toBe(rotated.out.keyId);
});
