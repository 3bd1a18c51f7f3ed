/** How the door logs in at a server, and what it asks of that server before it shows a secret. */

import { isIP } from 'node:net';
import { type Authenticator, credsAuthenticator, nkeyAuthenticator } from '@nats-io/transport-node';

export interface NatsServerOptions {
  readonly servers: readonly string[];
  /** The text of a file of credentials, or the seed of an nkey. */
  readonly credentials?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  readonly tls?:
    | { readonly ca?: string | undefined; readonly cert?: string | undefined; readonly key?: string | undefined }
    | undefined;
}

const CONNECT_MS = 10_000;

export function toConnection(server: string, { credentials, user, password, token, tls }: NatsServerOptions) {
  return {
    name: 'iep',
    servers: [server],
    timeout: CONNECT_MS,
    // Whoever keeps the connection is the one that comes back.
    reconnect: false,
    ...(credentials !== undefined && { authenticator: authenticatorOf(credentials) }),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { pass: password }),
    ...(token !== undefined && { token }),
    // The client takes tls:// for nats://: only this refuses a server, or who stands in between, that offers none.
    ...((tls || server.startsWith('tls://')) && { tls: tlsOf(server, tls) }),
  };
}

function authenticatorOf(credentials: string): Authenticator {
  const seed = credentials.trim();
  // A file of credentials has lines, and begins with dashes.
  if (seed.startsWith('SU')) return nkeyAuthenticator(new TextEncoder().encode(seed));
  return credsAuthenticator(new TextEncoder().encode(credentials));
}

function tlsOf(server: string, { ca, cert, key }: NatsServerOptions['tls'] = {}) {
  return {
    ...hostOf(server),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

/** Of an address alone: the client names no server to TLS then, which would hold the certificate to `localhost`. */
function hostOf(server: string) {
  const host = URL.parse(`nats://${server.split('://').at(-1)}`)?.hostname.replace(/^\[|\]$/g, '') ?? '';
  return isIP(host) === 0 ? {} : { host };
}
