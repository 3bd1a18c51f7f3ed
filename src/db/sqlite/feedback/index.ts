/** The verbs of feedback on SQLite. */

import type { Slice } from '../verb.ts';
import { list, record, recordOnce, sweep } from './feedback.ts';

export const feedback: Slice<'feedback'> = {
  list,
  record,
  recordOnce,
  sweep,
};
