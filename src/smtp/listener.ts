/** The SMTP door: mail of tenants, who log in or come from a trusted network. */

import type { Directory } from '../access/directory.ts';
import type { Keys } from '../access/keys.ts';
import { IepError } from '../core/errors.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Accept } from '../message/intake/accept.ts';
import type { Admission } from './connection.ts';
import { createIdentify } from './login.ts';
import { createPorts, type Ports } from './ports.ts';
import { createReceive, type ReceptionDeps } from './session.ts';
import { createTrustedNetworks, type TrustedNetwork } from './trusted-networks.ts';

export interface SmtpDeps extends ReceptionDeps {
  readonly keys: Pick<Keys, 'verify'>;
  readonly directory: Pick<Directory, 'bySlug'>;
  readonly refuseRecipient: Accept['refuseRecipient'];
}

export interface SmtpOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Sockets that listen already, in place of host and ports; `smtps` needs `tls`. */
  readonly sockets?: { readonly smtp?: number; readonly smtps?: number };
  /** Our name in the greeting and in `Received`. */
  readonly hostname: string;
  readonly maxMessageBytes: number;
  /** PEM. With `implicitPort`, a second port that speaks TLS from the first byte. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly implicitPort?: number };
  /** Who may log in without TLS. */
  readonly plaintextAuth: 'loopback' | 'always' | 'never';
  readonly trustedNetworks: readonly TrustedNetwork[];
  /** Waited before the greeting, except for trusted networks; who talks meanwhile is refused. */
  readonly greetingDelayMs?: number;
  readonly maxRecipients?: number;
  /** Both ports together; `access/guests.ts` says whose. */
  readonly maxConnections?: number;
  /** Commands and logins a client may get wrong in a row before it is sent away. */
  readonly maxBadCommands?: number;
  /** A client that is silent for longer is sent away; RFC 5321 §4.5.3.2.7 asks for five minutes. */
  readonly idleTimeoutMs?: number;
  /** Of a client that no trusted network holds: for a TLS handshake, for its first command, and until its login. */
  readonly handshakeTimeoutMs?: number;
  readonly firstCommandTimeoutMs?: number;
  readonly loginTimeoutMs?: number;
  /** How long a client is kept waiting for the store. */
  readonly acceptTimeoutMs?: number;
}

export interface SmtpListener extends Omit<Ports, 'set'> {
  /** Others from now on. Host, ports and whether there is TLS stay as they are. */
  setOptions(options: SmtpOptions): void;
}

export function createSmtpListener(deps: SmtpDeps, options: SmtpOptions): SmtpListener {
  const { host, port, sockets, tls, trustedNetworks } = options;
  const settings = settingsOf(options);
  const networks = createTrustedNetworks(trustedNetworks);
  const admission = { ...admit(deps), receive: createReceive(deps, settings) };
  const { set, ...ports } = createPorts(
    { clock: deps.clock, log: deps.log, networks, admission },
    { name: 'smtp', host, port, sockets, tls },
    settings,
  );
  return {
    ...ports,
    setOptions(changed) {
      set(settingsOf(changed));
      networks.replace(changed.trustedNetworks);
    },
  };
}

/** By a login, or by the network it comes from; nobody else. */
function admit(deps: SmtpDeps): Omit<Admission<Tenant>, 'receive'> {
  const logins = createIdentify(deps);
  return {
    logins,
    async whose({ login, trustedAs, address }) {
      if (login) return logins.login(login, address);
      if (trustedAs !== undefined) return logins.trusted(trustedAs);
      throw new IepError('authentication_required');
    },
    refuseRecipient: deps.refuseRecipient,
    tenantOf: ({ slug }) => slug,
  };
}

/** What is read at each use: it may change while mail comes in. */
function settingsOf(options: SmtpOptions) {
  const { hostname, maxMessageBytes, plaintextAuth, maxConnections = 500 } = options;
  return {
    ...{ hostname, maxMessageBytes, plaintextAuth, maxConnections },
    greetingDelayMs: options.greetingDelayMs ?? 0,
    maxRecipients: options.maxRecipients ?? 1000,
    maxBadCommands: options.maxBadCommands ?? 20,
    handshakeTimeoutMs: options.handshakeTimeoutMs ?? 10_000,
    firstCommandTimeoutMs: options.firstCommandTimeoutMs ?? 30_000,
    loginTimeoutMs: options.loginTimeoutMs ?? 120_000,
    idleTimeoutMs: options.idleTimeoutMs ?? 300_000,
    acceptTimeoutMs: options.acceptTimeoutMs ?? 30_000,
  };
}
