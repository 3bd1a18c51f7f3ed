/** The event stream as a client reads it: server-sent events, taken up again where they broke off. */

import { setTimeout as wait } from 'node:timers/promises';
import { errorText } from '../../core/error-text.ts';
import { IepError } from '../../core/errors.ts';
import type { Client } from './client.ts';
import { parseEventStream } from './event-stream.ts';
import type { EventJson } from './wire.ts';

const FIRST_DELAY_MS = 250;
const LAST_DELAY_MS = 10_000;

export interface FollowOptions {
  /** Position to begin behind; absent: only what comes from now on. */
  readonly after?: string;
  readonly signal: AbortSignal;
  readonly reconnecting?: (why: string) => void;
}

/**
 * Yields `connected` whenever the stream is open, then events as they happen. A connection that breaks is made again,
 * after the last event seen; a first connection that fails, or a refusal, is thrown.
 */
export async function* followEvents(
  client: Client,
  query: Readonly<Record<string, string | undefined>>,
  { after, signal, reconnecting }: FollowOptions,
): AsyncGenerator<EventJson | 'connected'> {
  let last = after;
  let delayMs = FIRST_DELAY_MS;
  let connected = false;
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (last !== undefined) headers['last-event-id'] = last;
      const response = await client.call('GET', '/v1/events/stream', { query, headers, signal });
      connected = true;
      delayMs = FIRST_DELAY_MS;
      yield 'connected';
      for await (const item of parseEventStream(response, signal)) {
        if (item.id !== undefined) last = item.id;
        if (item.data !== undefined) yield JSON.parse(item.data) as EventJson;
      }
      if (signal.aborted) return;
      reconnecting?.('it ended');
    } catch (error) {
      if (signal.aborted) return;
      if (!connected || !isPassing(error)) throw error;
      reconnecting?.(errorText(error));
    }
    await wait(delayMs, undefined, { signal }).catch(() => undefined);
    delayMs = Math.min(delayMs * 2, LAST_DELAY_MS);
  }
}

/** A daemon that restarts is away for a moment; a key that was revoked stays revoked. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof IepError)) return true;
  return ['unreachable', 'shutting_down', 'store_unavailable', 'rate_limited'].includes(error.code);
}
