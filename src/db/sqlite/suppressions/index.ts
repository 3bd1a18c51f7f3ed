/** The verbs of the suppression list on SQLite. */

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
