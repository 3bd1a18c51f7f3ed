/** The faults of a configuration that show only when it is used, looked for before it is. */

import { X509Certificate } from 'node:crypto';
import { type Config, missingProviders } from '../../config/schema.ts';
import { errorText } from '../../core/error-text.ts';
import { type FieldError, IepError } from '../../core/errors.ts';
import { nextTime } from '../../manage/chores/cron.ts';
import { declaredProviders, idle, openProvider } from '../../manage/known-providers.ts';
import { mailboxOf } from '../../message/feedback/mailbox/settings.ts';
import { certificatesOf, checkCertificate } from './certificates.ts';

/** Refuses with `bad_config`, naming every key that is at fault. Connects to nothing. */
export function checkUsable(config: Config): void {
  refuse([
    ...[...certificatesOf(config)].flatMap(([path, certificate]) => faultOf(path, () => checkCertificate(certificate))),
    ...authoritiesOf(config).flatMap(([path, pem]) => faultOf(path, () => checkAuthority(pem))),
    ...Object.entries(config.chores).flatMap(([name, pattern]) => faultOf(`chores.${name}`, () => checkChore(pattern))),
    ...config.feedback.mailboxes.flatMap((one, at) => faultOf(`feedback.mailboxes.${at}`, () => void mailboxOf(one))),
    ...declaredProviders(config).flatMap((known) =>
      faultOf(`providers.${known.name}`, () => void openProvider(known, { clock: idle }).close()),
    ),
  ]);
}

/** Refuses with `bad_config` when no provider is configured, or one that is used is missing. */
export function requireProviders(config: Config, names: readonly string[]): void {
  if (names.length === 0) {
    const hint = '`iep init` makes a configuration, `iep provider add` a provider; `iep serve --dev` needs none';
    throw new IepError('bad_config', `No provider is configured, so mail would have no way out: ${hint}.`);
  }
  refuse(missingProviders(config, names));
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  throw new IepError('bad_config', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), { errors });
}

function faultOf(path: string, check: () => void): readonly FieldError[] {
  try {
    check();
    return [];
  } catch (error) {
    return [{ path, message: errorText(error) }];
  }
}

function authoritiesOf({ providers, webhooks, feedback }: Config): readonly (readonly [path: string, pem: string])[] {
  const all = [
    ['webhooks.ca', webhooks.ca] as const,
    ...feedback.mailboxes.map(({ ca }, at) => [`feedback.mailboxes.${at}.ca`, ca] as const),
    ...Object.entries(providers).map(([name, { ca }]) => [`providers.${name}.ca`, ca] as const),
  ];
  return all.flatMap(([path, pem]) => (typeof pem === 'string' ? [[path, pem] as const] : []));
}

/** Where it is none, OpenSSL would say nothing and trust nobody. */
function checkAuthority(pem: string): void {
  try {
    new X509Certificate(pem);
  } catch (cause) {
    throw new Error(`This is not a certificate (${errorText(cause)})`, { cause });
  }
}

function checkChore(pattern: string): void {
  if (pattern === 'off') return;
  try {
    nextTime(pattern, 0);
  } catch (cause) {
    throw new Error(`"${pattern}" is not a cron pattern (${errorText(cause)})`, { cause });
  }
}
