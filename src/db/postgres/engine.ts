/** Runs verbs on one connection: each a transaction, or many that share one and so one fsync (group commit). */

import type { SessionClient } from './connection.ts';
import type { VerbName } from './verb.ts';
import { verbs } from './verbs.ts';

export interface VerbCall {
  readonly verb: VerbName;
  readonly input: unknown;
}

export interface Engine {
  /** Rejects with what the database or the verb says; then nothing of the call was done. */
  run(call: VerbCall, signal?: AbortSignal): Promise<unknown>;
  /** Shared verbs in one transaction, answered in order. Rejects, with nothing done, where one of them does. */
  together(calls: readonly VerbCall[]): Promise<readonly unknown[]>;
  /** Says on a channel that this process has committed. */
  notify(channel: string, from: string): Promise<void>;
  /** Differs once anybody has written. */
  mark(): Promise<string>;
}

type Run = (input: unknown) => unknown;

const MODES = {
  write: 'ISOLATION LEVEL SERIALIZABLE',
  shared: 'ISOLATION LEVEL READ COMMITTED',
  read: 'ISOLATION LEVEL REPEATABLE READ, READ ONLY',
  scan: 'ISOLATION LEVEL REPEATABLE READ, READ ONLY',
} as const;

export function createEngine(client: SessionClient): Engine {
  const prepared = new Map<VerbName, Run>();

  return {
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
        const answers: unknown[] = [];
        for (const { verb, input } of calls) answers.push(await runOf(verb)(input));
        return answers;
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
    try {
      const answer = await work();
      await client.commit();
      return answer;
    } catch (error) {
      // Of a connection that broke the transaction is gone already.
      await client.rollback().catch(() => undefined);
      throw error;
    }
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
