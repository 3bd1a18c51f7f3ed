import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { testCertificate, testKey } from '../../../test/certificate.ts';
import { createGuardedFetch, type GuardedRequest } from './guarded-fetch.ts';
import { createLookup, type Lookup, type ResolvedAddress } from './resolve.ts';

const loopback = { allowNetworks: ['127.0.0.0/8', '::1/128'] };
const get: GuardedRequest = { method: 'GET', timeoutMs: 5_000, maxBytes: 1_000 };
const four = (address: string): ResolvedAddress => ({ address, family: 4 });
const to =
  (...addresses: ResolvedAddress[]): Lookup =>
  async () =>
    addresses;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}

const serve = (listener: RequestListener, host?: string) => listen(createServer(listener), host);

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe('a guarded fetch', () => {
  it('posts a body and brings the answer back', async () => {
    let heard: { headers: IncomingMessage['headers']; body: string; url?: string } | undefined;
    const port = await serve(async (request, response) => {
      heard = { headers: request.headers, body: await textOf(request), url: request.url ?? '' };
      response.writeHead(201, { 'x-Seen': 'yes' }).end('thanks');
    });
    const fetch = createGuardedFetch({ lookup: to(four('127.0.0.1')) }, loopback);
    const answer = await fetch(`http://hooks.example:${port}/in?a=1`, {
      ...get,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"ü":1}',
    });
    expect(answer).toMatchObject({ kind: 'answered', status: 201, truncated: false, headers: { 'x-seen': 'yes' } });
    expect(answer.kind === 'answered' && Buffer.from(answer.body).toString()).toBe('thanks');
    expect(heard).toMatchObject({ body: '{"ü":1}', url: '/in?a=1' });
    expect(heard?.headers).toMatchObject({ host: `hooks.example:${port}`, 'content-length': '8' });
  });

  it('does not follow redirects', async () => {
    let asked = 0;
    const port = await serve((_request, response) => {
      asked += 1;
      response.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end();
    });
    const answer = await createGuardedFetch({}, loopback)(`http://127.0.0.1:${port}/`, get);
    expect(answer).toMatchObject({ kind: 'answered', status: 302 });
    expect(asked).toBe(1);
  });

  it('connects to the address that was checked, though the name leads elsewhere a moment later', async () => {
    const reached: string[] = [];
    const port = await serve((_request, response) => {
      reached.push('checked');
      response.end();
    }, '127.0.0.2');
    const other = createServer((_request, response) => {
      reached.push('other');
      response.end();
    });
    closing.push(() => other.close());
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.3', resolve));
    const answers = ['127.0.0.2', '127.0.0.3'];
    let lookups = 0;
    const lookup: Lookup = async () => {
      lookups += 1;
      return [four(answers.shift() ?? '127.0.0.3')];
    };
    const fetch = createGuardedFetch({ lookup }, { allowNetworks: ['127.0.0.2/32'] });
    expect(await fetch(`http://rebinds.example:${port}/`, get)).toMatchObject({ kind: 'answered', status: 200 });
    expect({ reached, lookups }).toEqual({ reached: ['checked'], lookups: 1 });
    expect(await fetch(`http://rebinds.example:${port}/`, get)).toMatchObject({ kind: 'failed' });
    expect(reached).toEqual(['checked']);
  });

  it('of several addresses uses only those that are allowed', async () => {
    const reached: string[] = [];
    const port = await serve((_request, response) => {
      reached.push('allowed');
      response.end();
    });
    const lookup = to(four('169.254.169.254'), four('127.0.0.9'), four('127.0.0.1'));
    const fetch = createGuardedFetch({ lookup }, { allowNetworks: ['127.0.0.1/32'] });
    expect(await fetch(`http://mixed.example:${port}/`, get)).toMatchObject({ kind: 'answered' });
    expect(reached).toEqual(['allowed']);
  });

  /** Servers on one port of several addresses, and which of them were reached. */
  async function onOnePort(...hosts: string[]) {
    const reached: string[] = [];
    const answering = (host: string): RequestListener => {
      return (request, response) => {
        reached.push(host);
        request.resume().on('end', () => response.end(host));
      };
    };
    const [first = '', ...others] = hosts;
    const port = await serve(answering(first), first);
    for (const host of others) {
      const server = createServer(answering(host));
      closing.push(() => {
        server.close();
        server.closeAllConnections();
      });
      await new Promise<void>((resolve) => server.listen(port, host, resolve));
    }
    return { port, reached };
  }

  it.each([
    ['first', ['127.0.0.3', '127.0.0.2']],
    ['last', ['127.0.0.2', '127.0.0.3']],
  ])('does not reach one of them that is not allowed, though it answers and comes %s', async (_where, addresses) => {
    const { port, reached } = await onOnePort('127.0.0.2', '127.0.0.3');
    const fetch = createGuardedFetch({ lookup: to(...addresses.map(four)) }, { allowNetworks: ['127.0.0.2/32'] });
    expect(await fetch(`http://mixed.example:${port}/`, get)).toMatchObject({ kind: 'answered' });
    expect(reached).toEqual(['127.0.0.2']);
  });

  it('does not reach one that is not allowed when the others do not answer', async () => {
    const { port, reached } = await onOnePort('127.0.0.3');
    const lookup = to(four('127.0.0.2'), four('127.0.0.3'));
    const fetch = createGuardedFetch({ lookup }, { allowNetworks: ['127.0.0.2/32'] });
    expect(await fetch(`http://mixed.example:${port}/`, get)).toMatchObject({ kind: 'failed' });
    expect(reached).toEqual([]);
  });

  it('uses no connection that was made for a request before', async () => {
    const { port, reached } = await onOnePort('127.0.0.2', '127.0.0.3');
    const answers = ['127.0.0.2', '127.0.0.3'];
    const fetch = createGuardedFetch(
      { lookup: async () => [four(answers.shift() ?? '')] },
      { allowNetworks: ['127.0.0.0/8'] },
    );
    for (let request = 0; request < 2; request += 1) {
      expect(await fetch(`http://moves.example:${port}/`, get)).toMatchObject({ kind: 'answered' });
    }
    expect(reached).toEqual(['127.0.0.2', '127.0.0.3']);
  });

  it('refuses loopback in every spelling, unless its network is listed', async () => {
    let asked = 0;
    const port = await serve((_request, response) => {
      asked += 1;
      response.end();
    });
    const closed = createGuardedFetch({}, { allowNetworks: [] });
    const spellings = [
      ...['127.0.0.1', '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.1', '0177.0.0.1', '017700000001'],
      ...['127.0.0.1.', '0x7F.0X0.0.1', '%31%32%37.0.0.1', '127。0。0。1', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
      ...['[::1]', '[0:0:0:0:0:0:0:1]', '[::7f00:1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '0', '0.0.0.0', '[::]'],
      '①②⑦.0.0.1',
    ];
    for (const spelling of spellings) {
      const answer = await closed(`http://${spelling}:${port}/`, get);
      expect(answer, spelling).toMatchObject({ kind: 'refused' });
    }
    for (const name of ['localhost', 'LOCALHOST']) {
      expect(await closed(`http://${name}:${port}/`, get)).toMatchObject({ kind: 'failed' });
    }
    expect(asked).toBe(0);
    const open = createGuardedFetch({}, loopback);
    for (const spelling of ['127.0.0.1', '2130706433', '0x7f.1', '127.0.0.1.', 'localhost', '[::ffff:127.0.0.1]']) {
      expect(await open(`http://${spelling}:${port}/`, get), spelling).toMatchObject({ kind: 'answered' });
    }
  });

  it('says the same of a name that does not exist, has no address, or leads inside', async () => {
    const failing =
      (code: string): Lookup =>
      () =>
        Promise.reject(Object.assign(new Error(code), { code }));
    const lookups = [failing('ENOTFOUND'), failing('ENODATA'), to(), to(four('10.0.0.1')), to(four('169.254.169.254'))];
    const answers = await Promise.all(
      [...lookups, to({ address: 'fd00::1', family: 6 })].map((lookup) =>
        createGuardedFetch({ lookup }, { allowNetworks: [] })('http://db.internal/', get),
      ),
    );
    expect(answers[0]).toEqual({ kind: 'failed', reason: expect.stringContaining('leads to no address') });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it('refuses any number that stands for a private or metadata address', async () => {
    const fetch = createGuardedFetch(
      { lookup: async () => Promise.reject(new Error('asked DNS for a number')) },
      { allowNetworks: [] },
    );
    const number = fc.oneof(
      fc.integer({ min: 0x0a000000, max: 0x0affffff }),
      fc.integer({ min: 0xa9fe0000, max: 0xa9feffff }),
      fc.integer({ min: 0x7f000000, max: 0x7fffffff }),
      fc.integer({ min: 0xc0a80000, max: 0xc0a8ffff }),
    );
    const write = fc.constantFrom<(value: number) => string>(
      (value) => String(value),
      (value) => `0x${value.toString(16)}`,
      (value) => `0${value.toString(8)}`,
      (value) => `${value >>> 24}.${value & 0xffffff}`,
      (value) => `0x${(value >>> 24).toString(16)}.0${((value >>> 16) & 255).toString(8)}.${value & 0xffff}`,
    );
    await fc.assert(
      fc.asyncProperty(number, write, async (value, spell) => {
        expect(await fetch(`http://${spell(value)}/`, get)).toMatchObject({ kind: 'refused' });
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['file:///etc/passwd', 'must begin with http:// or https://'],
    ['ftp://example.com/', 'must begin with http:// or https://'],
    ['gopher://127.0.0.1:25/', 'must begin with http:// or https://'],
    ['http://user@example.com/', 'user name'],
    ['http://:secret@example.com/', 'user name'],
    ['https://example.com@169.254.169.254/', 'user name'],
    ['http://169.254.169.254\\@example.com/', 'link-local'],
    ['http://[fe80::1]/', 'link-local'],
    ['http://[fe80::1%25eth0]/', 'not a URL'],
    ['http://1.2.3.4.5/', 'not a URL'],
    ['example.com', 'not a URL'],
    ['', 'not a URL'],
    ['https://example.com/a\r\nb', 'not a URL'],
  ])('refuses %s', async (url, reason) => {
    const fetch = createGuardedFetch({ lookup: to(four('8.8.8.8')) }, { allowNetworks: ['0.0.0.0/0', '::/0'] });
    const answer = await fetch(url, { ...get, timeoutMs: 100 });
    expect(answer).toMatchObject({ kind: 'refused', reason: expect.stringContaining(reason) });
  });

  it('reads no more of a body than it was asked to', async () => {
    const port = await serve((_request, response) => {
      const pour = () => {
        while (response.write(Buffer.alloc(64 * 1024, 'x')));
        response.once('drain', pour);
      };
      pour();
    });
    const answer = await createGuardedFetch({}, loopback)(`http://127.0.0.1:${port}/`, get);
    expect(answer).toMatchObject({ kind: 'answered', status: 200, truncated: true });
    expect(answer.kind === 'answered' && answer.body.length).toBe(1_000);
  });

  it('takes a body that only the end of the connection ends', async () => {
    const port = await listen(
      createTcpServer((socket) => {
        socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'));
      }),
    );
    const answer = await createGuardedFetch({}, loopback)(`http://127.0.0.1:${port}/`, get);
    expect(answer.kind === 'answered' && Buffer.from(answer.body).toString()).toBe('all of it');
  });

  it.each([
    ['never answers', (_socket: Socket) => undefined],
    ['sends its header drop by drop', (socket: Socket) => drip(socket, 'HTTP/1.1 200 OK\r\nx: ')],
    ['sends its body drop by drop', (socket: Socket) => drip(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n')],
    ['says to go on for ever', (socket: Socket) => drip(socket, '', 'HTTP/1.1 100 Continue\r\n\r\n')],
  ])('gives up in time on a server that %s', async (_what, misbehave) => {
    const port = await listen(createTcpServer((socket) => misbehave(socket.on('error', () => undefined))));
    const answer = await createGuardedFetch({}, loopback)(`http://127.0.0.1:${port}/`, { ...get, timeoutMs: 150 });
    expect(answer).toEqual({ kind: 'failed', reason: 'no answer within 0.15 s' });
  });

  it('gives up in time on a name that is not resolved', async () => {
    const fetch = createGuardedFetch({ lookup: () => new Promise(() => undefined) }, loopback);
    const answer = await fetch('http://slow.example/', { ...get, timeoutMs: 50 });
    expect(answer).toEqual({ kind: 'failed', reason: 'no answer within 0.05 s' });
  });

  it('can be broken off', async () => {
    const stop = new AbortController();
    const port = await listen(createTcpServer(() => stop.abort()));
    const answer = await createGuardedFetch({}, loopback)(`http://127.0.0.1:${port}/`, { ...get, signal: stop.signal });
    expect(answer).toEqual({ kind: 'failed', reason: 'it was broken off' });
  });

  it.each([
    ['closes at once', (socket: Socket) => socket.end(), /closed|reset/],
    ['does not speak HTTP', (socket: Socket) => socket.end('220 mail.example ESMTP\r\n'), /not HTTP/],
    [
      'sends an endless header',
      (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}`),
      /header/,
    ],
    [
      'stops in the middle',
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'),
      /middle|reset/,
    ],
    [
      'switches protocols',
      (socket: Socket) => socket.end('HTTP/1.1 101 Go\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      /closed|reset/,
    ],
  ])('says what is wrong with a server that %s', async (_what, misbehave, reason) => {
    const port = await listen(
      createTcpServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => misbehave(socket));
      }),
    );
    const answer = await createGuardedFetch({}, loopback)(`http://127.0.0.1:${port}/`, get);
    expect(answer).toMatchObject({ kind: 'failed', reason: expect.stringMatching(reason) });
  });

  it('names no address when nobody listens', async () => {
    const port = await listen(createTcpServer());
    for (const close of closing.splice(0)) close();
    const fetch = createGuardedFetch({ lookup: to(four('127.0.0.1')) }, loopback);
    expect(await fetch(`http://down.example:${port}/`, get)).toEqual({
      kind: 'failed',
      reason: 'the connection was refused',
    });
  });

  it('says that a name does not exist', async () => {
    const fetch = createGuardedFetch({ lookup: createLookup() }, loopback);
    const answer = await fetch('http://nobody.invalid/', get);
    expect(answer).toMatchObject({ kind: 'failed', reason: expect.stringContaining('the name') });
  });
});

describe('over TLS', () => {
  const serveTls = async (names: string[]) => {
    const server = createHttpsServer({ cert: testCertificate, key: testKey }, (request, response) => {
      response.end(`${request.headers.host}`);
    });
    server.on('secureConnection', (socket) => names.push(String(socket.servername)));
    return listen(server);
  };

  it('the name is kept for SNI, the certificate and Host, though an address is connected to', async () => {
    const names: string[] = [];
    const port = await serveTls(names);
    const fetch = createGuardedFetch({ lookup: to(four('127.0.0.1')) }, { ...loopback, ca: testCertificate });
    for (const host of ['localhost', 'localhost.']) {
      const answer = await fetch(`https://${host}:${port}/`, get);
      expect(answer.kind === 'answered' && Buffer.from(answer.body).toString()).toBe(`${host}:${port}`);
    }
    expect(names).toEqual(['localhost', 'localhost']);
  });

  it('a certificate for another name, or of an unknown authority, is not taken', async () => {
    const port = await serveTls([]);
    const trusting = createGuardedFetch({ lookup: to(four('127.0.0.1')) }, { ...loopback, ca: testCertificate });
    expect(await trusting(`https://other.example:${port}/`, get)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('TLS'),
    });
    const plain = createGuardedFetch({ lookup: to(four('127.0.0.1')) }, loopback);
    expect(await plain(`https://localhost:${port}/`, get)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('TLS'),
    });
  });
});

function drip(socket: Socket, head: string, drop = 'y'): void {
  socket.write(head);
  const timer = setInterval(() => socket.write(drop), 10);
  socket.on('close', () => clearInterval(timer));
}
