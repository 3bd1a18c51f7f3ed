/** The verbs of the outbox on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { accept } from './accept.ts';
import { claim } from './claim.ts';
import { flush, flushes } from './flush.ts';
import { pause } from './pause.ts';
import { followClock, queue, recover, shift } from './queue.ts';
import { release, settle, settlePart } from './settle.ts';

export const outbox: Slice<'outbox'> = {
  accept,
  claim,
  flush,
  flushes,
  followClock,
  pause,
  queue,
  recover,
  release,
  settle,
  settlePart,
  shift,
};
