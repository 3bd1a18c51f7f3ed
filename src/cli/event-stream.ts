/** Reads `text/event-stream` (WHATWG HTML §9.2): just what our own stream writes of it. */

export interface StreamItem {
  readonly id?: string;
  readonly data?: string;
}

/** Yields the items of the answer until it ends or `signal` aborts; comments, which keep it alive, are passed over. */
export async function* parseEventStream(response: Response, signal: AbortSignal): AsyncGenerator<StreamItem> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const stop = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const blocks = text.split(/\r?\n\r?\n/);
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const item = parseBlock(block);
        if (item !== undefined) yield item;
      }
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

function parseBlock(block: string): StreamItem | undefined {
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, field, value] = /^(id|data): ?(.*)$/.exec(line) ?? [];
    if (field === 'id') id = value;
    if (field === 'data' && value !== undefined) data.push(value);
  }
  if (id === undefined && data.length === 0) return undefined;
  return { ...(id === undefined ? {} : { id }), ...(data.length === 0 ? {} : { data: data.join('\n') }) };
}
