/** The SMTP door: the plain port, with STARTTLS where there is a certificate, and the port that speaks TLS at once. */

import type { Directory } from '../access/directory.ts';
import { createGuests } from '../access/guests.ts';
import type { Keys } from '../access/keys.ts';
import type { Accept } from '../message/intake/accept.ts';
import type { Door } from './connection.ts';
import { createConnections } from './connections.ts';
import { createIdentify } from './login.ts';
import { SubmissionServer } from './server.ts';
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

export interface SmtpListener {
  /** The ports it listens on. Rejects when one is taken; then it listens on none. */
  start(): Promise<{ port: number; implicitPort?: number }>;
  /** Another certificate for connections from now on; only where it began with one. */
  setCertificate(certificate: { readonly cert: string; readonly key: string }): void;
  /** Others from now on. Host, ports and whether there is TLS stay as they are. */
  setOptions(options: SmtpOptions): void;
  /** Takes no more connections and ends those there are, a message in progress after its reply; at the deadline, at once. */
  stop(deadlineMs: number): Promise<void>;
}

export function createSmtpListener(deps: SmtpDeps, options: SmtpOptions): SmtpListener {
  const { tls } = options;
  const settings = settingsOf(options);
  const limits = { max: settings.maxConnections };
  const connections = createConnections();
  const networks = createTrustedNetworks(options.trustedNetworks);
  const door: Door = {
    clock: deps.clock,
    log: deps.log,
    connections,
    guests: createGuests(deps, limits),
    networks,
    identify: createIdentify(deps),
    receive: createReceive(deps, settings),
    refuseRecipient: deps.refuseRecipient,
    tenants: new WeakMap(),
    loggedIn: new WeakMap(),
    options: settings,
  };
  const createServer = (implicitTls: boolean) => new SubmissionServer(door, { ...settings, tls, implicitTls });
  const plain = createServer(false);
  const { sockets } = options;
  const hasImplicit = tls !== undefined && (tls.implicitPort !== undefined || sockets?.smtps !== undefined);
  const implicit = hasImplicit ? createServer(true) : undefined;
  const { host } = options;
  const at = (port: number, fd: number | undefined) => (fd === undefined ? { host, port } : { fd });

  return {
    async start() {
      const port = await plain.start(at(options.port, sockets?.smtp));
      if (implicit === undefined) return { port };
      try {
        return { port, implicitPort: await implicit.start(at(tls?.implicitPort ?? 0, sockets?.smtps)) };
      } catch (error) {
        await plain.stopListening();
        throw error;
      }
    },

    setCertificate(certificate) {
      if (tls === undefined) return;
      plain.setCertificate(certificate);
      implicit?.setCertificate(certificate);
    },

    setOptions(changed) {
      Object.assign(settings, settingsOf(changed));
      limits.max = settings.maxConnections;
      plain.setLimits(settings);
      implicit?.setLimits(settings);
      networks.replace(changed.trustedNetworks);
    },

    async stop(deadlineMs) {
      const cancel = deps.clock.after(deadlineMs, () => connections.destroy());
      const closed = Promise.all([plain.stopListening(), implicit?.stopListening()]);
      connections.shutDown();
      await closed;
      cancel();
    },
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
