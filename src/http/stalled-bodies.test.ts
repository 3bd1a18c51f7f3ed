/** Bodies that stop on the way, over real sockets: they cost their own caller, and nobody else. */

import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startServer, submission, type TestServer } from './http.testing.ts';

const LIMIT = 256 * 1024;

let server: TestServer;
const sockets: Socket[] = [];

beforeEach(async () => {
  server = await startServer({ bodyLimitBytes: () => LIMIT, graceMs: 0 });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

/** A request of `key` that sends most of its body and stops. */
async function stall(key: string): Promise<void> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.write(
    `POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${key}\r\ncontent-type: application/json\r\ncontent-length: ${LIMIT}\r\n\r\n`,
  );
  await new Promise<void>((resolve) => socket.write('x'.repeat(200 * 1024), () => resolve()));
}

/** As large as a body may be. */
const large = { ...submission, textBody: 'x'.repeat(LIMIT - 1_000) };

test('a tenant whose bodies stop keeps no other from sending, nor itself from sending small ones', async () => {
  for (let n = 0; n < 30; n += 1) await stall(server.keys.send);
  const post = (key: string, json: unknown) => server.call('POST', '/v1/messages', { key, json });
  for (let n = 0; n < 5; n += 1) {
    expect((await post('rival', large)).status).toBe(202);
    expect((await post('rival', submission)).status).toBe(202);
    expect((await post('send', submission)).status).toBe(202);
  }
});
