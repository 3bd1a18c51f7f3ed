/** The verbs of sender domains on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { activateKeys, add, addKeys, checks, due, get, list, recordCheck, remove, signingKeys } from './domains.ts';

export const domains: Slice<'domains'> = {
  activateKeys,
  add,
  addKeys,
  checks,
  due,
  get,
  list,
  recordCheck,
  remove,
  signingKeys,
};
