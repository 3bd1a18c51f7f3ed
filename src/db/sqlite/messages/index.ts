/** The verbs of messages on SQLite. */

import type { Slice } from '../verb.ts';
import { circumstances } from './circumstances.ts';
import { deadLetters, remove } from './dead-letters.ts';
import { content, get, list } from './messages.ts';
import { reschedule } from './reschedule.ts';
import { cancel, retry, retryEach } from './retry.ts';
import { retryable } from './retryable.ts';
import { stats } from './stats.ts';

export const messages: Slice<'messages'> = {
  cancel,
  circumstances,
  content,
  deadLetters,
  get,
  list,
  remove,
  reschedule,
  retry,
  retryEach,
  retryable,
  stats,
};
