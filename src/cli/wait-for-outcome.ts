/** Waits until a message has an outcome: follows its events, and looks at the message when one comes. */

import { openStatuses } from '../core/message.ts';
import type { Client } from './client.ts';
import { followEvents } from './events.ts';
import type { MessageJson } from './wire.ts';

/** The message once it has its outcome, or as it is when `limitMs` have passed. */
export async function waitForOutcome(
  client: Client,
  messageId: string,
  limitMs: number | undefined,
): Promise<{ readonly message: MessageJson; readonly finished: boolean }> {
  const abort = new AbortController();
  const timer = limitMs === undefined ? undefined : setTimeout(() => abort.abort(), limitMs);
  const look = async () => {
    const message = await client.json<MessageJson>('GET', `/v1/messages/${messageId}`);
    return { message, finished: !openStatuses.includes(message.status) };
  };
  try {
    // The first look comes when the stream is open, so that nothing happens unseen between the two.
    for await (const _happened of followEvents(client, { messageId }, { signal: abort.signal })) {
      const seen = await look();
      if (seen.finished) return seen;
    }
    return await look();
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}
