/** Opens the doors, in an order in which either all are open or none, and closes them together. */

import { hostname } from 'node:os';
import { createGuests } from '../../access/guests.ts';
import type { Config } from '../../config/schema.ts';
import { IepError } from '../../core/errors.ts';
import { createNetworks } from '../../core/networks.ts';
import { type App, createApp, type ServedDeps } from '../../http/app.ts';
import { listenHttp } from '../../http/listen.ts';
import { createSmtpListener, type SmtpDeps, type SmtpOptions } from '../../smtp/listener.ts';
import type { InheritedSockets } from '../process/inherited-sockets.ts';
import type { CertificateUser } from '../reload/certificates.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import { createReportDoor, type ReportDoorParts } from './report-door.ts';

export interface Doors {
  readonly http: { readonly host: string; readonly port: number };
  readonly smtp: { readonly host: string; readonly port: number; readonly implicitPort?: number };
  /** Where mail comes back to; undefined where it is off. */
  readonly feedback: { readonly host: string; readonly port: number } | undefined;
  /** Those that have a certificate. */
  readonly certificateUsers: readonly CertificateUser[];
  /** The configuration is another: takes from it what can change while the doors are open. */
  follow(): void;
  /** Takes nothing new; what is under way has until the deadline. */
  close(deadlineMs: number): Promise<void>;
}

/** Refuses with `bad_config` where a port cannot be had. */
export async function openDoors(
  deps: ServedDeps & SmtpDeps & ReportDoorParts,
  config: LiveConfig,
  sockets: InheritedSockets,
): Promise<Doors> {
  const { http, smtp } = config.now();
  const reports = createReportDoor(deps, config);
  const requests = config.options(({ http }) => ({
    bodyLimitBytes: http.bodyLimitBytes,
    proxies: createNetworks(http.trustedProxies),
    max: http.maxConnections,
  }));
  const app: App = createApp(deps, {
    bodyLimitBytes: () => requests.bodyLimitBytes,
    trustedProxies: () => requests.proxies,
  });
  const guests = createGuests(deps, requests);
  const smtpListener = createSmtpListener(deps, { ...smtpOptions(smtp), sockets });
  const httpListener = await orRefuse('http', http, () =>
    listenHttp(
      app,
      config.options(({ http: { host, port, tls }, shutdownSeconds }) => ({
        ...{ host, port, fd: sockets.http, graceMs: shutdownSeconds * 1_000 },
        ...{ guests, proxyAt: (address: string) => requests.proxies.has(address) },
        ...(tls && { tls }),
      })),
    ),
  );
  let ports: Awaited<ReturnType<typeof smtpListener.start>>;
  try {
    ports = await orRefuse('smtp', smtp, () => smtpListener.start());
  } catch (error) {
    await httpListener.close();
    throw error;
  }
  let feedback: Doors['feedback'];
  try {
    feedback = reports && { host: reports.host, port: (await orRefuse('feedback', reports, reports.start)).port };
  } catch (error) {
    await Promise.all([httpListener.close(), smtpListener.stop(0)]);
    throw error;
  }
  return {
    feedback,
    http: { host: http.host, port: httpListener.port },
    smtp: { host: smtp.host, ...ports },
    certificateUsers: [
      ...(http.tls === undefined ? [] : [{ path: 'http.tls', use: httpListener.setCertificate }]),
      ...(smtp.tls === undefined ? [] : [{ path: 'smtp.tls', use: smtpListener.setCertificate }]),
      ...(reports?.certificateUsers ?? []),
    ],
    follow() {
      smtpListener.setOptions(smtpOptions(config.now().smtp));
      reports?.follow();
    },
    async close(deadlineMs) {
      await Promise.all([httpListener.close(), smtpListener.stop(deadlineMs), reports?.stop(deadlineMs)]);
    },
  };
}

function smtpOptions({ tls, ...smtp }: Config['smtp']): SmtpOptions {
  const { hostname: name = hostname(), ...others } = smtp;
  return {
    ...others,
    hostname: name,
    ...(tls && {
      tls: { cert: tls.cert, key: tls.key, ...(tls.implicitPort !== undefined && { implicitPort: tls.implicitPort }) },
    }),
  };
}

async function orRefuse<T>(path: string, at: { host: string; port: number }, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = reasons[code];
    if (reason === undefined) throw error;
    const message = `Cannot listen on ${at.host}, port ${at.port}: ${reason}`;
    throw code === 'EADDRINUSE' ? taken(path, message, error) : refused(path, message, error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program does',
  EACCES: 'the system does not allow this user to use that port',
  EADDRNOTAVAIL: 'that is not an address of this machine',
  ENOTFOUND: 'no host has that name',
};

function refused(path: string, message: string, cause: unknown): IepError {
  return new IepError('bad_config', `${path}: ${message}`, { errors: [{ path, message }], cause });
}

/** Another process has it: it may go, and another port can be chosen without a change of the configuration. */
function taken(path: string, message: string, cause: unknown): IepError {
  const option = path === 'feedback' ? '' : `\`iep serve --${path}-port N\`, `;
  const hint = `Stop the other program, or choose another port: ${option}${path}.port in the configuration.`;
  return new IepError('port_taken', `${path}: ${message}`, { cause, extra: { hint } });
}
