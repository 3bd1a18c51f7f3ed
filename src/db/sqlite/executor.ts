/**
 * Where calls run: in this thread (the command line), or in a worker thread (the daemon). Either way calls that come
 * while a batch is being committed wait and make up the next batch: that is the group commit.
 */

import type { Worker } from 'node:worker_threads';
import { IepError } from '../../core/errors.ts';
import type { Call, Engine } from './engine.ts';
import { fromSent } from './fault.ts';
import type { FromThread, ToThread } from './thread.ts';
import { verbs } from './verbs/index.ts';

export interface Executor {
  run(call: Call): Promise<unknown>;
  /** Runs what was asked, then closes the database. */
  close(): Promise<void>;
}

interface Waiting {
  readonly call: Call;
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

export function createInlineExecutor(engine: Engine, closeDatabase: () => void): Executor {
  return {
    async run(call) {
      await engine.load([call.verb]);
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
export async function createThreadExecutor(worker: Worker, observer: ThreadObserver): Promise<Executor> {
  const waiting: Waiting[] = [];
  let running: readonly Waiting[] = [];
  /** Urgent calls in the last batch. */
  let company = 0;
  let timer: NodeJS.Timeout | undefined;
  let isHurried = false;
  let dead: Error | undefined;
  let afterLast: (() => void) | undefined;

  await new Promise<void>((resolve, reject) => {
    worker.once('message', (first: FromThread) => {
      if (first.kind === 'failed') reject(fromSent(first.error));
      else resolve();
    });
    worker.once('error', reject);
  });
  worker.removeAllListeners('error');
  worker.on('message', (message: FromThread) => {
    if (message.kind === 'batch') finish(message);
    else if (message.kind === 'foreign') observer.foreign?.();
  });
  worker.on('error', die);
  worker.on('exit', () => die(new Error('the store thread has ended')));

  return {
    run(call) {
      if (dead) return Promise.reject(storeDead(dead));
      if (waiting.length >= MAX_WAITING) {
        return Promise.reject(new IepError('store_unavailable', `${MAX_WAITING} operations wait for the disk.`));
      }
      return new Promise((resolve, reject) => {
        waiting.push({ call, resolve, reject });
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
      if (dead) return;
      const closed = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      post({ kind: 'close' });
      await closed;
    },
  };

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
    running = waiting.splice(0, MAX_BATCH);
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

  function post(message: ToThread): void {
    worker.postMessage(message);
  }
}

function isUrgent({ verb }: Call): boolean {
  return verbs[verb].patient !== true;
}

function storeDead(cause: Error): IepError {
  return new IepError('store_unavailable', 'The store has stopped working; restart the daemon.', { cause });
}
