/** Waits until a message has an outcome: follows its events, and looks at the message when one comes. */

import { setTimeout as wait } from 'node:timers/promises';
import { openStatuses } from '../../core/message.ts';
import type { Client } from '../client/client.ts';
import { followEvents } from '../client/events.ts';
import type { MessageJson } from '../client/wire.ts';

/** What the socket for handing in mail says of a message too. */
interface Looked extends Pick<MessageJson, 'status' | 'dead' | 'lastError'> {
  readonly recipients: readonly Pick<MessageJson['recipients'][number], 'email' | 'status' | 'reply'>[];
}

interface Seen {
  readonly message: Looked;
  readonly finished: boolean;
}

/** The message once it has its outcome, or as it is when `limitMs` have passed. */
export async function waitForOutcome(client: Client, messageId: string, limitMs: number | undefined): Promise<Seen> {
  const abort = new AbortController();
  const timer = limitMs === undefined ? undefined : setTimeout(() => abort.abort(), limitMs);
  const look = async () => {
    const message = await client.json<Looked>('GET', `/v1/messages/${messageId}`);
    return { message, finished: !openStatuses.includes(message.status) };
  };
  try {
    if (client.kind === 'submit') return await lookAgain(look, abort.signal);
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

const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 2_000;

/** For a caller who has no events to follow. */
async function lookAgain(look: () => Promise<Seen>, signal: AbortSignal): Promise<Seen> {
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LAST_DELAY_MS)) {
    const seen = await look();
    if (seen.finished || signal.aborted) return seen;
    await wait(delayMs, undefined, { signal }).catch(() => undefined);
  }
}
