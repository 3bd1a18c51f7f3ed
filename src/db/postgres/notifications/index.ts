/** The verbs of notifications on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { add } from './add.ts';
import { acknowledge, cancel, remove, sweep, sweepWindows } from './changes.ts';
import { claim } from './claim.ts';
import { ids, list } from './list.ts';
import { byKey, deliveries, escalating, facts, files, get, ofMessage, told } from './reads.ts';
import { followClock, pending, recover, release, settle, shift } from './settle.ts';

export const notifications: Slice<'notifications'> = {
  acknowledge,
  add,
  byKey,
  cancel,
  claim,
  deliveries,
  escalating,
  facts,
  files,
  followClock,
  get,
  ids,
  list,
  ofMessage,
  pending,
  recover,
  release,
  remove,
  settle,
  shift,
  sweep,
  sweepWindows,
  told,
};
