/** Who may stay connected when many want to, and for how long a caller may take over its request. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { testCertificate, testKey } from '../../test/certificate.ts';
import { allowOldTls, handshake } from '../../test/old-tls.ts';
import { startServer, type TestServer } from './http.testing.ts';

let server: TestServer;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

const portOf = () => Number(new URL(server.url).port);

async function dial(host: number): Promise<Socket> {
  const socket = connect({ port: portOf(), host: '127.0.0.1', localAddress: `127.0.0.${host}` });
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** A connection that has made a call with this key, and stays. */
async function member(host: number, key: string): Promise<{ socket: Socket; status: string }> {
  const socket = await dial(host);
  socket.write(`GET /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${key}\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return { socket, status: answer.toString('latin1', 9, 12) };
}

test('one address without a key gets a quarter of the connections; others are served', async () => {
  server = await startServer({ maxConnections: 8, graceMs: 0 });
  await dial(2);
  await dial(2);
  expect(await text(await dial(2))).toMatch(/^HTTP\/1.1 429 .*connection: close.*from this address/s);
  expect((await member(3, server.keys.read)).status).toBe('200');
});

test('silent connections of many addresses make room, for as long as it takes', async () => {
  server = await startServer({ maxConnections: 8, graceMs: 0 });
  for (let host = 20; host < 40; host += 1) await dial(host);
  for (let n = 0; n < 4; n += 1) expect((await member(3, server.keys.read)).status).toBe('200');
  for (let host = 40; host < 60; host += 1) await dial(host);
  expect((await member(4, server.keys.rival)).status).toBe('200');
});

test('the connections of one tenant get half', async () => {
  server = await startServer({ maxConnections: 8, graceMs: 0 });
  for (let n = 0; n < 4; n += 1) expect((await member(2, server.keys.read)).status).toBe('200');
  expect((await member(2, server.keys.all)).status).toBe('429');
  expect((await member(2, server.keys.rival)).status).toBe('200');
});

test('a proxy that is trusted is bound by neither', async () => {
  const proxyAt = (address: string) => address === '127.0.0.9';
  server = await startServer({ maxConnections: 8, graceMs: 0, listen: { proxyAt } });
  for (let n = 0; n < 6; n += 1) expect((await member(9, server.keys.read)).status).toBe('200');
});

/** A refusal of the listener has what all other answers have. */
const guarded = (status: number) =>
  new RegExp(`^HTTP/1.1 ${status} .*x-content-type-options: nosniff\r\n.*cache-control: no-store\r\n`, 's');

test('what is not HTTP is refused as anything else is', async () => {
  server = await startServer({ graceMs: 0 });
  for (const line of ['no such thing', 'GET /health HTTP/1.1\r\nhost: x\r\nhost: y', 'GET //[ HTTP/1.1\r\nhost: [x']) {
    const socket = await dial(2);
    socket.end(`${line}\r\n\r\n`);
    expect(await text(socket)).toMatch(guarded(400));
  }
});

test('a header that does not end is given up, and one that does not end in size', async () => {
  server = await startServer({ graceMs: 0, listen: { headersTimeoutMs: 500 } });
  const slow = await dial(2);
  slow.write('GET /health HTTP/1.1\r\nhost: x\r\nx-more: ');
  expect(await text(slow)).toMatch(guarded(408));
  const mute = await dial(2);
  expect(await text(mute)).toMatch(/^(HTTP\/1.1 408 |$)/);
  const endless = await dial(2);
  endless.write(`GET /health HTTP/1.1\r\nhost: x\r\nx-more: ${'x'.repeat(20_000)}`);
  expect(await text(endless)).toMatch(guarded(431));
});

test('nothing older than TLS 1.2 is spoken', async () => {
  const undo = allowOldTls();
  server = await startServer({ graceMs: 0, listen: { tls: { cert: testCertificate, key: testKey } } });
  undo();
  await handshake(portOf(), 'TLSv1.2');
  await expect(handshake(portOf(), 'TLSv1.1')).rejects.toMatchObject({
    code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  });
});

test.each([
  ['two Host fields', 'POST /v1/messages HTTP/1.1', 'host: a\r\nHOST: b\r\ncontent-length: 0'],
  ['the same Host twice', 'POST /v1/messages HTTP/1.1', 'host: a\r\nhost: a\r\ncontent-length: 0'],
  ['another transfer encoding', 'POST /v1/messages HTTP/1.1', 'host: a\r\ntransfer-encoding: gzip, chunked'],
  ['a transfer encoding in HTTP/1.0', 'POST /v1/messages HTTP/1.0', 'host: a\r\ntransfer-encoding: chunked'],
  ['both lengths', 'POST /v1/messages HTTP/1.1', 'host: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked'],
  ['two lengths', 'POST /v1/messages HTTP/1.1', 'host: a\r\ncontent-length: 5\r\ncontent-length: 5'],
])('%s is a request that may be read in two ways, and ends the connection', async (_, line, fields) => {
  server = await startServer({ graceMs: 0 });
  const socket = await dial(2);
  socket.write(`${line}\r\n${fields}\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\nhost: a\r\n\r\n`);
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1.1 400 .*"code":"invalid_request"/s);
  expect(answer.match(/HTTP\/1.1 \d{3} /g)).toHaveLength(1);
});

test('requests sent ahead are answered in order, and a connection with too many of them ends', async () => {
  server = await startServer({ graceMs: 0 });
  const one = 'GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n';
  const polite = await dial(2);
  polite.write(`${one.repeat(20)}${one.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n')}`);
  expect((await text(polite)).match(/HTTP\/1.1 404 /g)).toHaveLength(21);
  const flood = await dial(2);
  flood.write(one.repeat(1_000));
  expect((await text(flood).catch(() => '')).match(/HTTP\/1.1 404 /g) ?? []).not.toHaveLength(1_000);
  expect((await server.call('GET', '/health')).status).toBe(200);
});
