/** The verbs of the audit log on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { adoptEnd, after, append, head, list, oldestMade } from './audit.ts';

export const audit: Slice<'audit'> = {
  adoptEnd,
  after,
  append,
  head,
  list,
  oldestMade,
};
