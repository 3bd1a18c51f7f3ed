/** The verbs of feedback on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { list, record, recordOnce, sweep } from './feedback.ts';

export const feedback: Slice<'feedback'> = {
  list,
  record,
  recordOnce,
  sweep,
};
