/** The verbs of timed chores on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { claim, enlist, list, plan, settle } from './chores.ts';

export const chores: Slice<'chores'> = {
  claim,
  enlist,
  list,
  plan,
  settle,
};
