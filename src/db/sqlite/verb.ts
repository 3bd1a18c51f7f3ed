/**
 * The form of a verb's file: how it runs, and a function that prepares its statements once and answers calls.
 *
 * Conditions say `= +?`, not `= ?`. With the bare parameter SQLite (built with STAT4) plans joins, subqueries and
 * ordered reads anew for each value that is bound: measured 21 µs instead of 3 µs for the lookup in `settle`.
 */

import type { Stored } from '../rules/accepted.ts';
import type { Store } from '../verbs/store.ts';
import type { Connection } from './connection.ts';

/** Verbs that are one synchronous transaction on a connection; the rest of the store is in open.ts. */
export type VerbName = Exclude<keyof Store, 'backup' | 'onChange' | 'close'>;
export type VerbInput<K extends VerbName> = Parameters<Store[K]>[0];
/** What comes back over the thread; for `accept` less than the store answers (accepted.ts). */
export type VerbOutput<K extends VerbName> = K extends 'accept' ? readonly Stored[] : Awaited<ReturnType<Store[K]>>;

/** Work in pieces of a few milliseconds each. At a `yield` others get their turn, or the work ends because its caller has left. */
export type Pieces<T> = Generator<undefined, T, undefined>;

export type Verb<K extends VerbName> =
  | {
      /**
       * `write`: in the writer's shared transaction. `read`: a few rows, answered by the writer between its writes, so
       * that it sees them. `alone`: by the writer, after the shared transaction, because SQLite does it in none.
       */
      readonly kind: 'write' | 'read' | 'alone';
      /** Nobody waits for its answer, so it may wait a moment for the commit of a call that somebody does wait for. */
      readonly patient?: true;
      readonly prepare: (db: Connection) => (input: VerbInput<K>) => VerbOutput<K>;
    }
  | {
      /** May take long, so it runs where nobody waits for the writer, in pieces that others get in between (turns.ts). */
      readonly kind: 'scan';
      readonly patient?: never;
      readonly prepare: (db: Connection) => (input: VerbInput<K>) => Pieces<VerbOutput<K>>;
    };

export type Verbs = { readonly [K in VerbName]: Verb<K> };

/** Goes on to the end at once, where nobody else waits. */
export function finish<T>(pieces: Pieces<T>): T {
  for (;;) {
    const { done, value } = pieces.next();
    if (done) return value;
  }
}
