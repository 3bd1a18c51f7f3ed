/** The ports of a door that speaks SMTP: the plain one, with STARTTLS where there is a certificate, and one that speaks TLS at once. */

import { createGuests } from '../access/guests.ts';
import type { Log } from '../base/observe/log.ts';
import type { Clock } from '../core/clock.ts';
import type { Admission, Door } from './connection.ts';
import { createConnections } from './connections.ts';
import { type ServerLimits, SubmissionServer } from './server.ts';
import type { TrustedNetworks } from './trusted-networks.ts';

export interface PortDeps<Who> {
  readonly clock: Clock;
  readonly log: Log;
  readonly networks: TrustedNetworks;
  readonly admission: Admission<Who>;
}

export interface PortOptions {
  /** Of the door, in lines of the log. */
  readonly name: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Sockets that listen already, in place of host and ports; `smtps` needs `tls`. */
  readonly sockets?: { readonly smtp?: number; readonly smtps?: number } | undefined;
  /** PEM. With `implicitPort`, a second port that speaks TLS from the first byte. */
  readonly tls?: (Certificate & { readonly implicitPort?: number }) | undefined;
}

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Read at each use: they may change while mail comes in. */
export type PortSettings = ServerLimits & Door<unknown>['options'] & { maxConnections: number };

export interface Ports {
  /** The ports it listens on. Rejects when one is taken; then it listens on none. */
  start(): Promise<{ port: number; implicitPort?: number }>;
  /** Another certificate for connections from now on; only where it began with one. */
  setCertificate(certificate: Certificate): void;
  /** Others from now on. */
  set(settings: PortSettings): void;
  /** Takes no more connections and ends those there are, a message in progress after its reply; at the deadline, at once. */
  stop(deadlineMs: number): Promise<void>;
}

export function createPorts<Who extends object>(
  deps: PortDeps<Who>,
  { name, host, port: wanted, sockets, tls }: PortOptions,
  settings: PortSettings,
): Ports {
  const limits = { max: settings.maxConnections };
  const connections = createConnections();
  const door: Door<Who> = {
    ...deps,
    name,
    connections,
    guests: createGuests(deps, limits),
    transactions: new WeakMap(),
    loggedIn: new WeakMap(),
    options: settings,
  };
  const createServer = (implicitTls: boolean) => new SubmissionServer(door, { ...settings, tls, implicitTls });
  const plain = createServer(false);
  const hasImplicit = tls !== undefined && (tls.implicitPort !== undefined || sockets?.smtps !== undefined);
  const implicit = hasImplicit ? createServer(true) : undefined;
  const at = (port: number, fd: number | undefined) => (fd === undefined ? { host, port } : { fd });

  return {
    async start() {
      const port = await plain.start(at(wanted, sockets?.smtp));
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

    set(changed) {
      Object.assign(settings, changed);
      limits.max = settings.maxConnections;
      plain.setLimits(settings);
      implicit?.setLimits(settings);
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
