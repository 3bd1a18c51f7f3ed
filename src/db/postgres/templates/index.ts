/** The verbs of templates on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { add, publish, put, remove } from './changes.ts';
import { get, list, madeWith, published, resolve, revision, versions } from './reads.ts';
import { keep, kept, sweep } from './snapshots.ts';

export const templates: Slice<'templates'> = {
  add,
  get,
  keep,
  kept,
  list,
  madeWith,
  publish,
  published,
  put,
  remove,
  resolve,
  revision,
  sweep,
  versions,
};
