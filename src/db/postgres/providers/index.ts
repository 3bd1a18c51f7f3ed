/** The verbs of providers made by command on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { add, keepToken, keptToken, list, remove, set } from './providers.ts';

export const providers: Slice<'providers'> = {
  add,
  keepToken,
  keptToken,
  list,
  remove,
  set,
};
