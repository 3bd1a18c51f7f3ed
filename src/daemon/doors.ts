/** Opens the doors, in an order in which either all are open or none, and closes them together. */

import { hostname } from 'node:os';
import { createSecureContext } from 'node:tls';
import type { Config } from '../config/schema.ts';
import { IepError } from '../core/errors.ts';
import { type App, createApp } from '../http/app.ts';
import type { AppDeps } from '../http/deps.ts';
import { listenHttp } from '../http/listen.ts';
import { createSmtpListener, type SmtpDeps, type SmtpOptions } from '../smtp/listener.ts';
import type { InheritedSockets } from './inherited-sockets.ts';

export interface Doors {
  readonly http: { readonly host: string; readonly port: number };
  readonly smtp: { readonly host: string; readonly port: number; readonly implicitPort?: number };
  /** Takes nothing new; what is under way has until the deadline. */
  close(deadlineMs: number): Promise<void>;
}

/** Refuses with `bad_config` where a port cannot be had or a certificate is not one. */
export async function openDoors(
  deps: AppDeps & SmtpDeps,
  { http, smtp, shutdownSeconds }: Config,
  sockets: InheritedSockets,
): Promise<Doors> {
  const app: App = createApp(deps, { bodyLimitBytes: http.bodyLimitBytes });
  const smtpListener = createSmtpListener(deps, { ...smtpOptions(smtp), sockets });
  const graceMs = shutdownSeconds * 1000;
  const httpListener = await orRefuse('http', http, () =>
    listenHttp(app, { host: http.host, port: http.port, graceMs, fd: sockets.http }),
  );
  let ports: Awaited<ReturnType<typeof smtpListener.start>>;
  try {
    ports = await orRefuse('smtp', smtp, () => smtpListener.start());
  } catch (error) {
    await httpListener.close();
    throw error;
  }
  return {
    http: { host: http.host, port: httpListener.port },
    smtp: { host: smtp.host, ...ports },
    async close(deadlineMs) {
      await Promise.all([httpListener.close(), smtpListener.stop(deadlineMs)]);
    },
  };
}

function smtpOptions({ tls, ...smtp }: Config['smtp']): SmtpOptions {
  if (tls !== undefined) checkCertificate(tls);
  const { hostname: name = hostname(), ...others } = smtp;
  return {
    ...others,
    hostname: name,
    ...(tls && {
      tls: { cert: tls.cert, key: tls.key, ...(tls.implicitPort !== undefined && { implicitPort: tls.implicitPort }) },
    }),
  };
}

/** Now and not at the first handshake. OpenSSL's words name what is wrong, never the key. */
function checkCertificate({ cert, key }: { cert: string; key: string }): void {
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw refused('smtp.tls', `The certificate and key cannot be used (${message})`, cause);
  }
}

async function orRefuse<T>(path: string, at: { host: string; port: number }, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = reasons[code];
    if (reason === undefined) throw error;
    throw refused(path, `Cannot listen on ${at.host}, port ${at.port}: ${reason}`, error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program does',
  EACCES: 'the system does not allow this user to use that port',
  EADDRNOTAVAIL: 'that is not an address of this machine',
  ENOTFOUND: 'there is no host of that name',
};

function refused(path: string, message: string, cause: unknown): IepError {
  return new IepError('bad_config', `${path}: ${message}`, { errors: [{ path, message }], cause });
}
