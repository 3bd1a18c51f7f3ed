/** All verbs by name: what the engine runs. */

import type { Verbs } from '../verb.ts';
import { accept } from './accept.ts';
import { claim } from './claim.ts';
import { eventPositionBefore, eventsAfter, lastEventPosition } from './events.ts';
import { addKey, keyByPrefix, keys, setKey } from './keys.ts';
import { content, message, messages } from './messages.ts';
import {
  addProvider,
  circumstances,
  deadLetters,
  deleteMessage,
  providers,
  removeProvider,
  setProvider,
} from './out.ts';
import { pause } from './pause.ts';
import { queue, recover, shift } from './queue.ts';
import { cancel, flush, retry, retryMany } from './retry.ts';
import { release, settle } from './settle.ts';
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
  claim,
  content,
  eventPositionBefore,
  eventsAfter,
  flush,
  info,
  integrity,
  keyByPrefix,
  keys,
  lastEventPosition,
  message,
  messages,
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
  setKey,
  setTenant,
  settle,
  shift,
  stats,
  suppressions,
  tenants,

  addProvider,
  circumstances,
  deadLetters,
  deleteMessage,
  providers,
  removeProvider,
  setProvider,
};
