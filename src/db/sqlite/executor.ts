/**
 * Where calls run: in this thread (the command line), or in worker threads (the daemon). Calls that come while the writer
 * commits a batch wait and make up the next batch: that is the group commit. A call is given up when its signal aborts
 * before it has begun; a scan also after that.
 */

import type { Worker } from 'node:worker_threads';
import { IepError } from '../../core/errors.ts';
import { givenUp } from '../rules/given-up.ts';
import type { Engine, VerbCall } from './engine.ts';
import { fromSent } from './fault.ts';
import { createNextBatch } from './next-batch.ts';
import type { FromThread, ToReader, ToWriter } from './thread.ts';
import { verbs } from './verbs.ts';

export interface Executor {
  run(call: VerbCall, signal?: AbortSignal): Promise<unknown>;
  /** Runs what was asked to be written, then closes the database. */
  close(): Promise<void>;
}

interface Waiting {
  readonly call: VerbCall;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A store this far behind is stuck; more is refused rather than held in memory. */
const MAX_WAITING = 20_000;
/** Calls in one transaction; bounds how long a commit can take. */
const MAX_BATCH = 500;
/** Where several callers shared the last commit, the next one waits this long for company: an fsync costs more. */
const GATHER_MS = 1;
/** What nobody waits for (a patient verb) is committed with the next call that somebody does, or after this long. */
const PATIENCE_MS = 10;
/** Scans that one tenant may have waiting. */
const MAX_SCANS = 100;

export function createInlineExecutor(engine: Engine, closeDatabase: () => void): Executor {
  return {
    async run(call, signal) {
      if (signal?.aborted) throw givenUp();
      const [answer] = engine.run([call]);
      if (answer === undefined) throw new Error('a call was not answered');
      if (!answer.ok) throw answer.error;
      return answer.value;
    },
    async close() {
      closeDatabase();
    },
  };
}

export interface ThreadObserver {
  committed?(operations: number, durationMs: number): void;
  foreign?(): void;
}

/** Resolves when the thread has opened the database. */
export async function createWriterExecutor(worker: Worker, observer: ThreadObserver): Promise<Executor> {
  const waiting: Waiting[] = [];
  const nextBatch = createNextBatch(MAX_BATCH);
  let running: readonly Waiting[] = [];
  /** Urgent calls in the last batch. */
  let company = 0;
  let timer: NodeJS.Timeout | undefined;
  let isHurried = false;
  let dead: Error | undefined;
  let afterLast: (() => void) | undefined;

  await opened(worker);
  worker.on('message', (message: FromThread) => {
    if (message.kind === 'batch') finish(message);
    else if (message.kind === 'foreign') observer.foreign?.();
  });
  worker.on('error', die);
  worker.on('exit', () => die(new Error('the store thread has ended')));

  return {
    run(call, signal) {
      if (dead) return Promise.reject(storeDead(dead));
      if (signal?.aborted) return Promise.reject(givenUp());
      if (waiting.length >= MAX_WAITING) {
        return Promise.reject(new IepError('store_unavailable', `${MAX_WAITING} operations wait for the disk.`));
      }
      return new Promise((resolve, reject) => {
        const one: Waiting = { call, ...whileWanted({ resolve, reject, signal, giveUp: () => leave(one) }) };
        waiting.push(one);
        schedule(isUrgent(call));
      });
    },
    async close() {
      if (!dead && (running.length > 0 || waiting.length > 0)) {
        await new Promise<void>((resolve) => {
          afterLast = resolve;
          schedule(true);
        });
      }
      if (!dead) await closed(worker);
    },
  };

  /** Whether it had not begun. */
  function leave(one: Waiting): boolean {
    const index = waiting.indexOf(one);
    if (index === -1) return false;
    waiting.splice(index, 1);
    return true;
  }

  /** The calls of one turn of the event loop go together, and those of a moment where many come. */
  function schedule(urgent: boolean): void {
    if (running.length > 0 || isHurried) return;
    isHurried = urgent || waiting.length >= MAX_BATCH;
    if (!isHurried) {
      timer ??= setTimeout(flush, PATIENCE_MS);
      return;
    }
    clearTimeout(timer);
    if (company > 1 && afterLast === undefined) timer = setTimeout(flush, GATHER_MS);
    else setImmediate(flush);
  }

  function flush(): void {
    timer = undefined;
    isHurried = false;
    if (waiting.length === 0) return;
    running = nextBatch(waiting);
    company = running.filter(({ call }) => isUrgent(call)).length;
    post({ kind: 'batch', calls: running.map(({ call }) => call) });
  }

  function finish({ answers, durationMs }: FromThread & { kind: 'batch' }): void {
    const done = running;
    running = [];
    if (waiting.length > 0) schedule(afterLast !== undefined || waiting.some(({ call }) => isUrgent(call)));
    else afterLast?.();
    observer.committed?.(done.length, durationMs);
    for (const [index, { resolve, reject }] of done.entries()) {
      const answer = answers[index];
      if (answer?.ok) resolve(answer.value);
      else reject(answer ? fromSent(answer.error) : new Error('a call was not answered'));
    }
  }

  function die(error: Error): void {
    dead ??= error;
    for (const { reject } of [...running, ...waiting.splice(0)]) reject(storeDead(error));
    running = [];
    afterLast?.();
  }

  function post(message: ToWriter): void {
    worker.postMessage(message);
  }
}

/** Resolves when the thread has opened the database. */
export async function createReaderExecutor(worker: Worker): Promise<Executor> {
  const asked = new Map<number, Waiting & { readonly tenant: string }>();
  const counts = new Map<string, number>();
  let lastId = 0;
  let dead: Error | undefined;

  await opened(worker);
  worker.on('message', (message: FromThread) => {
    if (message.kind !== 'scanned') return;
    const { answer } = message;
    const one = take(message.id);
    if (answer.ok) one?.resolve(answer.value);
    else one?.reject(fromSent(answer.error));
  });
  worker.on('error', die);
  worker.on('exit', () => die(new Error('the store thread has ended')));

  return {
    run(call, signal) {
      if (dead) return Promise.reject(storeDead(dead));
      if (signal?.aborted) return Promise.reject(givenUp());
      const tenant = tenantOf(call);
      const count = counts.get(tenant) ?? 0;
      if (count >= MAX_SCANS) {
        const detail = `${MAX_SCANS} lists and searches of this tenant are under way.`;
        return Promise.reject(new IepError('rate_limited', detail, { retryAfterMs: 1_000 }));
      }
      lastId += 1;
      const id = lastId;
      counts.set(tenant, count + 1);
      return new Promise((resolve, reject) => {
        const giveUp = () => {
          const isOpen = take(id) !== undefined;
          if (isOpen) post({ kind: 'drop', id });
          return isOpen;
        };
        asked.set(id, { call, tenant, ...whileWanted({ resolve, reject, signal, giveUp }) });
        post({ kind: 'scan', id, tenant, call });
      });
    },
    async close() {
      if (dead) return;
      rejectAll(new Error('the store was closed'));
      await closed(worker);
    },
  };

  function take(id: number) {
    const one = asked.get(id);
    if (one === undefined) return undefined;
    asked.delete(id);
    const left = (counts.get(one.tenant) ?? 1) - 1;
    if (left === 0) counts.delete(one.tenant);
    else counts.set(one.tenant, left);
    return one;
  }

  function die(error: Error): void {
    dead ??= error;
    rejectAll(dead);
  }

  function rejectAll(error: Error): void {
    for (const id of [...asked.keys()]) take(id)?.reject(storeDead(error));
  }

  function post(message: ToReader): void {
    worker.postMessage(message);
  }
}

/** Whose turn a scan takes; empty for the operator's. */
function tenantOf({ input }: VerbCall): string {
  const named = typeof input === 'object' && input !== null && 'tenantId' in input ? input.tenantId : undefined;
  return typeof named === 'string' ? named : '';
}

/** Settles a call, or gives it up when `signal` aborts and `giveUp` says that this is still possible. */
function whileWanted(call: {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
  readonly giveUp: () => boolean;
}): Pick<Waiting, 'resolve' | 'reject'> {
  const { resolve, reject, signal, giveUp } = call;
  if (signal === undefined) return { resolve, reject };
  const left = () => {
    if (giveUp()) reject(givenUp());
  };
  signal.addEventListener('abort', left, { once: true });
  const settled =
    <T>(settle: (value: T) => void) =>
    (value: T) => {
      signal.removeEventListener('abort', left);
      settle(value);
    };
  return { resolve: settled(resolve), reject: settled(reject) };
}

async function opened(worker: Worker): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    worker.once('message', (first: FromThread) => {
      if (first.kind === 'failed') reject(fromSent(first.error));
      else resolve();
    });
    worker.once('error', reject);
  });
  worker.removeAllListeners('error');
}

async function closed(worker: Worker): Promise<void> {
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.postMessage({ kind: 'close' } satisfies ToWriter & ToReader);
  await ended;
}

function isUrgent({ verb }: VerbCall): boolean {
  return verbs[verb].patient !== true;
}

function storeDead(cause: Error): IepError {
  return new IepError('store_unavailable', 'The store has stopped working; restart the daemon.', { cause });
}
