import { afterEach, expect, test, vi } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { manualClock } from '../access/access.testing.ts';
import type { LoggedEvent } from '../core/message.ts';
import { type Body, startServer, type TestServer } from '../http/http.testing.ts';
import { openEventStream } from './event-stream.ts';
import { eventShape } from './shapes.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(options: Parameters<typeof startServer>[0] = {}): Promise<TestServer> {
  const server = await startServer(options);
  servers.push(server);
  return server;
}

interface Followed {
  readonly response: Response;
  /** Waits for so many events; rejects when the stream ends with fewer. */
  take(count: number): Promise<{ id: string; event: string; data: Body }[]>;
  /** Resolves when the stream ends. */
  readonly ended: Promise<void>;
  stop(): void;
}

async function follow(server: TestServer, query = '', headers: Record<string, string> = {}): Promise<Followed> {
  const abort = new AbortController();
  const response = await fetch(`${server.url}/v1/events/stream${query}`, {
    headers: { 'x-api-key': server.keys.read, ...headers },
    signal: abort.signal,
  });
  const events: { id: string; event: string; data: Body }[] = [];
  let isOver = false;
  const ended = (async () => {
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const { id, event, data } = Object.fromEntries(block.split('\n').map((line) => line.split(/: ?(.*)/s)));
        if (data !== undefined) events.push({ id, event, data: JSON.parse(data) as Body });
      }
    }
  })()
    .catch(() => undefined)
    .then(() => {
      isOver = true;
    });
  return {
    response,
    ended,
    stop: () => abort.abort(),
    async take(count) {
      await eventually(() => expect(isOver || events.length >= count).toBe(true));
      if (events.length < count) throw new Error('the stream has ended');
      return events.splice(0, count);
    },
  };
}

test('tells what happens from now on', async () => {
  const server = await start();
  await server.send();
  const stream = await follow(server);
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
  const id = await server.send();
  const [event] = await stream.take(1);
  expect(event).toMatchObject({ event: 'queued', data: { messageId: id, type: 'queued', sequence: 1 } });
  expect(eventShape.parse(event?.data).id).toBe(event?.id);
  await server.call('POST', `/v1/messages/${id}/cancel`, { key: 'send' });
  expect((await stream.take(1))[0]?.event).toBe('cancelled');
  stream.stop();
});

test('goes on after the last event seen, and misses and repeats none', async () => {
  const server = await start();
  const ids: string[] = [];
  const first = await follow(server, '?after=0');
  for (let n = 0; n < 5; n++) ids.push(await server.send());
  const seen = await first.take(3);
  first.stop();
  for (let n = 0; n < 5; n++) ids.push(await server.send());
  const second = await follow(server, '?after=0', { 'last-event-id': seen.at(-1)?.id ?? '' });
  seen.push(...(await second.take(7)));
  expect(seen.map(({ data }) => data.messageId)).toEqual(ids);
  second.stop();
});

test('a reader that has seen more than there is, as after a restore, is told what comes', async () => {
  const server = await start();
  const stream = await follow(server, '', { 'last-event-id': '999999' });
  const id = await server.send();
  expect((await stream.take(1))[0]?.data.messageId).toBe(id);
  stream.stop();
});

test('begins at a time', async () => {
  const server = await start();
  const early = await server.send();
  const whole = await follow(server, '?since=1970-01-01T00:00:00Z');
  expect((await whole.take(1))[0]?.data.messageId).toBe(early);
  whole.stop();
  const coming = await follow(server, '?since=2100-01-01T00:00:00Z');
  const late = await server.send();
  expect((await coming.take(1))[0]?.data.messageId).toBe(late);
  coming.stop();
});

test('tells a long log whole', async () => {
  const server = await start();
  const messages = Array(450).fill({ from: 'a@acme.example', to: ['b@example.org'], subject: 's', textBody: 't' });
  await server.call('POST', '/v1/messages/batch', { key: 'send', json: { messages } });
  const stream = await follow(server, '?after=0');
  expect(await stream.take(450)).toHaveLength(450);
  stream.stop();
});

test('filters by type, message and recipient', async () => {
  const server = await start();
  const byType = await follow(server, '?type=cancelled,sent');
  const id = await server.send();
  const byMessage = await follow(server, `?messageId=${id}&after=0`);
  const unknown = await server.call('GET', '/v1/events/stream?messageId=019cf5b2-6a00-7000-8000-3f1c8a5d9e01', {
    key: 'read',
  });
  expect([unknown.status, unknown.body.code]).toEqual([404, 'not_found']);
  expect((await server.call('GET', `/v1/events/stream?messageId=${id}`, { key: 'rival' })).status).toBe(404);
  await server.send();
  await server.call('POST', `/v1/messages/${id}/cancel`, { key: 'send' });
  expect((await byType.take(1))[0]).toMatchObject({ event: 'cancelled', data: { messageId: id } });
  expect((await byMessage.take(2)).map(({ event }) => event)).toEqual(['queued', 'cancelled']);
  byType.stop();
  byMessage.stop();
});

test('tells a tenant nothing of another, and the operator everything', async () => {
  const server = await start();
  const rivals = await follow(server, '?after=0', { 'x-api-key': server.keys.rival });
  const operators = await follow(server, '?after=0', { 'x-api-key': server.keys.operator });
  const acmes = await server.send();
  const json = { from: 'a@rival.example', to: ['b@example.org'], subject: 's', textBody: 't' };
  const { body } = await server.call('POST', '/v1/messages', { key: 'rival', json });
  expect((await rivals.take(1))[0]?.data.messageId).toBe(body.messageId);
  expect((await operators.take(2)).map(({ data }) => data.messageId)).toEqual([acmes, body.messageId]);
  rivals.stop();
  operators.stop();
});

test.each([
  ['?type=opned', {}],
  ['?after=x', {}],
  ['', { 'last-event-id': 'x' }],
  ['?tenant=acme', {}],
])('refuses %s %j', async (query, headers) => {
  const server = await start();
  const { status, body } = await server.call('GET', `/v1/events/stream${query}`, { key: 'read', headers });
  expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_request' });
});

test('takes no more than twenty streams of one tenant, and one more is free again when one leaves', async () => {
  const server = await start();
  const streams = await Promise.all(Array.from({ length: 20 }, () => follow(server)));
  expect((await server.call('GET', '/v1/events/stream', { key: 'read' })).status).toBe(429);
  streams[0]?.stop();
  await eventually(async () => {
    const stream = await follow(server);
    stream.stop();
    expect(stream.response.status).toBe(200);
  });
  for (const stream of streams) stream.stop();
});

test('HEAD opens no stream, and holds none', async () => {
  const server = await start();
  for (let n = 0; n < 20; n++) {
    expect((await server.call('HEAD', '/v1/events/stream', { key: 'read' })).status).toBe(200);
  }
  const stream = await follow(server);
  expect(stream.response.status).toBe(200);
  stream.stop();
});

test('ends when its key is revoked, before anything more is told', async () => {
  const server = await start();
  const stream = await follow(server, '?after=0');
  await server.send();
  await stream.take(1);
  const row = (await server.store.keys.list({})).find(({ prefix }) => server.keys.read.includes(prefix));
  await server.deps.keys.revoke(row?.id ?? '');
  await server.send();
  await stream.ended;
  await expect(stream.take(1)).rejects.toThrow();
});

test('ends at once when the listener closes', async () => {
  const server = await startServer({ graceMs: 60_000 });
  const stream = await follow(server);
  const closing = server.close();
  await stream.ended;
  await closing;
  expect(server.lines).toContainEqual(expect.objectContaining({ msg: 'event stream ended', reason: 'shutting down' }));
});

test('says that the reader left', async () => {
  const server = await start();
  const stream = await follow(server);
  stream.stop();
  await eventually(() =>
    expect(server.lines).toContainEqual(expect.objectContaining({ msg: 'event stream ended', reason: 'reader left' })),
  );
});

// ------------------------------------------------------------------------------------- with the clock moved by hand

function openOn(
  options: {
    tenantId?: string;
    events?: number;
    disconnect?: () => void;
    stopping?: AbortSignal;
    fail?: boolean;
    isGist?: boolean;
  } = {},
) {
  const clock = manualClock();
  const listeners = new Set<() => void>();
  let reads = 0;
  let log: LoggedEvent[] = [];
  const grow = (count: number) => {
    const more = Array.from({ length: count }, (_, n) => eventAt(log.length + n + 1));
    log = [...log, ...more];
    for (const listener of listeners) listener();
  };
  grow(options.events ?? 0);
  const ends: unknown[] = [];
  const stream = openEventStream({
    store: {
      events: {
        async after({ position = '0', limit, tenantId }) {
          reads += 1;
          if (options.fail === true) throw new Error('store is stuck');
          const own = log.filter((event) => tenantId === undefined || event.tenantId === tenantId);
          const events = own.filter(({ sequence }) => sequence > Number(position)).slice(0, limit);
          return {
            events,
            position: events.length < limit ? String(log.length) : (events.at(-1)?.position ?? position),
          };
        },
        end: async () => ({ position: String(log.length) }),
      },
      onChange(fn) {
        const listener = () => fn({ own: true });
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    clock,
    tenantId: options.tenantId,
    after: '0',
    wants: () => true,
    isGist: options.isGist === true,
    stillValid: async () => true,
    stopping: options.stopping,
    disconnect: options.disconnect,
    onEnd: (end) => ends.push(end),
  });
  const reader = stream.getReader();
  const read = async () => new TextDecoder().decode((await reader.read()).value);
  return { clock, grow, read, reader, ends, listeners, reads: () => reads };
}

function eventAt(sequence: number): LoggedEvent {
  return { position: String(sequence), tenantId: 't', messageId: 'm', sequence, type: 'queued', at: 0, data: {} };
}

test('says that it is still here, and where the log is, when nothing happens', async () => {
  const { clock, read } = openOn({ events: 3 });
  expect(await read()).toBe('retry: 2000\nid: 0\n\n');
  expect(await read()).toContain('id: 3\n');
  const heartbeat = read();
  await clock.advance(15_000);
  expect(await heartbeat).toBe(': still here\nid: 3\n\n');
});

test('a tenant among others goes on from where the log is, and not from its own last event', async () => {
  const { clock, read } = openOn({ events: 500, tenantId: 'another' });
  await read();
  const heartbeat = read();
  await clock.advance(15_000);
  expect(await heartbeat).toBe(': still here\nid: 500\n\n');
});

test('many commits are told with one look at the store', async () => {
  const { clock, read, grow, reads } = openOn();
  await read();
  const batch = read();
  await clock.advance(0);
  const before = reads();
  for (let n = 0; n < 50; n++) grow(1);
  await clock.advance(20);
  expect((await batch).match(/^id: /gm)).toHaveLength(50);
  expect(reads()).toBe(before + 1);
});

test('a reader of the gist hears once in two seconds that something happened, however much', async () => {
  const { clock, read, grow, reads } = openOn({ isGist: true });
  await read();
  const first = read();
  await clock.advance(0);
  grow(500);
  await clock.advance(20);
  expect(await first).toBe('id: 500\nevent: news\ndata: {}\n\n');
  const before = reads();
  const second = read();
  for (let n = 0; n < 500; n++) grow(1);
  await clock.advance(1_900);
  expect(reads()).toBe(before);
  await clock.advance(100);
  expect(await second).toBe('id: 1000\nevent: news\ndata: {}\n\n');
});

test('a reader that takes nothing is read no further for, and then cut off', async () => {
  const disconnect = vi.fn();
  const { clock, read, ends, reads, grow, listeners } = openOn({ events: 1_000, disconnect });
  await read();
  await read();
  const before = reads();
  grow(1_000);
  await clock.advance(29_999);
  expect(reads()).toBe(before);
  expect(disconnect).not.toHaveBeenCalled();
  await clock.advance(1);
  expect(disconnect).toHaveBeenCalledOnce();
  expect(ends).toEqual([{ reason: 'reader too slow', told: 200 }]);
  expect(listeners.size).toBe(0);
});

test('a reader that takes nothing does not hold up the shutdown', () => {
  const disconnect = vi.fn();
  const stopping = new AbortController();
  const { ends } = openOn({ events: 10, disconnect, stopping: stopping.signal });
  stopping.abort();
  expect(disconnect).toHaveBeenCalledOnce();
  expect(ends).toEqual([{ reason: 'shutting down', told: 0 }]);
});

test('a store that fails ends the stream, and is told once', async () => {
  const { read, reader, ends } = openOn({ fail: true });
  await read();
  expect((await reader.read()).done).toBe(true);
  expect(ends).toEqual([{ reason: 'failed', told: 0, error: expect.any(Error) }]);
});
