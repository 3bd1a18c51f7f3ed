/** The verbs of the suppression list on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { add, get, list, of, remove, sweep } from './suppressions.ts';

export const suppressions: Slice<'suppressions'> = {
  add,
  get,
  list,
  of,
  remove,
  sweep,
};
