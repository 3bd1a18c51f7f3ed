/** The verbs of messages on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { circumstances } from './circumstances.ts';
import { deadLetters, remove } from './dead-letters.ts';
import { content, get, list } from './messages.ts';
import { cancellable, retryable } from './movable.ts';
import { reschedule } from './reschedule.ts';
import { cancel, cancelEach, retry, retryEach } from './retry.ts';
import { makeSearchable } from './searchable.ts';
import { stats } from './stats.ts';

export const messages: Slice<'messages'> = {
  cancel,
  cancelEach,
  cancellable,
  circumstances,
  content,
  deadLetters,
  get,
  list,
  makeSearchable,
  remove,
  reschedule,
  retry,
  retryEach,
  retryable,
  stats,
};
