/** Runs verbs on one connection: each a transaction, or many that share one and so one fsync (group commit). */

import type { SessionClient } from './connection.ts';
import { mapInTurn } from './in-turn.ts';
import { isBroken, OutcomeUnknown } from './refusal.ts';
import type { VerbName } from './verb.ts';
import { verbs } from './verbs.ts';

export interface VerbCall {
  readonly verb: VerbName;
  readonly input: unknown;
}

export interface Engine {
  /** False: nobody knows what its connection is in the middle of. */
  isUsable(): boolean;
  /** Rejects with what the database or the verb says; then nothing of the call was done. */
  run(call: VerbCall, signal?: AbortSignal): Promise<unknown>;
  /** Shared verbs in one transaction, the same ones together, answered in order. Rejects, with nothing done, where one of them does. */
  together(calls: readonly VerbCall[]): Promise<readonly unknown[]>;
  /** Says on a channel that this process has committed. */
  notify(channel: string, from: string): Promise<void>;
  /** Differs once anybody has written. */
  mark(): Promise<string>;
}

type Run = (input: unknown) => unknown;
type RunMany = (inputs: readonly unknown[]) => Promise<readonly unknown[]>;

const MODES = {
  write: 'ISOLATION LEVEL SERIALIZABLE',
  shared: 'ISOLATION LEVEL READ COMMITTED',
  read: 'ISOLATION LEVEL REPEATABLE READ, READ ONLY',
  scan: 'ISOLATION LEVEL REPEATABLE READ, READ ONLY',
} as const;

export function createEngine(client: SessionClient): Engine {
  let isUsable = true;
  const prepared = new Map<VerbName, Run>();
  const preparedMany = new Map<VerbName, RunMany>();

  return {
    isUsable: () => isUsable,
    async run(call, signal) {
      client.heed(signal);
      try {
        return await within(MODES[verbs[call.verb].kind], async () => runOf(call.verb)(call.input));
      } finally {
        client.heed(undefined);
      }
    },
    together: (calls) =>
      within(MODES.shared, async () => {
        const answers = new Map<VerbCall, unknown>();
        for (const [verb, same] of Map.groupBy(calls, (call) => call.verb)) {
          const found = await runAll(verb, same);
          for (const [index, call] of same.entries()) answers.set(call, found[index]);
        }
        return calls.map((call) => answers.get(call));
      }),
    async notify(channel, from) {
      await client.prepare('SELECT pg_notify(?, ?)').get(channel, from);
    },
    async mark() {
      const mark = client.prepare<[], string>('SELECT pg_snapshot_xmax(pg_current_snapshot())::text').pluck();
      return (await mark.get()) ?? '';
    },
  };

  async function within<T>(mode: string, work: () => Promise<T>): Promise<T> {
    await client.begin(mode);
    let answer: T;
    try {
      answer = await work();
    } catch (error) {
      // Of a connection that broke the transaction is gone already; nobody takes the connection again.
      await client.rollback().catch(() => {
        isUsable = false;
      });
      throw error;
    }
    await client.commit().catch((error: unknown) => {
      throw isBroken(error) ? new OutcomeUnknown(error) : error;
    });
    return answer;
  }

  async function runAll(verb: VerbName, calls: readonly VerbCall[]): Promise<readonly unknown[]> {
    const many = manyOf(verb);
    return many ? many(calls.map(({ input }) => input)) : mapInTurn(calls, ({ input }) => runOf(verb)(input));
  }

  function manyOf(verb: VerbName): RunMany | undefined {
    const { prepareMany } = verbs[verb];
    if (prepareMany === undefined) return undefined;
    const run = preparedMany.get(verb) ?? (prepareMany(client) as RunMany);
    preparedMany.set(verb, run);
    return run;
  }

  function runOf(verb: VerbName): Run {
    const known = prepared.get(verb);
    if (known) return known;
    // Each verb's input and output are checked against Store where it is defined and where it is called.
    const run = verbs[verb].prepare(client) as Run;
    prepared.set(verb, run);
    return run;
  }
}
