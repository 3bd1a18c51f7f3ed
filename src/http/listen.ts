/**
 * The app on a socket. Sets the limits that keep slow or endless requests from holding connections, answers what is not
 * HTTP with a problem document too, and closes in order: no new connections, streams end, requests finish, then the rest
 * is cut.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Guest, Guests } from '../access/guests.ts';
import { PROBLEM_TYPE, problemFields, problemOf } from '../api/problem.ts';
import { IepError } from '../core/errors.ts';
import { ALWAYS, typed } from './always.ts';
import type { App } from './app.ts';
import type { Bindings } from './context.ts';
import { createRequestTurns } from './request-turns.ts';

export interface HttpListener {
  readonly port: number;
  /** Another certificate for connections from now on; only where it began with one. */
  setCertificate(certificate: Certificate): void;
  /** Resolves when the last connection is gone, at the latest after the grace. */
  close(): Promise<void>;
}

/** PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** A socket that listens already, in place of host and port. */
  readonly fd?: number | undefined;
  /** A Unix socket to make, in place of host and port. */
  readonly path?: string | undefined;
  /** How long requests under way may take once the listener closes. */
  readonly graceMs?: number;
  /** HTTPS, and no HTTP. */
  readonly tls?: Certificate;
  /** Who may stay connected; absent: everybody. */
  readonly guests?: Guests;
  /** Whose proxy has this address; a proxy carries many callers and is not a stranger. */
  readonly proxyAt?: (address: string) => boolean;
  /** How long the header of a request may take. */
  readonly headersTimeoutMs?: number;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 15_000;
/** For a whole request: 30 MiB at 128 KiB/s, and slack. */
const REQUEST_TIMEOUT_MS = 300_000;
/** A connection on which nothing moves, as where nobody reads the answer. */
const STALLED_MS = 120_000;
/** Longer than the 60 s after which proxies usually drop an idle connection, so that they never reuse a dead one. */
const KEEP_ALIVE_MS = 65_000;
const CHECK_EVERY_MS = 5_000;
const DEFAULT_GRACE_MS = 10_000;
/** Requests without an answer; clients that know HTTP send fewer ahead (RFC 9112 section 9.3.2). */
const MAX_PIPELINED = 32;
/** Who calls over no network. */
const LOCAL = 'local';

export async function listenHttp(app: Pick<App, 'fetch'>, options: ListenOptions): Promise<HttpListener> {
  const stopping = new AbortController();
  const guests = createGuestList(options);
  const turns = createRequestTurns();
  const unanswered = createUnanswered();
  const handle = getRequestListener(
    (request, both) => {
      const bindings = both as HttpBindings;
      const guest = guests.of(bindings.incoming.socket);
      return app.fetch(request, { ...bindings, stopping: stopping.signal, guest } satisfies Bindings);
    },
    // HTTP/1.0 may leave Host out (RFC 1945 §5), and load balancers that ask for /health do; HTTP/1.1 may not.
    { hostname: 'localhost', errorHandler: badRequest },
  );
  const headersTimeout = options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
  const settings = {
    headersTimeout,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, headersTimeout),
    noDelay: true,
  };
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { socket } = incoming;
    if (socket.destroyed) return;
    const guest = guests.of(socket);
    const isFlood = unanswered.add(socket) > MAX_PIPELINED;
    if (!isFlood) guest?.waits(true);
    outgoing.once('close', () => {
      unanswered.remove(socket);
      guest?.waits(false);
    });
    if (isFlood) {
      guest?.shutOut();
      socket.destroy();
      return;
    }
    turns.take(guest?.holder() ?? LOCAL, () => {
      if (!socket.destroyed) begin(incoming, outgoing);
    });
  };
  const begin = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const fault = framingFault(incoming);
    if (fault !== undefined) {
      incoming.socket.end(closingAnswer(new IepError('invalid_request', fault)));
      return;
    }
    void handle(incoming, outgoing);
  };
  const secure =
    options.tls &&
    createTlsServer({ ...settings, ...withVersion(options.tls), handshakeTimeout: HANDSHAKE_TIMEOUT_MS }, onRequest);
  const server = secure ?? createServer(settings, onRequest);
  server.timeout = STALLED_MS;
  server.on('connection', guests.admit);
  server.on('clientError', answerClientError);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    const { host, port, fd, path } = options;
    server.listen(fd !== undefined ? { fd } : path !== undefined ? { path } : { host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: options.path === undefined ? (server.address() as AddressInfo).port : 0,
    setCertificate: (certificate) => secure?.setSecureContext(withVersion(certificate)),
    close: () => closeServer(server, stopping, options.graceMs ?? DEFAULT_GRACE_MS),
  };
}

/** The requests of each connection that have no answer yet. */
function createUnanswered() {
  const counts = new WeakMap<Socket, number>();
  const count = (socket: Socket, by: number) => {
    const now = (counts.get(socket) ?? 0) + by;
    counts.set(socket, now);
    return now;
  };
  return { add: (socket: Socket) => count(socket, 1), remove: (socket: Socket) => count(socket, -1) };
}

/** The guests of the connections, found again by their other end: a TLS socket does not know the one below it. */
function createGuestList({ guests, proxyAt = () => false, tls }: ListenOptions) {
  const list = new Map<string, Guest>();
  /** Those found already, because both ends are told as text that is made anew each time. */
  const found = new WeakMap<Socket, Guest>();
  const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  const of = (socket: Socket) => {
    const known = found.get(socket);
    if (known !== undefined) return known;
    const guest = list.get(nameOf(socket));
    if (guest !== undefined) found.set(socket, guest);
    return guest;
  };

  return {
    of,
    admit(socket: Socket): void {
      const { remoteAddress: address } = socket;
      if (guests === undefined || address === undefined) return;
      const name = nameOf(socket);
      try {
        const guest = guests.admit({ address, owner: proxyAt(address) ? `proxy ${address}` : undefined });
        guest.dismiss = () => socket.destroy();
        list.set(name, guest);
        socket.once('close', () => {
          guest.leave();
          if (list.get(name) === guest) list.delete(name);
        });
      } catch (error) {
        if (!(error instanceof IepError)) throw error;
        if (tls === undefined) socket.write(closingAnswer(error));
        socket.destroySoon();
      }
    },
  };
}

/** Nothing older than TLS 1.2 (RFC 8996). */
function withVersion({ cert, key }: Certificate) {
  return { cert, key, minVersion: 'TLSv1.2' } as const;
}

async function closeServer(server: Server, stopping: AbortController, graceMs: number): Promise<void> {
  // Node closes idle connections itself; what finishes from now on is not kept for another request.
  server.keepAliveTimeout = 1;
  server.prependListener('request', (_incoming, outgoing: ServerResponse) => {
    outgoing.shouldKeepAlive = false;
  });
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  stopping.abort();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}

/** A request target or Host that is not a URL never becomes a request that the app could answer. */
function badRequest(error: unknown): Response {
  const message = error instanceof Error ? error.message : 'it is malformed';
  const refusal = new IepError('invalid_request', `The request cannot be read: ${message}`);
  return new Response(JSON.stringify(problemOf(refusal)), {
    status: 400,
    headers: fieldsOf(refusal),
  });
}

/** What Node's parser passes, and a proxy in front may have understood otherwise. Undefined: there is one way to read it. */
function framingFault({ rawHeaders, httpVersion, headers }: IncomingMessage): string | undefined {
  const encoding = headers['transfer-encoding'];
  if (encoding !== undefined && (httpVersion === '1.0' || encoding.toLowerCase() !== 'chunked')) {
    return 'The only Transfer-Encoding that is understood is chunked, in HTTP/1.1 (RFC 9112 section 6.1)';
  }
  const isHost = (text: string, at: number) => at % 2 === 0 && text.length === 4 && text.toLowerCase() === 'host';
  return rawHeaders.filter(isHost).length > 1 ? 'The request has two Host fields (RFC 9112 section 3.2)' : undefined;
}

/** What Node's parser gives up on: no request, no id, and the connection ends. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  // A handshake that failed leaves nobody to talk to.
  const isHandshake = /^ERR_(SSL|TLS)/.test(error.code ?? '');
  if (error.code === 'ECONNRESET' || isHandshake || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, reason, detail } = clientFault(error.code);
  socket.end(closingAnswer(new IepError('invalid_request', detail, { extra: { title: reason } }), status));
}

/** An answer to what never became a request. The connection ends with it. */
function closingAnswer(error: IepError, status = error.refusal.status): string {
  const body = JSON.stringify({ ...problemOf(error), status });
  const fields = { ...fieldsOf(error), 'content-length': Buffer.byteLength(body), connection: 'close' };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${error.extra?.title ?? error.refusal.title}\r\n${lines.join('')}\r\n${body}`;
}

function fieldsOf(error: IepError) {
  return { ...typed(PROBLEM_TYPE), ...ALWAYS, ...problemFields(error) };
}

function clientFault(code: string | undefined): { status: number; reason: string; detail: string } {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        reason: 'Request Header Fields Too Large',
        detail:
          'The header of the request is larger than 16 KiB; recipients may stand in the message instead: X-IEP-Rcpt-To',
      };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, reason: 'Request Timeout', detail: 'The request did not come in whole in time' };
    default:
      return { status: 400, reason: 'Bad Request', detail: 'This is not a request that HTTP/1.1 allows' };
  }
}
