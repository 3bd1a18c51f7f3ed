/** The certificates of the listeners: whether they can be used, and for how long. */

import { X509Certificate } from 'node:crypto';
import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import { IepError } from '../../core/errors.ts';
import { checkCertificate } from '../../daemon/certificates.ts';
import { broken, type Finding, ok, warning } from './finding.ts';

const DAY_MS = 24 * 3_600_000;
/** Renewal is usually tried a month before the end. */
const SOON_DAYS = 14;
const ADVICE = 'Renew it; the daemon takes new files within a minute, or at once on SIGHUP.';

export function* checkCertificates({ http, smtp }: Config, clock: Pick<Clock, 'now'>): Generator<Finding> {
  for (const [path, tls] of [
    ['http.tls', http.tls],
    ['smtp.tls', smtp.tls],
  ] as const) {
    if (tls !== undefined) yield examineOne(path, tls, clock.now());
  }
}

function examineOne(path: string, tls: { cert: string; key: string }, now: number): Finding {
  const check = `certificate ${path}`;
  try {
    checkCertificate(path, tls);
  } catch (error) {
    if (!(error instanceof IepError)) throw error;
    return broken(check, error.message, 'Give a certificate and the key that belongs to it, both in PEM.');
  }
  const days = Math.floor((Date.parse(new X509Certificate(tls.cert).validTo) - now) / DAY_MS);
  if (days < 0) return broken(check, `it ended ${-days} days ago`, ADVICE);
  return days < SOON_DAYS ? warning(check, `it ends in ${days} days`, ADVICE) : ok(check, `good for ${days} days`);
}
