/** All verbs by name: what the engine runs. */

import type { Verbs } from '../verb.ts';
import { accept } from './accept.ts';
import { chores, setChore, setChores } from './chores.ts';
import { claim } from './claim.ts';
import { eventsAfter, lastEventPosition } from './events.ts';
import { addKey, keyByPrefix, keys, setKey } from './keys.ts';
import { content, message, messages } from './messages.ts';
import { pause } from './pause.ts';
import { queue, recover, shift } from './queue.ts';
import { cancel, flush, retry, retryMany } from './retry.ts';
import { release, settle } from './settle.ts';
import { checkpoint, compact, giveBack, optimize, space } from './space.ts';
import { stats } from './stats.ts';
import { addSuppressions, removeSuppression, suppressions } from './suppressions.ts';
import { addSenderDomain, addTenant, removeSenderDomain, removeTenant, setTenant, tenants } from './tenants.ts';
import { backup, info, integrity, ping } from './upkeep.ts';

export const verbs: Verbs = {
  accept,
  addKey,
  addSenderDomain,
  addSuppressions,
  addTenant,
  backup,
  cancel,
  checkpoint,
  chores,
  compact,
  claim,
  content,
  eventsAfter,
  flush,
  giveBack,
  info,
  integrity,
  keyByPrefix,
  keys,
  lastEventPosition,
  message,
  messages,
  optimize,
  pause,
  ping,
  queue,
  recover,
  release,
  removeSenderDomain,
  removeSuppression,
  removeTenant,
  retry,
  retryMany,
  setChore,
  setChores,
  setKey,
  setTenant,
  settle,
  shift,
  space,
  stats,
  suppressions,
  tenants,
};
