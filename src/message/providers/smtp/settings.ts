/** What an `smtp` provider is told in the configuration, and the plain values it works with. */

import { isIP } from 'node:net';
import { IepError } from '../../../core/errors.ts';

export type TlsMode = 'required' | 'implicit' | 'opportunistic' | 'none';

/** As in the configuration; what is absent has the default below. */
export interface SmtpConfig {
  readonly type: 'smtp';
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsMode | undefined;
  /** Permits `tls: none`, and a login without TLS, to a host that is not this one. */
  readonly allowPlaintext?: boolean | undefined;
  /** PEM of the authority to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** Name that the certificate must have, and that is asked for (SNI), where that is not `host`. */
  readonly serverName?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** What EHLO calls us; absent: see local-name.ts. */
  readonly localName?: string | undefined;
  /** False for a relay that signs itself and rewrites what a signature of ours would cover. */
  readonly dkim?: boolean | undefined;
  readonly maxConnections?: number | undefined;
  /** Recipients of one transaction; a message with more takes several. */
  readonly maxRecipients?: number | undefined;
  readonly maxMessagesPerConnection?: number | undefined;
  readonly maxConnectionAgeSeconds?: number | undefined;
  readonly idleSeconds?: number | undefined;
  /** From the DNS lookup to the greeting and the end of STARTTLS. */
  readonly connectTimeoutSeconds?: number | undefined;
  /** Silence after a command. */
  readonly commandTimeoutSeconds?: number | undefined;
  /** Silence after the final dot. */
  readonly dataTimeoutSeconds?: number | undefined;
}

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsMode;
  /** Whether a login may go over a connection without TLS. */
  readonly plaintextLogin: boolean;
  readonly ca?: string;
  readonly serverName?: string;
  readonly login?: { readonly user: string; readonly pass: string };
  readonly localName?: string;
  readonly maxConnections: number;
  readonly maxRecipients: number;
  readonly maxMessagesPerConnection: number;
  readonly maxConnectionAgeMs: number;
  readonly idleMs: number;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly dataTimeoutMs: number;
}

/** Throws the refusal `bad_config` where the settings contradict each other. */
export function smtpSettings(name: string, config: SmtpConfig): SmtpSettings {
  const tls = config.tls ?? 'required';
  const isNear = config.allowPlaintext === true || isLoopback(config.host);
  if (tls === 'none' && !isNear) {
    throw new IepError(
      'bad_config',
      `Provider "${name}" has tls: none, which is for this host alone. Use required, or set allowPlaintext.`,
    );
  }
  return {
    host: config.host,
    port: config.port,
    tls,
    plaintextLogin: isNear,
    ...(config.ca !== undefined && { ca: config.ca }),
    ...(config.serverName !== undefined && { serverName: config.serverName }),
    ...(config.username !== undefined && { login: { user: config.username, pass: config.password ?? '' } }),
    ...(config.localName !== undefined && { localName: config.localName }),
    maxConnections: config.maxConnections ?? 20,
    maxRecipients: config.maxRecipients ?? 50,
    maxMessagesPerConnection: config.maxMessagesPerConnection ?? 100,
    maxConnectionAgeMs: (config.maxConnectionAgeSeconds ?? 300) * 1_000,
    idleMs: (config.idleSeconds ?? 30) * 1_000,
    connectTimeoutMs: (config.connectTimeoutSeconds ?? 30) * 1_000,
    commandTimeoutMs: (config.commandTimeoutSeconds ?? 60) * 1_000,
    // RFC 5321 §4.5.3.2.6 asks for ten minutes: giving up early on a slow yes is what makes second copies.
    dataTimeoutMs: (config.dataTimeoutSeconds ?? 600) * 1_000,
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
