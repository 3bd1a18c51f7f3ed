/** Certificates: whether they are valid now, and for how long yet. */

import { X509Certificate } from 'node:crypto';
import { counted } from '../../core/counted.ts';
import { errorText } from '../../core/error-text.ts';
import { broken, type Finding, ok, warning } from './finding.ts';

const DAY_MS = 86_400_000;
const SOON_DAYS = 30;
const NOW_DAYS = 7;

/** By configuration key; PEM, of which the first certificate is the one that is shown. Absent: none is configured. */
export function* checkCertificates(
  certificates: readonly (readonly [key: string, pem: string | undefined])[],
  now: number,
): Generator<Finding> {
  for (const [key, pem] of certificates)
    if (pem !== undefined) yield checkCertificate(`certificate of ${key}`, pem, now);
}

function checkCertificate(check: string, pem: string, now: number): Finding {
  const renew = 'Renew it, and have the daemon read it: systemctl reload iep';
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch (error) {
    return broken(check, `it cannot be read (${errorText(error)})`, renew);
  }
  const from = Date.parse(certificate.validFrom);
  const until = Date.parse(certificate.validTo);
  const date = new Date(until).toISOString().slice(0, 10);
  if (now < from) return broken(check, `not valid before ${certificate.validFrom}`, 'Set the clock, or wait.');
  if (now >= until) return broken(check, `it expired on ${date}; clients refuse it`, renew);
  const days = Math.floor((until - now) / DAY_MS);
  const detail = `valid until ${date}, ${counted(days, 'day')}`;
  if (days < NOW_DAYS) return broken(check, detail, renew);
  return days < SOON_DAYS ? warning(check, detail, renew) : ok(check, detail);
}
