/** Mail that comes back: whether DNS sends it to where return paths say. */

import type { Config } from '../../config/schema.ts';
import type { Dns, OpenDns } from '../domains/dns.ts';
import { type Finding, ok, warning } from './finding.ts';

const CHECK = 'feedback';

export async function* checkFeedback(
  { feedback: { domain, port, host } }: Pick<Config, 'feedback'>,
  openDns: OpenDns,
): AsyncGenerator<Finding> {
  if (domain === undefined) return;
  const dns = openDns();
  try {
    yield await checkMx(domain, dns, port === undefined ? undefined : `${host}:${port}`);
  } finally {
    dns.close();
  }
}

async function checkMx(domain: string, dns: Pick<Dns, 'mx'>, listener: string | undefined): Promise<Finding> {
  const answer = await dns.mx(domain);
  const where =
    listener === undefined ? 'a mail server that hands it in' : `this machine, where IEP listens on ${listener}`;
  if (answer.kind === 'failed') {
    return warning(
      CHECK,
      `the MX of ${domain} could not be asked for: ${answer.reason}`,
      'Try again when DNS answers.',
    );
  }
  if (answer.kind === 'none') {
    return warning(
      CHECK,
      `${domain} has no MX, so that bounces may not come back`,
      `Publish one for ${domain} that names ${where}.`,
    );
  }
  return ok(CHECK, `bounces come back to ${answer.values.join(', ')}, as the MX of ${domain} says`);
}
