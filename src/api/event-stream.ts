/**
 * The event log as server-sent events (WHATWG HTML §9.2). Nothing is kept for a reader: it is told from the store, from
 * where it stands, as fast as it takes it. So a slow reader costs one batch of memory, and is disconnected; it comes back
 * with Last-Event-ID and has missed nothing.
 */

import type { Clock } from '../core/clock.ts';
import type { LoggedEvent } from '../core/message.ts';
import type { StorePart } from '../db/verbs/store.ts';
import { eventView } from './views.ts';

export interface EventStreamInput {
  readonly store: StorePart<'events.after' | 'events.end' | 'onChange'>;
  readonly clock: Clock;
  /** Absent: all tenants'. */
  readonly tenantId: string | undefined;
  /** Position to begin behind. */
  readonly after: string;
  /** As for `events.after` of the store. */
  readonly since?: { readonly at: number; readonly until: string } | undefined;
  readonly wants: (event: LoggedEvent) => boolean;
  /** Tells only that something happened, and at most every two seconds. */
  readonly isGist: boolean;
  /** Whether the reader may still read; asked before anything is told. */
  readonly stillValid: () => Promise<boolean>;
  /** Aborts when the listener closes. */
  readonly stopping: AbortSignal | undefined;
  /** Cuts the connection to a reader that takes nothing; absent where the reader is in this process. */
  readonly disconnect: (() => void) | undefined;
  readonly onEnd: (end: { readonly reason: EndReason; readonly told: number; readonly error?: unknown }) => void;
}

export type EndReason = 'reader left' | 'reader too slow' | 'no longer allowed' | 'shutting down' | 'failed';

const BATCH = 200;
/** Commits that come close together are told together. */
const GATHER_MS = 20;
const HEARTBEAT_MS = 15_000;
/** How long a reader may leave one batch untaken. */
const SLOW_MS = 30_000;
/** Between two times that a reader of the gist is told anything. */
const GIST_MS = 2_000;
/** How soon a browser reconnects. */
const RETRY_MS = 2_000;

export function openEventStream(input: EventStreamInput): ReadableStream<Uint8Array> {
  const { store, clock, tenantId, stopping } = input;
  const encoder = new TextEncoder();
  const following = {
    limit: input.isGist ? 1 : BATCH,
    ...(tenantId !== undefined && { tenantId }),
    ...(input.since !== undefined && { since: input.since }),
  };
  let position = input.after;
  let told = 0;
  let ended: EndReason | undefined;
  /** Something may have happened since the last look at the store. */
  let changed = true;
  let wake: (() => void) | undefined;
  let isPulling = false;
  let cancelWatch: (() => void) | undefined;

  const unsubscribe = store.onChange(() => {
    changed = true;
    wake?.();
  });

  function end(reason: EndReason, error?: unknown): void {
    if (ended !== undefined) return;
    ended = reason;
    unsubscribe();
    stopping?.removeEventListener('abort', onStopping);
    cancelWatch?.();
    wake?.();
    input.onEnd({ reason, told, ...(error !== undefined && { error }) });
  }

  function onStopping(): void {
    end('shutting down');
    // A reader that takes nothing would never see the end of the stream.
    if (!isPulling) input.disconnect?.();
  }

  /** Waits for a change, the end, or the time to say that we are still here. */
  function pause(delayMs: number, until: 'change' | 'time'): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(delayMs, () => done());
      const done = () => {
        cancel();
        wake = undefined;
        resolve();
      };
      wake = () => {
        if (until === 'change' || ended !== undefined) done();
      };
    });
  }

  /** What comes next, as text; undefined at the end. */
  async function next(): Promise<string | undefined> {
    if (input.isGist && told > 0) await pause(GIST_MS, 'time');
    const heartbeatAt = clock.monotonic() + HEARTBEAT_MS;
    while (ended === undefined) {
      if (changed) {
        changed = false;
        const text = await look();
        if (text !== undefined) return text;
        if (changed) await pause(GATHER_MS, 'time');
        continue;
      }
      const leftMs = heartbeatAt - clock.monotonic();
      // The id lets a reader whose filter matches little come back to where the log is now.
      if (leftMs <= 0) return (await mayRead()) ? `: still here\nid: ${position}\n\n` : undefined;
      await pause(leftMs, 'change');
      if (changed) await pause(GATHER_MS, 'time');
    }
    return undefined;
  }

  /** One look at the store. Undefined: nothing in it for this reader. */
  async function look(): Promise<string | undefined> {
    const { events, position: next } = await store.events.after({ ...following, position });
    if (next !== position) changed = true;
    position = next;
    const wanted = events.filter(input.wants);
    if (wanted.length === 0 || !(await mayRead())) return undefined;
    told += wanted.length;
    if (input.isGist) {
      // What happened besides is told along.
      ({ position } = await store.events.end());
      return `id: ${position}\nevent: news\ndata: {}\n\n`;
    }
    return wanted.map(formatEvent).join('');
  }

  async function mayRead(): Promise<boolean> {
    if (await input.stillValid()) return true;
    end('no longer allowed');
    return false;
  }

  function watch(): void {
    const { disconnect } = input;
    if (disconnect === undefined || ended !== undefined) return;
    cancelWatch = clock.after(SLOW_MS, () => {
      end('reader too slow');
      disconnect();
    });
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stopping?.addEventListener('abort', onStopping);
        // With the id, a reader whose connection breaks before the first event misses none either.
        controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\nid: ${position}\n\n`));
        watch();
      },
      async pull(controller) {
        cancelWatch?.();
        isPulling = true;
        try {
          const text = await next();
          // Who left has closed the stream already.
          if (ended === 'reader left') return;
          if (text === undefined) controller.close();
          else controller.enqueue(encoder.encode(text));
        } catch (error) {
          end('failed', error);
          controller.close();
        } finally {
          isPulling = false;
        }
        watch();
      },
      cancel: () => end('reader left'),
    },
    { highWaterMark: 0 },
  );
}

function formatEvent(event: LoggedEvent): string {
  return `id: ${event.position}\nevent: ${event.type}\ndata: ${JSON.stringify(eventView(event))}\n\n`;
}
