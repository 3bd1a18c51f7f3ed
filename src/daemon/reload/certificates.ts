/**
 * Certificates that are renewed while the daemon runs. The program that renews them writes new files or moves a link; so the
 * files are read again every minute, and used when they have changed and certificate and key belong together. Where they
 * do not, the old ones stay: one of the two may just not have been written yet.
 */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Log } from '../../base/observe/log.ts';
import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import { errorText } from '../../core/error-text.ts';
import type { Certificate } from '../../http/listen.ts';

/** A listener with a certificate. */
export interface CertificateUser {
  /** The key of the configuration: `http.tls`. */
  readonly path: string;
  use(certificate: Certificate): void;
}

export interface Certificates {
  /** Takes another certificate, if it is another, for the listener of that key. It was checked. */
  set(path: string, certificate: Certificate): void;
  /** The files to look at from now on. */
  follow(files: ReadonlyMap<string, string>): void;
  stop(): void;
}

const EVERY_MS = 60_000;

/** `files`: which file each key of the configuration came from; what came from elsewhere is not looked at again. */
export function watchCertificates(
  deps: { clock: Pick<Clock, 'after'>; log: Log; users: readonly CertificateUser[] },
  started: { certificates: ReadonlyMap<string, Certificate>; files: ReadonlyMap<string, string> },
): Certificates {
  const { clock, log, users } = deps;
  const inUse = new Map(started.certificates);
  /** What was already complained of, so that it is not told every minute. */
  const refused = new Map<string, string>();
  let { files } = started;
  let cancel = () => {};

  function look(): void {
    for (const user of users) lookAt(user);
    cancel = clock.after(EVERY_MS, look);
  }

  function lookAt(user: CertificateUser): void {
    const { path } = user;
    const before = inUse.get(path);
    if (before === undefined) return;
    try {
      const found = {
        cert: readPem(files.get(`${path}.cert`)) ?? before.cert,
        key: readPem(files.get(`${path}.key`)) ?? before.key,
      };
      if (found.cert === before.cert && found.key === before.key) {
        refused.delete(path);
        return;
      }
      take(user, found);
    } catch (error) {
      const reason = errorText(error);
      if (refused.get(path) !== reason)
        log.error({ path, reason }, 'a renewed certificate cannot be used; the old one stays');
      refused.set(path, reason);
    }
  }

  function take(user: CertificateUser, certificate: Certificate): void {
    checkCertificate(certificate);
    user.use(certificate);
    inUse.set(user.path, certificate);
    refused.delete(user.path);
    const { validTo, fingerprint256 } = new X509Certificate(certificate.cert);
    log.info({ path: user.path, validTo, fingerprint: fingerprint256 }, 'a renewed certificate is in use');
  }

  cancel = clock.after(EVERY_MS, look);
  return {
    set(path, certificate) {
      const user = users.find((one) => one.path === path);
      const before = inUse.get(path);
      if (user === undefined || before === undefined) return;
      if (certificate.cert !== before.cert || certificate.key !== before.key) take(user, certificate);
    },
    follow(others) {
      files = others;
    },
    stop: () => cancel(),
  };
}

/** Throws now and not at the first handshake. */
export function checkCertificate({ cert, key }: Certificate): void {
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw new Error(`The certificate and key cannot be used: ${pemFault(cause)}`, { cause });
  }
}

/** By the code that Node makes of OpenSSL's reason. */
const pemFaults: Readonly<Record<string, string>> = {
  ERR_OSSL_PEM_BAD_BASE64_DECODE: 'a PEM block is damaged, its base64 cannot be read',
  ERR_OSSL_PEM_BAD_END_LINE: 'a PEM block has no end line',
  ERR_OSSL_PEM_NO_START_LINE: 'a PEM block is missing, or of another kind',
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'the key does not belong to the certificate',
  ERR_OSSL_BAD_DECRYPT: 'the key has a passphrase; give one without',
  ERR_OSSL_UNSUPPORTED: 'the key is cut off, or no private key',
  ERR_OSSL_ASN1_WRONG_TAG: 'the certificate is damaged',
  ERR_SSL_EE_KEY_TOO_SMALL: 'the key is too short to be safe',
  ERR_SSL_CA_MD_TOO_WEAK: 'the signature of the certificate is too weak to be safe',
};

/** Names what is wrong, never the key. */
function pemFault(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return pemFaults[code] ?? `OpenSSL does not read them (${code === '' ? errorText(error) : code})`;
}

/** By the key of the configuration that they stand under. */
export function certificatesOf({ http, smtp }: Pick<Config, 'http' | 'smtp'>): ReadonlyMap<string, Certificate> {
  return new Map(
    [['http.tls', http.tls] as const, ['smtp.tls', smtp.tls] as const].flatMap(([path, tls]) =>
      tls === undefined ? [] : [[path, { cert: tls.cert, key: tls.key }] as const],
    ),
  );
}

/** As the configuration reads it: without the last line end. */
function readPem(file: string | undefined): string | undefined {
  return file === undefined ? undefined : readFileSync(file, 'utf8').replace(/\r?\n$/, '');
}
