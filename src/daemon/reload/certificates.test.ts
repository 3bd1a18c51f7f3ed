/** Renewed certificates on listening doors, with real handshakes. */

import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { renewedCertificate, renewedKey, testCertificate, testKey } from '../../../test/certificate.ts';
import { heardLog } from '../../../test/heard-log.ts';
import { manualClock } from '../../access/access.testing.ts';
import { type HttpListener, listenHttp } from '../../http/listen.ts';
import { watchCertificates } from './certificates.ts';

let folder: string;
let listener: HttpListener;
const clock = manualClock();

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iep-certificates-'));
  listener = await listenHttp(
    { fetch: () => new Response('hello') },
    { host: '127.0.0.1', port: 0, graceMs: 0, tls: { cert: testCertificate, key: testKey } },
  );
});
afterEach(async () => {
  await listener.close();
  rmSync(folder, { recursive: true });
});

/** Serial number of the certificate that a client is shown, and the version that was agreed on. */
function shown(maxVersion?: 'TLSv1.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port: listener.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ...(maxVersion && { maxVersion, minVersion: 'TLSv1' as const }),
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve(`${Number(socket.getPeerCertificate().serialNumber)} ${socket.getProtocol()}`);
      socket.destroy();
    });
  });
}

/** As certbot and Kubernetes have it: a link to a directory, which is replaced in one step. */
function write(version: string, cert: string, key: string): void {
  const directory = join(folder, version);
  rmSync(directory, { recursive: true, force: true });
  symlinkSync(makeFiles(cert, key), directory);
  renameSync(directory, join(folder, 'live'));
}

function makeFiles(cert: string, key: string): string {
  const made = mkdtempSync(join(folder, 'files-'));
  writeFileSync(join(made, 'cert.pem'), cert);
  writeFileSync(join(made, 'key.pem'), key);
  return made;
}

function watch() {
  const log = heardLog();
  const certificates = watchCertificates(
    { clock, log, users: [{ path: 'http.tls', use: listener.setCertificate }] },
    {
      certificates: new Map([['http.tls', { cert: testCertificate.trimEnd(), key: testKey.trimEnd() }]]),
      files: new Map([
        ['http.tls.cert', join(folder, 'live/cert.pem')],
        ['http.tls.key', join(folder, 'live/key.pem')],
      ]),
    },
  );
  return { certificates, lines: log.lines };
}

it('are used within a minute, without a restart; a pair that does not fit waits for its other half', async () => {
  write('one', testCertificate, testKey);
  const { certificates, lines } = watch();
  expect(await shown()).toMatch(/^1 TLSv1\.[23]$/);
  await clock.advance(60_000);
  expect(lines).toEqual([]);

  write('two', renewedCertificate, testKey);
  await clock.advance(120_000);
  expect(await shown()).toMatch(/^1 /);
  expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
    'error a renewed certificate cannot be used; the old one stays',
  ]);

  write('three', renewedCertificate, renewedKey);
  await clock.advance(60_000);
  expect(await shown()).toMatch(/^2 /);
  expect(lines.at(-1)).toMatchObject({ level: 'info', message: 'a renewed certificate is in use' });
  expect(JSON.stringify(lines)).not.toContain('PRIVATE KEY');
  certificates.stop();
});

it('that are gone for a moment change nothing', async () => {
  write('one', testCertificate, testKey);
  const { certificates, lines } = watch();
  rmSync(join(folder, 'live'));
  await clock.advance(60_000);
  expect(await shown()).toMatch(/^1 /);
  expect(lines).toHaveLength(1);
  certificates.stop();
});

it('are never spoken with older than TLS 1.2, nor in the clear', async () => {
  await expect(shown('TLSv1.1')).rejects.toThrow();
  await expect(fetch(`http://127.0.0.1:${listener.port}/`)).rejects.toThrow();
  expect(await shown()).toMatch(/^1 /);
});
