/**
 * The form of a verb's file: how it runs, and a function that prepares its statements once for a connection and answers calls.
 * Each call is one transaction, and sees all of its own statements.
 */

import type { Stored } from '../rules/accepted.ts';
import type { SliceName, Store, StorePath } from '../verbs/store.ts';
import type { Connection } from './connection.ts';

/** Verbs that are a transaction; the rest of the store is in open.ts. */
export type VerbName = Exclude<StorePath, 'onChange' | 'close'>;
type Method<K extends VerbName> = K extends `${infer S extends SliceName}.${infer V}`
  ? Store[S][V & keyof Store[S]]
  : Store[K & keyof Store];
export type VerbInput<K extends VerbName> = Method<K> extends (...input: infer I) => unknown ? I[0] : never;
/** For `accept` less than the store answers (rules/accepted.ts). */
export type VerbOutput<K extends VerbName> = K extends 'outbox.accept'
  ? readonly Stored[]
  : Method<K> extends (...input: never[]) => Promise<infer O>
    ? O
    : never;

export interface Verb<K extends VerbName> {
  /**
   * `write`: serializable, and done again where others came between; so a verb may read, decide and write as if it were alone.
   * `shared`: read committed, for what many do at once; it locks what it decides by. `read`: a few rows. `scan`: may take long.
   * Both see one moment of the database.
   */
  readonly kind: 'write' | 'shared' | 'read' | 'scan';
  readonly prepare: (db: Connection) => (input: VerbInput<K>) => Promise<VerbOutput<K>> | VerbOutput<K>;
  /** Of a shared verb: answers calls that came together, in their order. */
  readonly prepareMany?: (db: Connection) => (inputs: readonly VerbInput<K>[]) => Promise<readonly VerbOutput<K>[]>;
}

/** The verbs of one slice, by their names in it. */
export type Slice<S extends SliceName> = {
  readonly [K in Extract<VerbName, `${S}.${string}`> as K extends `${S}.${infer V}` ? V : never]: Verb<K>;
};
/** The same as callers have them. */
export type Promised<S extends SliceName> = Pick<Store[S], keyof Slice<S> & keyof Store[S]>;
export type Slices = { readonly [S in SliceName]: Slice<S> };
