/** Reads `text/event-stream` (WHATWG HTML §9.2): just what our own stream writes of it. */

import type { ApiResponse } from './response.ts';

export interface StreamItem {
  readonly id?: string;
  readonly data?: string;
}

/** Yields the items of the answer until it ends or `signal` aborts; comments, which keep it alive, are passed over. */
export async function* parseEventStream(answer: ApiResponse, signal: AbortSignal): AsyncGenerator<StreamItem> {
  const stop = () => answer.cancel();
  signal.addEventListener('abort', stop, { once: true });
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of answer.body) {
      text += decoder.decode(chunk, { stream: true });
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
  return { ...(id !== undefined && { id }), ...(data.length > 0 && { data: data.join('\n') }) };
}
