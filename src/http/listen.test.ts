import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { startServer, submission } from './http.testing.ts';
import { listenHttp } from './listen.ts';

/** An accept that waits to be let go. */
function heldAccept() {
  let letGo: (() => void) | undefined;
  const started = vi.fn();
  return {
    started,
    letGo: () => letGo?.(),
    accept: () => {
      started();
      return new Promise<never>((_resolve, reject) => {
        letGo = () => reject(new Error('let go'));
      });
    },
  };
}

test('what is under way is finished, and answered, before the listener is closed', async () => {
  const held = heldAccept();
  const server = await startServer({ overrides: { accept: held.accept }, graceMs: 60_000 });
  const answer = server.call('POST', '/v1/messages', { key: 'send', json: submission });
  await eventually(() => expect(held.started).toHaveBeenCalled());
  let closed = false;
  const closing = server.close().then(() => {
    closed = true;
  });
  await expect(fetch(`${server.url}/health`)).rejects.toThrow();
  expect(closed).toBe(false);
  held.letGo();
  expect((await answer).status).toBe(500);
  await closing;
});

test('a kept connection that is busy ends with its answer, and takes no further request', async () => {
  const held = heldAccept();
  const server = await startServer({ overrides: { accept: held.accept }, graceMs: 60_000 });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  const body = JSON.stringify(submission);
  const one = `POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${server.keys.send}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  socket.write(one);
  await eventually(() => expect(held.started).toHaveBeenCalled());
  const closing = server.close();
  socket.write(one);
  held.letGo();
  const text = await readText(socket);
  expect(text).toMatch(/^HTTP\/1.1 500 /);
  const second = text.slice(text.lastIndexOf('HTTP/1.1'));
  expect(second).toMatch(/^HTTP\/1.1 503 .*shutting_down/s);
  expect(second.toLowerCase()).toContain('connection: close');
  await closing;
});

test('connections that wait for nothing are closed at once', async () => {
  const server = await startServer({ graceMs: 60_000 });
  const agent = new Agent({ keepAlive: true });
  const response = await new Promise<{ socket: Socket; resume(): unknown }>((resolve) => {
    request(`${server.url}/health`, { agent }, resolve).end();
  });
  const { socket } = response;
  response.resume();
  await once(agent, 'free');
  expect(socket.destroyed).toBe(false);
  const ended = once(socket, 'close');
  await server.close();
  await ended;
  agent.destroy();
});

test('what does not finish is cut after the grace', async () => {
  const held = heldAccept();
  const server = await startServer({ overrides: { accept: held.accept }, graceMs: 20 });
  const answer = server.call('POST', '/v1/messages', { key: 'send', json: submission }).catch(() => 'cut');
  await eventually(() => expect(held.started).toHaveBeenCalled());
  await server.close();
  expect(await answer).toBe('cut');
  held.letGo();
});

test('a port that is taken is an error of the caller’s', async () => {
  const server = await startServer();
  const port = Number(new URL(server.url).port);
  const app = { fetch: () => new Response('') };
  await expect(listenHttp(app, { host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await server.close();
});

test('HTTP/1.0 needs no Host, as health checks of load balancers leave it out; HTTP/1.1 does', async () => {
  const server = await startServer();
  const ask = async (request: string) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.end(request);
    return (await readText(socket)).split('\r\n')[0];
  };
  for (const path of ['/health', '/ready', '/metrics']) {
    expect(await ask(`GET ${path} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200/);
  }
  expect(await ask('GET /health HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/);
  await server.close();
});
