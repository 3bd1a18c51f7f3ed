/** The verbs of webhooks on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { claim } from './claim.ts';
import { add, get, list, remove, set } from './endpoints.ts';
import { fanOut } from './fan-out.ts';
import { deliveries, delivery, prune } from './log.ts';
import { replayable, replayDelivery, replayEvents } from './replay.ts';
import { followClock, pending, recover, release, settle, shift } from './settle.ts';

export const webhooks: Slice<'webhooks'> = {
  add,
  claim,
  deliveries,
  delivery,
  fanOut,
  followClock,
  get,
  list,
  pending,
  prune,
  recover,
  release,
  remove,
  replayDelivery,
  replayEvents,
  replayable,
  set,
  settle,
  shift,
};
