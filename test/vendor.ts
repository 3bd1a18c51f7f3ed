/**
 * A vendor's HTTP API for tests that does what it is told: takes every request and records it, until it is told to refuse, to
 * close the connection at some point, or to answer badly. Plain node:http, so that it shares no bug with what it tests.
 *
 *     const vendor = await createVendor({ taken: () => ({ status: 202 }) });
 *     vendor.script(({ path }) => (path === '/v3/scopes' ? { status: 200, body: '{}' } : undefined)); // undefined: takes it
 *     vendor.script(() => ({ status: 429, headers: { 'retry-after': '7' } }));
 *     vendor.script(() => 'close after reading');
 */

import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface VendorCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body as it came. */
  readonly bytes: Buffer;
}

export interface VendorReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** `take and …`: it does what it was asked, and the answer does not come. */
export type Misdeed =
  | 'close while reading'
  | 'take and close'
  | 'take and reset'
  | 'take and hang'
  | 'take and answer half'
  | 'take and drip'
  | 'answer 10 MB';

/** Undefined: it takes the request. A function is asked once the body is there. */
export type VendorScript = (
  call: Pick<VendorCall, 'method' | 'path'>,
) => VendorReply | Misdeed | ((call: VendorCall) => VendorReply | undefined) | undefined;

export interface Vendor {
  /** `http://127.0.0.1:port`. */
  readonly endpoint: string;
  /** Requests that it has, in order. */
  readonly calls: readonly VendorCall[];
  /** Of these, those that it took. */
  readonly taken: readonly VendorCall[];
  /** Connections opened so far, and the most that were open at once. */
  readonly connections: { readonly opened: number; readonly most: number };
  script(script?: VendorScript): void;
  /** What becomes of each new connection: `closed` at once, or kept and never `read`. Absent: it is served. */
  meet(connections?: 'closed' | 'unread'): void;
  /** Resolves when that many requests have been read in all. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

const TEN_MB = 10 * 1024 * 1024;

/** `taken`: how the vendor says yes to a request. */
export async function createVendor(options: { taken(call: VendorCall): VendorReply }): Promise<Vendor> {
  const calls: VendorCall[] = [];
  const taken: VendorCall[] = [];
  const sockets = new Set<Socket>();
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  let connections = { opened: 0, most: 0 };
  let script: VendorScript | undefined;

  let met: 'closed' | 'unread' | undefined;

  const http = createHttpServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    void serve(request, response).catch(() => response.destroy());
  });
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    connections = { opened: connections.opened + 1, most: Math.max(connections.most, sockets.size) };
    socket.once('close', () => sockets.delete(socket));
    if (met === 'closed') socket.resetAndDestroy();
    else if (met === undefined) http.emit('connection', socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request;
    const scripted = script?.({ method, path });
    const socket = request.socket;
    if (scripted === 'close while reading') return void request.once('data', () => socket.resetAndDestroy());
    const bytes = await bytesOf(request);
    const headers = { ...request.headers } as Record<string, string>;
    const call = { method, path, headers, bytes, body: bytes.toString('utf8') };
    const told = typeof scripted === 'function' ? scripted(call) : scripted;
    calls.push(call);
    const isTaken = told === undefined || (typeof told === 'string' && told.startsWith('take'));
    if (isTaken) taken.push(call);
    for (const one of waiting.splice(0)) {
      if (calls.length >= one.count) one.resolve();
      else waiting.push(one);
    }
    if (typeof told !== 'string') return answer(response, told ?? options.taken(call));
    const yes = options.taken(call);
    switch (told) {
      case 'take and close':
        return void socket.end();
      case 'take and reset':
        return void socket.resetAndDestroy();
      case 'take and hang':
        return;
      case 'take and answer half':
        response.writeHead(yes.status, { ...yes.headers, 'content-length': '100' });
        response.write('{"half', () => socket.end());
        return;
      case 'take and drip':
        return drip(socket, yes);
      case 'answer 10 MB':
        response.writeHead(400, { 'content-type': 'application/json', 'content-length': String(TEN_MB) });
        response.end('x'.repeat(TEN_MB));
        return;
    }
  }

  return {
    get endpoint() {
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    calls,
    taken,
    get connections() {
      return connections;
    },
    script(next) {
      script = next;
    },
    meet(next) {
      met = next;
    },
    received: (count) =>
      calls.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve })),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      if (server.listening) await once(server, 'close');
    },
  };
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function answer(response: ServerResponse, { status, headers = {}, body = '' }: VendorReply): void {
  response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) });
  response.end(body);
}

/** An octet of the header every few milliseconds, for ever. */
function drip(socket: Socket, { status }: VendorReply): void {
  socket.write(`HTTP/1.1 ${status} Slow\r\nx-slow: `);
  const timer = setInterval(() => socket.write('x'), 5);
  socket.once('close', () => clearInterval(timer));
}
