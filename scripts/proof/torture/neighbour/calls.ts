/** What the neighbour of the torture asks of the daemon: requests and bare connections, whatever comes back. */

import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface NeighbourTarget {
  readonly httpPort: number;
  readonly smtpPort: number;
  readonly smtpsPort: number;
  /** Of the bad tenant, with all scopes; a stranger has none. */
  readonly key: string;
  /** Providers whose vendors post callbacks. */
  readonly vendors: readonly string[];
  /** Aborts when it has been long enough. */
  readonly signal: AbortSignal;
}

/** An address of loopback that no trusted network holds. */
export const STRANGER = '127.0.0.2';
export const SECOND_STRANGER = '127.0.0.3';

export interface NeighbourCall {
  readonly method?: string;
  readonly path: string;
  readonly key?: string;
  readonly type?: string;
  readonly body?: string | Buffer;
}

/** One keep-alive client; answers the status, or 0 where none came. */
export function createCaller({ httpPort, signal }: NeighbourTarget, localAddress = '127.0.0.1') {
  const agent = new Agent({ keepAlive: true });
  return ({ method = 'GET', path, key, type = 'application/json', body }: NeighbourCall): Promise<number> =>
    new Promise((resolve) => {
      const headers = {
        ...(key !== undefined && { 'x-api-key': key }),
        ...(body !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
      };
      const at = { host: '127.0.0.1', port: httpPort, localAddress, agent, signal };
      const outgoing = request({ ...at, method, path, headers }, (incoming) => {
        incoming.resume();
        incoming.once('close', () => resolve(incoming.statusCode ?? 0));
      });
      outgoing.once('error', () => resolve(0));
      outgoing.end(body);
    });
}

/** `count` at once do it again and again. */
export async function again(
  { signal }: Pick<NeighbourTarget, 'signal'>,
  { count, restMs = 0 }: { readonly count: number; readonly restMs?: number },
  once: () => Promise<unknown>,
): Promise<void> {
  const one = async () => {
    while (!signal.aborted) {
      await once();
      await pause(restMs);
    }
  };
  await Promise.all(Array.from({ length: count }, one));
}

/** A connection that is kept full: when the daemon ends it there is another. */
export async function hold(
  { signal }: Pick<NeighbourTarget, 'signal'>,
  { port, localAddress, count }: { readonly port: number; readonly localAddress: string; readonly count: number },
  begin: (socket: Socket) => void = () => undefined,
): Promise<void> {
  const one = async () => {
    while (!signal.aborted) {
      const socket = connect({ host: '127.0.0.1', port, localAddress });
      socket.once('connect', () => begin(socket));
      socket.on('error', () => undefined).resume();
      const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      signal.addEventListener('abort', () => socket.destroy(), { once: true });
      await ended;
      await pause(RECONNECT_MS);
    }
  };
  await Promise.all(Array.from({ length: count }, one));
}

const RECONNECT_MS = 50;
