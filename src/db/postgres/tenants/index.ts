/** The verbs of tenants on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { ownerOf } from './owner.ts';
import { add, beingRemoved, clear, list, remove, set } from './tenants.ts';

export const tenants: Slice<'tenants'> = {
  add,
  beingRemoved,
  clear,
  list,
  ownerOf,
  remove,
  set,
};
