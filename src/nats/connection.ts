/**
 * One connection to NATS, kept as long as the door is open: made when a server is there, and made anew, after longer and longer,
 * whenever it is lost.
 */

import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../core/clock.ts';
import { errorText } from '../core/error-text.ts';
import { pause } from '../core/pause.ts';
import { type NatsServerOptions, toConnection } from './login.ts';

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
        connection = await connectToAny(options, { random, signal });
        if (signal.aborted) break;
        failures = 0;
        begin(connection);
        hearRefusals(connection, onRefused);
        // Once the server has what was subscribed: who asks before would hear that nobody responds.
        await connection.flush();
        if (!signal.aborted) onState(undefined);
        const lost = await connection.closed();
        if (!signal.aborted) onState(lost instanceof Error ? errorText(lost) : 'the connection was lost');
      } catch (error) {
        if (!signal.aborted) onState(notConnectedReason(error));
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

/** One after another, because a certificate is held to the server that shows it. Rejects with what the last one said. */
async function connectToAny(
  options: NatsServerOptions,
  { random, signal }: { readonly random: () => number; readonly signal: AbortSignal },
): Promise<NatsConnection> {
  const { servers } = options;
  const first = Math.floor(random() * servers.length);
  let reason: unknown;
  for (const server of [...servers.slice(first), ...servers.slice(0, first)]) {
    if (signal.aborted) break;
    try {
      return await connect(toConnection(server, options));
    } catch (error) {
      reason = error;
    }
  }
  throw reason;
}

/** The client speaks of its own parts where the other side hangs up, or greets it with something else. */
function notConnectedReason(error: unknown): string {
  const text = errorText(error);
  if (error instanceof SyntaxError) return 'what listens there does not speak NATS: look at `nats.servers`';
  if (!text.includes('undefined error')) return text;
  return 'what listens there hung up before it greeted: look at `nats.servers`, and whether the server has room for more connections';
}

async function hearRefusals(connection: NatsConnection, onRefused: (reason: string) => void): Promise<void> {
  for await (const status of connection.status()) if (status.type === 'error') onRefused(errorText(status.error));
}
