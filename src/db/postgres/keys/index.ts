/** The verbs of API keys on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { add, byPrefix, list, set } from './keys.ts';

export const keys: Slice<'keys'> = {
  add,
  byPrefix,
  list,
  set,
};
