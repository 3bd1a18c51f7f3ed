/** Opens the store on PostgreSQL: the verbs as promises, over connections that they take in turn. */

import { listAssets, readTextAsset } from '../../base/embedded/assets.ts';
import { IepError } from '../../core/errors.ts';
import { acceptResults } from '../rules/accepted.ts';
import { givenUp } from '../rules/given-up.ts';
import { promisingVerbs, quietVerbs } from '../rules/quiet-verbs.ts';
import type { SliceName, Store, StoreObserver } from '../verbs/store.ts';
import { createBatches } from './batches.ts';
import { connectTo, type SessionOptions } from './connection.ts';
import { type ConnectionPool, createConnectionPool } from './connection-pool.ts';
import type { VerbCall } from './engine.ts';
import { type Migration, useSchema } from './migrate.ts';
import { asPostgresRefusal, isAgain } from './refusal.ts';
import { prepareSameTime } from './same-time.ts';
import type { Promised, VerbInput, VerbName, VerbOutput } from './verb.ts';
import { slices, verbs } from './verbs.ts';
import { openWake } from './wake.ts';

export interface PostgresStoreOptions extends Pick<SessionOptions, 'url' | 'tls' | 'statementTimeoutMs'> {
  /** ConnectionPool of this process. */
  readonly poolSize?: number;
  /** Brings an older schema up to date. Without, it is refused. */
  readonly migrates?: boolean;
  readonly observer?: StoreObserver;
}

const POOL_SIZE = 10;
/** How often a transaction is done again that others came between. */
const TRIES = 30;
/** The longest pause before it is, in ms: random, so that the same do not meet again. */
const PAUSE_MS = 20;

/** Rejects with `store_unavailable`, `schema_too_old` or `schema_too_new`. */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<{ readonly store: Store }> {
  const { poolSize = POOL_SIZE, migrates = false, observer } = options;
  const memory = new Map<string, number>();
  const connect = () => connectTo({ ...options, memory });
  await prepareDatabase(connect, migrates);
  const pool = createConnectionPool(poolSize, connect);
  // Lists and searches leave connections to those who write.
  const scans = createTurns(Math.max(1, Math.floor(poolSize / 2)));
  const wake = openWake(connect, pool);
  const batches = createBatches(
    pool,
    (call) => runAgain(pool, call),
    (operations, durationMs) => observer?.committed(operations, durationMs),
  );
  let damage: IepError | undefined;
  let isClosed = false;

  async function run(call: VerbCall, signal: AbortSignal | undefined): Promise<unknown> {
    if (isClosed) throw new IepError('store_unavailable', 'The store is closed.');
    if (signal?.aborted) throw givenUp();
    const { kind } = verbs[call.verb];
    if (kind === 'shared') return batches.run(call, signal);
    if (kind !== 'write') return scans(() => runAgain(pool, call, signal));
    const start = performance.now();
    const answer = await runAgain(pool, call, signal);
    observer?.committed(1, performance.now() - start);
    return answer;
  }

  const verb =
    <K extends VerbName>(name: K) =>
    async (input: VerbInput<K>, signal?: AbortSignal): Promise<VerbOutput<K>> => {
      if (damage !== undefined && promisingVerbs.has(name)) throw damage;
      const output = await run({ verb: name, input }, signal).catch((error: unknown) => {
        const refusal = asPostgresRefusal(error);
        if (refusal instanceof IepError && refusal.code === 'store_damaged' && damage === undefined) {
          damage = refusal;
          observer?.damaged?.(refusal);
        }
        throw refusal;
      });
      if (['write', 'shared'].includes(verbs[name].kind) && !quietVerbs.has(name)) wake.own();
      return output as VerbOutput<K>;
    };
  const slice = <S extends SliceName>(name: S) =>
    Object.fromEntries(
      Object.keys(slices[name]).map((its) => [its, verb(`${name}.${its}` as VerbName)]),
    ) as Promised<S>;
  const sliced = Object.fromEntries((Object.keys(slices) as SliceName[]).map((name) => [name, slice(name)])) as {
    readonly [S in SliceName]: Promised<S>;
  };
  const accept = verb('outbox.accept');
  const ping = verb('ping');

  const store: Store = {
    ...sliced,
    outbox: { ...sliced.outbox, accept: async (input, signal) => acceptResults(input, await accept(input, signal)) },
    together: verb('together'),
    ping: () => ping(undefined),
    onChange: wake.listen,
    async close() {
      isClosed = true;
      await batches.settled();
      await wake.close();
      await pool.close();
    },
  };
  return { store };
}

/** One time and one schema, whichever node comes first. */
async function prepareDatabase(connect: () => ReturnType<typeof connectTo>, migrates: boolean): Promise<void> {
  try {
    await untilAlone(async () => {
      const client = await connect();
      try {
        await prepareSameTime(client)();
        await useSchema(client, readMigrations(), migrates);
      } finally {
        await client.close();
      }
    });
  } catch (error) {
    throw asPostgresRefusal(error);
  }
}

function runAgain(pool: ConnectionPool, call: VerbCall, signal?: AbortSignal): Promise<unknown> {
  return untilAlone(() => pool.use((engine) => engine.run(call, signal)), signal);
}

/** Does a transaction again as long as others come between. */
async function untilAlone<T>(transaction: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await transaction();
    } catch (error) {
      if (!isAgain(error) || tries === TRIES || signal?.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * PAUSE_MS));
    }
  }
}

/** At most so many at a time; the others wait in their order. */
function createTurns(size: number): <T>(work: () => Promise<T>) => Promise<T> {
  const queue: (() => void)[] = [];
  let count = 0;
  return async (work) => {
    if (count >= size) await new Promise<void>((resolve) => queue.push(resolve));
    else count += 1;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else count -= 1;
    }
  };
}

export function readMigrations(): readonly Migration[] {
  return listAssets('src/db/postgres/migrations')
    .filter((name) => name.endsWith('.sql'))
    .map((name) => ({ number: Number.parseInt(name.slice(name.lastIndexOf('/') + 1), 10), sql: readTextAsset(name) }));
}
