/**
 * The form of a verb's file: how it runs, and a function that prepares its statements once and answers calls.
 *
 * Conditions say `= +?`, not `= ?`. With the bare parameter SQLite (built with STAT4) plans joins, subqueries and
 * ordered reads anew for each value that is bound: measured 21 µs instead of 3 µs for the lookup in `settle`.
 */

import type { Stored } from '../rules/accepted.ts';
import type { FileCare } from '../verbs/file-care.ts';
import type { SliceName, Store, StorePath } from '../verbs/store.ts';
import type { Connection } from './connection.ts';

/** The slices of the store, and the care of its file, which has the form of one. */
export type SqliteSlice = SliceName | 'care';
type Sliced = Pick<Store, SliceName> & { readonly care: FileCare };
/** Verbs that are one synchronous transaction on a connection; the rest of the store is in open.ts. */
export type VerbName = Exclude<StorePath | `care.${keyof FileCare}`, 'care.backup' | 'onChange' | 'close'>;
type Method<K extends VerbName> = K extends `${infer S extends SqliteSlice}.${infer V}`
  ? Sliced[S][V & keyof Sliced[S]]
  : Store[K & keyof Store];
export type VerbInput<K extends VerbName> = Method<K> extends (...input: infer I) => unknown ? I[0] : never;
/** What comes back over the thread; for `accept` less than the store answers (accepted.ts). */
export type VerbOutput<K extends VerbName> = K extends 'outbox.accept'
  ? readonly Stored[]
  : Method<K> extends (...input: never[]) => Promise<infer O>
    ? O
    : never;

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

/** The verbs of one slice, by their names in it. */
export type Slice<S extends SqliteSlice> = {
  readonly [K in Extract<VerbName, `${S}.${string}`> as K extends `${S}.${infer V}` ? V : never]: Verb<K>;
};
/** The same as callers have them. */
export type Promised<S extends SqliteSlice> = Pick<Sliced[S], keyof Slice<S> & keyof Sliced[S]>;
export type Slices = { readonly [S in SqliteSlice]: Slice<S> };

/** Goes on to the end at once, where nobody else waits. */
export function finish<T>(pieces: Pieces<T>): T {
  for (;;) {
    const { done, value } = pieces.next();
    if (done) return value;
  }
}
