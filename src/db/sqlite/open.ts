/** Opens the SQLite store: the verbs as promises, over threads (daemon) or in this thread (command line). */

import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { listAssets, readTextAsset } from '../../base/embedded/assets.ts';
import { startWorker } from '../../base/embedded/worker.ts';
import { diskFault } from '../../core/disk-fault.ts';
import { IepError } from '../../core/errors.ts';
import { asStoreRefusal } from '../datadir/store-refusal.ts';
import { acceptResults } from '../rules/accepted.ts';
import { promisingVerbs, quietVerbs } from '../rules/quiet-verbs.ts';
import type { FileCare } from '../verbs/file-care.ts';
import type { Store, StoreObserver } from '../verbs/store.ts';
import { type Connection, connect } from './connection.ts';
import { copyDatabase } from './copy.ts';
import { createEngine } from './engine.ts';
import { createInlineExecutor, createReaderExecutor, createWriterExecutor, type Executor } from './executor.ts';
import { type Migration, makeSchema, migrate, requireSchema } from './migrate.ts';
import type { ThreadData } from './thread.ts';
import type { Promised, SqliteSlice, VerbInput, VerbName, VerbOutput } from './verb.ts';
import { slices, verbs } from './verbs.ts';
import { createWake } from './wake.ts';

export interface SqliteStoreOptions {
  readonly file: string;
  /** A writer and a reader thread of their own. Without, every verb runs in the calling thread. */
  readonly threads: boolean;
  /** Brings an older schema up to date: only for the process that holds the lock of the directory. Without, another schema is refused. */
  readonly migrates?: boolean;
  /** Changes nothing, not even the files next to the database; verbs that write are refused. In the calling thread only. */
  readonly readonly?: boolean;
  readonly observer?: StoreObserver;
}

/** Heap of a store thread in MB; what it handles at once is a batch, and pages are cached outside the heap. */
const WRITER_HEAP = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 6 };
const READER_HEAP = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8 };

type Listener = Parameters<Store['onChange']>[0];

export async function openSqliteStore(
  options: SqliteStoreOptions,
): Promise<{ readonly store: Store; readonly care: FileCare }> {
  const { file, threads, observer, migrates = false, readonly = false } = options;
  const data: ThreadData = { file, migrations: readMigrations(), migrates };
  const changes = createChanges();
  const writer = threads ? await openWriterThread(data, changes, observer) : openInline(data, changes, readonly);
  let reader: Promise<Executor> | undefined;
  let damage: IepError | undefined;

  const verb =
    <K extends VerbName>(name: K) =>
    async (input: VerbInput<K>, signal?: AbortSignal): Promise<VerbOutput<K>> => {
      if (damage !== undefined && promisingVerbs.has(name)) throw damage;
      const { kind } = verbs[name];
      // Started with the first long read: a daemon that only takes mail in and sends it never needs it.
      if (kind === 'scan' && threads) reader ??= openReaderThread(data);
      const executor = kind === 'scan' && reader ? await reader : writer.executor;
      const output = await executor.run({ verb: name, input }, signal).catch(noteDamage);
      if (kind === 'write' && !quietVerbs.has(name)) changes.own();
      return output as VerbOutput<K>;
    };
  /** Passed on in any case. */
  const noteDamage = (error: unknown): never => {
    if (error instanceof IepError && error.code === 'store_damaged' && damage === undefined) {
      damage = error;
      observer?.damaged?.(error);
    }
    throw error;
  };
  const slice = <S extends SqliteSlice>(name: S) =>
    Object.fromEntries(
      Object.keys(slices[name]).map((its) => [its, verb(`${name}.${its}` as VerbName)]),
    ) as Promised<S>;
  const names = Object.keys(slices) as SqliteSlice[];
  const { care, ...sliced } = Object.fromEntries(names.map((name) => [name, slice(name)])) as {
    readonly [S in SqliteSlice]: Promised<S>;
  };
  const accept = verb('outbox.accept');
  const together = verb('together');
  const ping = verb('ping');

  const store: Store = {
    ...sliced,
    outbox: { ...sliced.outbox, accept: async (input, signal) => acceptResults(input, await accept(input, signal)) },
    together,
    ping: () => ping(undefined),
    onChange: changes.listen,
    async close() {
      writer.stopWatching();
      await (await reader)?.close();
      await writer.executor.close();
      changes.end();
    },
  };
  return { store, care: { ...care, backup: (to) => copyDatabase(file, to) } };
}

interface Writer {
  readonly executor: Executor;
  stopWatching(): void;
}

async function openWriterThread(data: ThreadData, changes: Changes, observer?: StoreObserver): Promise<Writer> {
  const executor = await createWriterExecutor(startWorker('store-writer', data, WRITER_HEAP), {
    ...(observer && { committed: (operations, durationMs) => observer.committed(operations, durationMs) }),
    foreign: () => changes.foreign(),
  });
  return { executor, stopWatching: createWake(data.file).watch(() => changes.foreign()) };
}

function openReaderThread(data: ThreadData): Promise<Executor> {
  return createReaderExecutor(startWorker('store-reader', data, READER_HEAP));
}

/** How often a command that follows the store looks for commits of the daemon. */
const INLINE_CHECK_MS = 100;

function openInline(data: ThreadData, changes: Changes, readonly: boolean): Writer {
  const db = openConnection(data, readonly);
  const wake = createWake(data.file);
  changes.listen(({ own }) => {
    if (own) wake.touch();
  });
  const dataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
  let version = dataVersion.get();
  const timer = setInterval(() => {
    const current = dataVersion.get();
    if (current === version) return;
    version = current;
    changes.foreign();
  }, INLINE_CHECK_MS).unref();
  return {
    executor: createInlineExecutor(createEngine(db), () => db.close()),
    stopWatching: () => clearInterval(timer),
  };
}

function openConnection({ file, migrations, migrates }: ThreadData, readonly: boolean): Connection {
  try {
    const db = connect({ file, readonly, cacheKib: 8_192 });
    try {
      if (readonly) requireSchema(db, migrations);
      else if (migrates) migrate(db, migrations);
      else makeSchema(db, migrations);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    throw readOnlyDisk(file) ?? asStoreRefusal(error);
  }
}

/** SQLite says no more than that a file cannot be opened. */
function readOnlyDisk(file: string): IepError | undefined {
  try {
    accessSync(dirname(file), constants.W_OK);
    return undefined;
  } catch (error) {
    return diskFault(error);
  }
}

interface Changes {
  own(): void;
  foreign(): void;
  listen(listener: Listener): () => void;
  end(): void;
}

/** Tells listeners of commits, those of this process at most once in a turn of the event loop. */
function createChanges(): Changes {
  const listeners = new Set<Listener>();
  let pending = false;
  const tell = (own: boolean) => {
    for (const listener of listeners) listener({ own });
  };
  return {
    own() {
      if (pending) return;
      pending = true;
      queueMicrotask(() => {
        pending = false;
        tell(true);
      });
    },
    foreign: () => tell(false),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    end: () => listeners.clear(),
  };
}

export function readMigrations(): readonly Migration[] {
  return listAssets('src/db/migrations')
    .filter((name) => name.endsWith('.sql'))
    .map((name) => {
      const file = name.slice(name.lastIndexOf('/') + 1);
      return { number: Number.parseInt(file, 10), name: file, sql: readTextAsset(name) };
    });
}
