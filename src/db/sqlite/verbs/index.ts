/** All verbs by name: what the engine runs. */

import type { Verbs } from '../verb.ts';
import { accept } from './accept.ts';
import { claim } from './claim.ts';
import {
  activateDkimKeys,
  addDkimKeys,
  addSenderDomain,
  domainChecks,
  domainsDue,
  recordDomainCheck,
  removeSenderDomain,
  senderDomain,
  senderDomains,
  signingKeys,
} from './domains.ts';
import { eventPositionBefore, eventsAfter, lastEventPosition } from './events.ts';
import { addKey, keyByPrefix, keys, setKey } from './keys.ts';
import { content, message, messages } from './messages.ts';
import { pause } from './pause.ts';
import { queue, recover, shift } from './queue.ts';
import { cancel, flush, retry, retryMany } from './retry.ts';
import { release, settle } from './settle.ts';
import { stats } from './stats.ts';
import {
  addSuppressions,
  recordComplaint,
  removeSuppression,
  suppression,
  suppressions,
  sweepSuppressions,
} from './suppressions.ts';
import { addTenant, removeTenant, setTenant, tenants } from './tenants.ts';
import { backup, info, integrity, ping } from './upkeep.ts';

export const verbs: Verbs = {
  accept,
  activateDkimKeys,
  addDkimKeys,
  addKey,
  addSenderDomain,
  addSuppressions,
  addTenant,
  backup,
  cancel,
  claim,
  content,
  domainChecks,
  domainsDue,
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
  recordComplaint,
  recordDomainCheck,
  recover,
  release,
  removeSenderDomain,
  removeSuppression,
  removeTenant,
  retry,
  retryMany,
  senderDomain,
  senderDomains,
  setKey,
  setTenant,
  settle,
  shift,
  signingKeys,
  stats,
  suppression,
  suppressions,
  sweepSuppressions,
  tenants,
};
