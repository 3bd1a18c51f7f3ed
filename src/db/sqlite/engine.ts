/** Runs verbs on one connection. Writes that arrive together share one transaction and so one fsync (group commit). */

import { asStoreRefusal } from '../datadir/store-refusal.ts';
import type { Connection } from './connection.ts';
import { prepareEventMarks } from './event-marks.ts';
import { finish, type Pieces, type VerbName } from './verb.ts';
import { verbs } from './verbs.ts';

export interface VerbCall {
  readonly verb: VerbName;
  readonly input: unknown;
}

export type VerbResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown };

export interface Engine {
  /**
   * Runs the calls in order and answers in order, after the commit. A call that fails is undone by itself and leaves
   * the others alone; when the commit fails, every call of the batch answers with that error.
   */
  run(calls: readonly VerbCall[]): readonly VerbResult[];
  /** Begins a scan, for a caller that lets others in between its pieces. */
  scan(call: VerbCall): Pieces<unknown>;
}

type Run = (input: unknown) => unknown;

export function createEngine(db: Connection): Engine {
  const prepared = new Map<VerbName, Run>();
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  const savepoint = db.prepare('SAVEPOINT call');
  const keep = db.prepare('RELEASE call');
  const undo = db.prepare('ROLLBACK TO call');

  let markEvents: (() => void) | undefined;

  const isAlone = ({ verb }: VerbCall) => verbs[verb].kind === 'alone';

  return {
    run(calls) {
      if (!calls.some(isAlone)) return runTogether(calls);
      const together = runTogether(calls.filter((call) => !isAlone(call))).values();
      // The others have been committed by now; each call takes its answer in order.
      return calls.map((call) => (isAlone(call) ? answer(call) : answered(together.next().value)));
    },
    scan: ({ verb, input }) => runOf(verb)(input) as Pieces<unknown>,
  };

  function runTogether(calls: readonly VerbCall[]): readonly VerbResult[] {
    if (calls.every(({ verb }) => verbs[verb].kind !== 'write')) return calls.map(answer);
    try {
      begin.run();
      const answers = calls.map((call) =>
        calls.length === 1 ? { ok: true as const, value: resultOf(call) } : guarded(call),
      );
      markEvents ??= prepareEventMarks(db);
      markEvents();
      commit.run();
      return answers;
    } catch (error) {
      // SQLite may have ended the transaction itself (https://sqlite.org/lang_transaction.html §2.1).
      if (db.inTransaction) rollback.run();
      const refusal = asStoreRefusal(error);
      return calls.map(() => ({ ok: false, error: refusal }));
    }
  }

  function runOf(verb: VerbName): Run {
    const known = prepared.get(verb);
    if (known) return known;
    // Each verb's input and output are checked against Store where it is defined and where it is called.
    const run = verbs[verb].prepare(db) as Run;
    prepared.set(verb, run);
    return run;
  }

  function resultOf({ verb, input }: VerbCall): unknown {
    const value = runOf(verb)(input);
    return verbs[verb].kind === 'scan' ? finish(value as Pieces<unknown>) : value;
  }

  function answer(call: VerbCall): VerbResult {
    try {
      return { ok: true, value: resultOf(call) };
    } catch (error) {
      return { ok: false, error: asStoreRefusal(error) };
    }
  }

  /** Inside the shared transaction. An error that ended the whole transaction is the batch's, not the call's. */
  function guarded(call: VerbCall): VerbResult {
    const run = runOf(call.verb);
    savepoint.run();
    try {
      const value = run(call.input);
      keep.run();
      return { ok: true, value };
    } catch (error) {
      if (!db.inTransaction) throw error;
      undo.run();
      keep.run();
      return { ok: false, error: asStoreRefusal(error) };
    }
  }
}

function answered(answer: VerbResult | undefined): VerbResult {
  if (answer === undefined) throw new Error('a call was not answered');
  return answer;
}
