/** Mail that comes back: whether DNS sends it to where return paths say, and whether its mailboxes can be read. */

import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import { errorText } from '../../core/error-text.ts';
import { isLoopback } from '../../core/loopback.ts';
import type { MailboxSettings } from '../../core/mailbox-settings.ts';
import { mailboxOf } from '../../message/feedback/mailbox/settings.ts';
import type { KeptTokens } from '../../message/providers/oauth2/token-keeper.ts';
import type { Dns, OpenDns } from '../domains/dns.ts';
import { checkMailbox } from '../mailbox.ts';
import { broken, type Finding, ok, warning } from './finding.ts';

const CHECK = 'feedback';

export interface FeedbackPatient {
  readonly config: Pick<Config, 'feedback'>;
  readonly clock: Clock;
  readonly openDns: OpenDns;
  readonly tokens: KeptTokens | undefined;
}

export async function* checkFeedback({ config, clock, openDns, tokens }: FeedbackPatient): AsyncGenerator<Finding> {
  const { mailboxes, ...listener } = config.feedback;
  yield* checkDomain(listener, openDns);
  for (const [at, settings] of mailboxes.entries()) {
    const check = `mailbox ${settings.username} at ${settings.host}`;
    const problem = await problemOf(settings, { clock, kept: tokens });
    yield problem === undefined
      ? ok(check, `${settings.folder} can be read`)
      : broken(check, problem, adviceFor(problem, `feedback.mailboxes.${at}`));
  }
}

/** By what `connect.ts` says; the first that matches. */
const advices: readonly (readonly [RegExp, (path: string) => string])[] = [
  [
    /nobody that this machine trusts|self-signed/,
    (path) => `If the server is yours, set ${path}.ca to the certificate of the authority that signed its own.`,
  ],
  [/is for another name/, (path) => `Set ${path}.host to a name that the certificate has.`],
  [
    /has expired|is not valid yet/,
    () => 'Tell the operator of the server; if its certificate is good, check the clock of this machine.',
  ],
  [/does not speak TLS/, (path) => `Set ${path}.tls: required for STARTTLS (port 143), or the port for TLS (993).`],
  [
    /the login was refused/,
    (path) => `Correct the login of ${path}, and see that the account may read mail over IMAP.`,
  ],
];

function adviceFor(problem: string, path: string): string {
  const advice = advices.find(([says]) => says.test(problem))?.[1];
  return advice?.(path) ?? `Correct ${path}, or its server.`;
}

async function problemOf(settings: MailboxSettings, deps: Parameters<typeof checkMailbox>[1]) {
  try {
    return await checkMailbox(mailboxOf(settings), deps);
  } catch (error) {
    return errorText(error);
  }
}

async function* checkDomain(
  { domain, port, host }: Omit<Config['feedback'], 'mailboxes'>,
  openDns: OpenDns,
): AsyncGenerator<Finding> {
  if (domain === undefined) return;
  const dns = openDns();
  try {
    if (port !== undefined && isLoopback(host)) {
      yield warning(
        CHECK,
        `IEP listens on ${host}:${port}, which no mail server of others reaches`,
        'Set feedback.host to an address of this machine, such as 0.0.0.0, or let a mail server hand the reports in.',
      );
    }
    yield await checkMx(domain, dns, port === undefined ? undefined : `${host}:${port}`);
  } finally {
    dns.close();
  }
}

async function checkMx(domain: string, dns: Pick<Dns, 'mx'>, listener: string | undefined): Promise<Finding> {
  const answer = await dns.mx(domain);
  const where =
    listener === undefined
      ? 'a mail server that hands it in'
      : `this machine, where IEP listens on ${listener}${listener.endsWith(':25') ? '' : '; mail comes to port 25, so forward that'}`;
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
