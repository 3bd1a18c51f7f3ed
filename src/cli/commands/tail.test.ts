import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openClient } from '../client/client.ts';
import { followEvents } from '../client/events.ts';
import { fakeShell } from '../shell.testing.ts';

/** A daemon that ends each stream after what it is told to say. */
async function breakingDaemon(streams: readonly ((answer: ServerResponse) => void)[]) {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, answer) => {
    asked.push(request.headers['last-event-id']?.toString());
    const stream = streams[asked.length - 1];
    if (stream === undefined) throw new Error('more streams were asked for than there are');
    stream(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked, close: () => server.close() };
}

const event = (id: number) => `id: ${id}\nevent: sent\ndata: {"sequence":${id}}\n\n`;
const streamOf = (text: string) => (answer: ServerResponse) => {
  answer.writeHead(200, { 'content-type': 'text/event-stream' });
  answer.write(text);
  setImmediate(() => answer.destroy());
};
const problem = (status: number, code: string) => (answer: ServerResponse) => {
  answer.writeHead(status, { 'content-type': 'application/problem+json' });
  answer.end(JSON.stringify({ code, detail: code }));
};

describe('following events', () => {
  it('takes the stream up again after the last event seen, until it is refused', async () => {
    const daemon = await breakingDaemon([
      streamOf(event(1) + event(2)),
      problem(503, 'shutting_down'),
      streamOf(event(3)),
      problem(401, 'unauthorized'),
    ]);
    const seen: number[] = [];
    const told: string[] = [];
    const client = await openClient({ shell: fakeShell(), globals: { url: daemon.url } });
    const follow = async () => {
      const options = { signal: new AbortController().signal, reconnecting: (why: string) => told.push(why) };
      for await (const one of followEvents(client, {}, options)) if (one !== 'connected') seen.push(one.sequence);
    };
    await expect(follow()).rejects.toMatchObject({ code: 'unauthorized' });
    daemon.close();
    expect(seen).toEqual([1, 2, 3]);
    expect(daemon.asked).toEqual([undefined, '2', '2', '3']);
    expect(told).toHaveLength(3);
  });

  it('fails at once where it never got through', async () => {
    const client = await openClient({ shell: fakeShell(), globals: { url: 'http://127.0.0.1:1' } });
    const events = followEvents(client, {}, { signal: new AbortController().signal });
    await expect(events.next()).rejects.toMatchObject({ code: 'unreachable' });
  });
});
