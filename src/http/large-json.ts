/**
 * Large JSON bodies are read in a thread of their own: parsing and decoding 25 MB of attachments takes longer than anybody
 * else should wait. One thread, one body after another, so that memory is bounded; it ends when it has had nothing to do.
 */

import type { Worker } from 'node:worker_threads';
import type { Clock } from '../core/clock.ts';
import { type FieldError, IepError } from '../core/errors.ts';
import { letGo } from './body.ts';
import { type JsonReading, parseJson } from './json.ts';

export interface ToJsonThread {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly reading: JsonReading;
}

export type FromJsonThread =
  | { readonly id: number; readonly kind: 'read'; readonly value: unknown }
  | { readonly id: number; readonly kind: 'refused'; readonly detail: string; readonly errors: readonly FieldError[] };

export interface LargeJson {
  /** The value, with attachments decoded. Takes the memory of `bytes` away. Refuses with `invalid_request`. */
  read(bytes: Uint8Array, reading?: JsonReading): Promise<unknown>;
  close(): Promise<void>;
}

/** From this size on it is worth handing over: below, parsing takes less than two milliseconds. */
const LARGE_BODY_BYTES = 512 * 1024;

/** The value, or a promise of it where the other thread reads it. The memory of `bytes` is gone then. Refuses with `invalid_request`. */
export type ReadJson = (bytes: Uint8Array, reading?: JsonReading) => unknown;

/** Without `largeJson` nobody else waits for this thread. */
export function createReadJson(largeJson: LargeJson | undefined): ReadJson {
  return (bytes, reading) => {
    if (bytes.length >= LARGE_BODY_BYTES && largeJson) return largeJson.read(bytes, reading);
    const value = parseJson(bytes, reading);
    letGo(bytes);
    return value;
  };
}

const IDLE_MS = 60_000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export function createLargeJson(deps: {
  readonly start: () => Worker;
  readonly clock: Pick<Clock, 'after'>;
}): LargeJson {
  const waiting = new Map<number, Waiting>();
  let thread: Worker | undefined;
  let lastId = 0;
  let cancelEnd: () => void = () => undefined;

  return {
    read(bytes, reading = {}) {
      cancelEnd();
      thread ??= startThread();
      lastId += 1;
      const id = lastId;
      const own = ownMemory(bytes);
      const current = thread;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        current.postMessage({ id, bytes: own, reading } satisfies ToJsonThread, [own.buffer]);
      });
    },
    async close() {
      cancelEnd();
      await thread?.terminate();
    },
  };

  function startThread(): Worker {
    const started = deps.start();
    started.unref();
    started.on('message', settle);
    started.on('error', (error: unknown) => fail(started, error));
    started.on('exit', () => fail(started, new Error('the thread that reads large bodies has ended')));
    return started;
  }

  function settle(answer: FromJsonThread): void {
    const one = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.kind === 'read') one?.resolve(answer.value);
    else one?.reject(new IepError('invalid_request', answer.detail, { errors: answer.errors }));
    if (waiting.size === 0) cancelEnd = deps.clock.after(IDLE_MS, () => void thread?.terminate());
  }

  /** A fault of ours: told to those who wait; the next body gets another thread. */
  function fail(ended: Worker, error: unknown): void {
    if (thread !== ended) return;
    thread = undefined;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }
}

/** Only memory that nothing else lies in can be handed to another thread. */
function ownMemory(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
    ? (bytes as Uint8Array<ArrayBuffer>)
    : new Uint8Array(bytes);
}
