/** The client against servers that stall in each phase, say too much, or close where they should not. */

import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpClient, type HttpClient, type HttpClientOptions, HttpFailure } from './http-client.ts';

const SHORT_MS = 100;
/** More than the buffers of a connection hold. */
const LARGE = 32 * 1024 * 1024;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Its address, and the connections that were made to it. */
async function listen(server: Server): Promise<{ readonly host: string; readonly sockets: readonly Socket[] }> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => sockets.push(socket.on('error', () => undefined)));
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

const serve = (listener: RequestListener) => listen(createHttpServer(listener));
const onSocket = (listener: (socket: Socket) => void) => listen(createServer(listener));

function clientOf(options: HttpClientOptions = {}): HttpClient {
  const client = createHttpClient(options);
  closing.push(client.close);
  return client;
}

const get = { method: 'GET', maxBytes: 1_000 };
const post = { method: 'POST', maxBytes: 1_000, body: 'hello' };
const failureOf = (asking: Promise<unknown>): Promise<HttpFailure> =>
  asking.then(
    () => Promise.reject(new Error('there was an answer')),
    (error: unknown) => (error instanceof HttpFailure ? error : Promise.reject(error)),
  );
const closed = (socket: Socket | undefined) =>
  new Promise<void>((resolve) => (socket === undefined || socket.closed ? resolve() : socket.once('close', resolve)));
/** When the other side has read all of this. */
const hasRead = (socket: Socket, end: string) =>
  new Promise<void>((resolve) => {
    let said = '';
    socket.on('data', (chunk) => {
      said += String(chunk);
      if (said.endsWith(end)) resolve();
    });
  });

describe('an HTTP client', () => {
  it('sends what it is given and brings the answer back', async () => {
    const { host } = await serve(async (request, response) => {
      const { method, url, headers } = request;
      response.writeHead(422, { 'X-Seen': 'yes' });
      response.end(JSON.stringify({ method, url, length: headers['content-length'], body: await text(request) }));
    });
    const answer = await clientOf().ask(new URL(`http://${host}/a?b=1`), { ...post, body: 'ü' });
    expect(answer).toMatchObject({ status: 422, headers: { 'x-seen': 'yes' }, truncated: false });
    expect(JSON.parse(String(Buffer.from(answer.body)))).toEqual({
      ...{ method: 'POST', url: '/a?b=1', length: '2', body: 'ü' },
    });
  });

  it('keeps connections, and no more of them than it may', async () => {
    const { host, sockets } = await serve((_request, response) => response.end('ok'));
    const client = clientOf({ maxConnections: 2 });
    const ask = () => client.ask(new URL(`http://${host}/`), get);
    for (const count of [5, 5]) await Promise.all(Array.from({ length: count }, ask));
    expect(sockets).toHaveLength(2);
  });

  it('closes a connection that nobody used for a time', async () => {
    const { host, sockets } = await serve((_request, response) => response.end('ok'));
    const client = clientOf({ idleMs: SHORT_MS });
    await client.ask(new URL(`http://${host}/`), get);
    await closed(sockets[0]);
    expect((await client.ask(new URL(`http://${host}/`), get)).status).toBe(200);
    expect(sockets).toHaveLength(2);
  });

  it('keeps none where each address is judged, and connects to none that was not', async () => {
    const { host, sockets } = await serve((_request, response) => response.end('ok'));
    const port = host.split(':')[1];
    const guard = async (hostname: string) => {
      if (hostname === 'inside.example') throw new Error('not asked');
      return [{ address: '127.0.0.1', family: 4 as const }];
    };
    const client = clientOf({ guard });
    for (let n = 0; n < 2; n += 1) await client.ask(new URL(`http://outside.example:${port}/`), get);
    expect(sockets).toHaveLength(2);
    const refused = await failureOf(client.ask(new URL(`http://inside.example:${port}/`), post));
    expect(refused).toMatchObject({ phase: 'lookup', hasLeft: false, message: 'not asked' });
    expect(sockets).toHaveLength(2);
  });

  it('reads no more than it may', async () => {
    const { host, sockets } = await serve((_request, response) => {
      // The end never comes.
      response.writeHead(200, { 'content-length': 2 * LARGE }).write('x'.repeat(LARGE));
    });
    const { body, truncated } = await clientOf().ask(new URL(`http://${host}/`), { ...get, maxBytes: 10 });
    await closed(sockets[0]);
    expect({ length: body.length, truncated }).toEqual({ length: 10, truncated: true });
  });

  it('takes no header that is too long', async () => {
    const { host } = await serve((_request, response) => response.writeHead(200, { x: 'x'.repeat(20_000) }).end());
    const { phase, cause } = await failureOf(clientOf().ask(new URL(`http://${host}/`), get));
    expect({ phase, code: (cause as { code?: string }).code }).toEqual({
      ...{ phase: 'answer', code: 'HPE_HEADER_OVERFLOW' },
    });
  });
});

describe('what fails tells in which phase, and whether the request had left:', () => {
  it('a name that is not resolved in time', async () => {
    const guard = () => new Promise<never>(() => undefined);
    const asking = clientOf({ guard }).ask(new URL('http://slow.example/'), { ...post, timeoutMs: SHORT_MS });
    expect(await failureOf(asking)).toMatchObject({ phase: 'lookup', hasLeft: false, isLate: true });
  });

  it('a connection that nobody takes', async () => {
    const { host } = await onSocket(() => undefined);
    for (const close of closing.splice(0)) close();
    const failure = await failureOf(clientOf().ask(new URL(`http://${host}/`), post));
    expect(failure).toMatchObject({ phase: 'connect', hasLeft: false, cause: { code: 'ECONNREFUSED' } });
  });

  it('a server that says nothing to TLS', async () => {
    const { host } = await onSocket(() => undefined);
    const client = clientOf({ limits: { connectMs: SHORT_MS } });
    const failure = await failureOf(client.ask(new URL(`https://${host}/`), post));
    expect(failure).toMatchObject({ phase: 'connect', hasLeft: false, message: 'it was silent for 0.1 s' });
  });

  it.each([
    ['in memory', () => Buffer.alloc(LARGE)],
    ['as a stream', () => ({ stream: Readable.from([Buffer.alloc(LARGE)]), size: LARGE })],
  ])('a server that does not read the body, %s', async (_how, body) => {
    const { host } = await onSocket((socket) => socket.pause());
    const client = clientOf({ limits: { sendMs: SHORT_MS } });
    const failure = await failureOf(client.ask(new URL(`http://${host}/`), { ...post, body: body() }));
    expect(failure).toMatchObject({ phase: 'send', hasLeft: false, message: 'it was silent for 0.1 s' });
  });

  it('a server that closes before it has the body', async () => {
    const { host } = await onSocket((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const failure = await failureOf(clientOf().ask(new URL(`http://${host}/`), { ...post, body: Buffer.alloc(LARGE) }));
    expect(failure).toMatchObject({ phase: 'send', hasLeft: false });
  });

  it('a body that cannot be read to its end', async () => {
    const { host } = await onSocket((socket) => socket.resume());
    const broken = async function* () {
      yield Buffer.alloc(10);
      throw new Error('the disk is gone');
    };
    const body = { stream: Readable.from(broken()), size: 20 };
    const failure = await failureOf(clientOf().ask(new URL(`http://${host}/`), { ...post, body }));
    expect(failure).toMatchObject({ hasLeft: false, message: 'the disk is gone' });
  });

  it('a server that does not answer', async () => {
    const { host } = await onSocket((socket) => socket.resume());
    const client = clientOf({ limits: { answerMs: SHORT_MS } });
    const failure = await failureOf(client.ask(new URL(`http://${host}/`), post));
    expect(failure).toMatchObject({ phase: 'answer', hasLeft: true, isLate: false });
  });

  it.each([
    ['closes', (socket: Socket) => void socket.end()],
    ['resets', (socket: Socket) => void socket.resetAndDestroy()],
  ])('a server that has the body and %s the connection', async (_how, close) => {
    const { host } = await onSocket((socket) => void hasRead(socket, 'hello').then(() => close(socket)));
    const failure = await failureOf(clientOf().ask(new URL(`http://${host}/`), post));
    expect(failure).toMatchObject({ phase: 'answer', hasLeft: true });
  });

  it('a caller that waits no longer', async () => {
    const waiting = new AbortController();
    const { host } = await onSocket((socket) => void hasRead(socket, 'hello').then(() => waiting.abort()));
    const failure = await failureOf(clientOf().ask(new URL(`http://${host}/`), { ...post, signal: waiting.signal }));
    expect(failure).toMatchObject({ phase: 'answer', hasLeft: true, isLate: false, cause: { code: 'ABORT_ERR' } });
  });

  it('a time that is over', async () => {
    const { host } = await onSocket((socket) => socket.resume());
    const failure = await failureOf(clientOf().ask(new URL(`http://${host}/`), { ...post, timeoutMs: SHORT_MS }));
    expect(failure).toMatchObject({ phase: 'answer', hasLeft: true, isLate: true });
  });

  it.each([
    ['stops', () => undefined, 'it was silent for 0.1 s'],
    ['is broken off', (socket: Socket) => void socket.end(), 'aborted'],
  ])('an answer that %s in the middle', async (_how, act, message) => {
    const { host } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('five!', () => act(response.socket as Socket));
    });
    const client = clientOf({ limits: { bodyMs: SHORT_MS } });
    const failure = await failureOf(client.ask(new URL(`http://${host}/`), post));
    expect(failure).toMatchObject({ phase: 'body', hasLeft: true, message, head: { status: 200 } });
    const incoming = await client.open(new URL(`http://${host}/`), post);
    await expect(text(incoming)).rejects.toThrow(message);
  });
});

it('gives a refusal that comes before the body was read, and then says why', async () => {
  const { host, sockets } = await onSocket((socket) =>
    socket.once('data', () => socket.pause().write('HTTP/1.1 413 Too Large\r\ncontent-length: 9\r\n\r\ntoo large')),
  );
  const body = { stream: Readable.from([Buffer.alloc(LARGE)]), size: LARGE };
  const answer = await clientOf().ask(new URL(`http://${host}/`), { ...post, body });
  expect(answer).toMatchObject({ status: 413, truncated: false });
  await closed(sockets[0]?.resume());
});
