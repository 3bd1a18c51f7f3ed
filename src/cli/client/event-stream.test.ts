import { describe, expect, it } from 'vitest';
import { parseEventStream } from './event-stream.ts';
import { type ApiResponse, responseOf } from './response.ts';

function answer(chunks: readonly string[]): ApiResponse {
  return responseOf(new Response(ReadableStream.from(chunks.map((chunk) => new TextEncoder().encode(chunk)))));
}

async function collect(chunks: readonly string[]) {
  const items = [];
  for await (const item of parseEventStream(answer(chunks), new AbortController().signal)) items.push(item);
  return items;
}

describe('the event stream', () => {
  const text = ': hello\n\nid: 7\nevent: sent\ndata: {"a":"ä"}\n\nid: 8\ndata: {"b":1}\n\nid: 9\ndata: {"cut off';

  it('gives whole items and no comments', async () => {
    expect(await collect([text])).toEqual([
      { id: '7', data: '{"a":"ä"}' },
      { id: '8', data: '{"b":1}' },
    ]);
  });

  it('does not depend on where chunks are cut', async () => {
    expect(await collect(text.split(''))).toEqual(await collect([text]));
  });

  it('ends when it is told to', async () => {
    const abort = new AbortController();
    const endless = responseOf(
      new Response(new ReadableStream({ start: (it) => it.enqueue(new TextEncoder().encode('id: 1\n\n')) })),
    );
    const items = parseEventStream(endless, abort.signal);
    expect((await items.next()).value).toEqual({ id: '1' });
    const next = items.next();
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});
