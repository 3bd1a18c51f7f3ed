/**
 * One connection to NATS, kept as long as the door is open: made when a server is there, and made anew, after longer and longer,
 * whenever it is lost.
 */

import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../core/clock.ts';
import { errorText } from '../core/error-text.ts';
import { pause } from '../core/pause.ts';

export interface NatsServerOptions {
  readonly servers: readonly string[];
  /** The text of a file of credentials. */
  readonly credentials?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  readonly tls?:
    | { readonly ca?: string | undefined; readonly cert?: string | undefined; readonly key?: string | undefined }
    | undefined;
}

export interface NatsLinkDeps {
  readonly clock: Clock;
  readonly random: () => number;
  /** It is there: what is heard by it. Called for each connection anew. */
  readonly begin: (connection: NatsConnection) => void;
  /** Undefined: it is there; else why it is not. */
  readonly onState: (problem: string | undefined) => void;
  /** The server refuses something, such as a subject to listen on. */
  readonly onRefused: (reason: string) => void;
}

export interface NatsLink {
  /** Undefined while none is there. */
  current(): NatsConnection | undefined;
  /** Makes no further connection. What was said is sent before the one that is there is closed. */
  close(): Promise<void>;
}

const CONNECT_MS = 10_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

export function keepConnected(deps: NatsLinkDeps, options: NatsServerOptions): NatsLink {
  const { clock, random, begin, onState, onRefused } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  let connection: NatsConnection | undefined;

  async function run(): Promise<void> {
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        connection = await connect(toConnection(options));
        if (signal.aborted) break;
        failures = 0;
        begin(connection);
        onState(undefined);
        hearRefusals(connection, onRefused);
        const lost = await connection.closed();
        if (!signal.aborted) onState(lost instanceof Error ? errorText(lost) : 'the connection was lost');
      } catch (error) {
        if (!signal.aborted) onState(errorText(error));
      }
      connection = undefined;
      const longest = Math.min(FIRST_WAIT_MS * 2 ** Math.min(failures, 10), LONGEST_WAIT_MS);
      await pause(longest * (0.5 + random() / 2), { clock, signal });
    }
    await connection?.drain();
  }

  const running = run();
  return {
    current: () => (connection?.isClosed() === false ? connection : undefined),
    async close() {
      stopping.abort();
      if (connection?.isClosed() !== false) return;
      await connection.drain();
      await running;
    },
  };
}

function toConnection({ servers, credentials, user, password, token, tls }: NatsServerOptions) {
  return {
    name: 'iep',
    servers: [...servers],
    timeout: CONNECT_MS,
    // The loop here is the one that comes back.
    reconnect: false,
    ...(credentials !== undefined && { authenticator: credsAuthenticator(new TextEncoder().encode(credentials)) }),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { pass: password }),
    ...(token !== undefined && { token }),
    ...(tls && {
      tls: {
        ...(tls.ca !== undefined && { ca: tls.ca }),
        ...(tls.cert !== undefined && { cert: tls.cert }),
        ...(tls.key !== undefined && { key: tls.key }),
      },
    }),
  };
}

async function hearRefusals(connection: NatsConnection, onRefused: (reason: string) => void): Promise<void> {
  for await (const status of connection.status()) if (status.type === 'error') onRefused(errorText(status.error));
}
