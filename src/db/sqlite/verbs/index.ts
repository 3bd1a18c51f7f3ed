/** All verbs by name: what the engine runs. */

import type { Verbs } from '../verb.ts';
import { accept } from './accept.ts';
import { adoptAuditEnd, appendAudit, auditAfter, auditEntries, auditHead, oldestAudited } from './audit.ts';
import { chores, claimChore, enlistChores, planChore, settleChore } from './chores.ts';
import { circumstances } from './circumstances.ts';
import { claim } from './claim.ts';
import { deadLetters, deleteMessage } from './dead-letters.ts';
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
import { endOfEvents, eventPositionBefore, eventsAfter, knownEventPosition } from './events.ts';
import { expireAttachments, expireMessages, namedBlobs, neededBlobs } from './expire.ts';
import { feedback, recordFeedback, recordFeedbackOnce, sweepFeedback } from './feedback.ts';
import { flush, flushes } from './flush.ts';
import { keepAttachments } from './keep-attachments.ts';
import { addKey, keyByPrefix, keys, setKey } from './keys.ts';
import { content, message, messages } from './messages.ts';
import { ownerOf } from './owner.ts';
import { pause } from './pause.ts';
import { addProvider, keepToken, keptToken, providers, removeProvider, setProvider } from './providers.ts';
import { followClock, queue, recover, shift } from './queue.ts';
import { alertsTold, raisedAlerts, tenantRates } from './rate-alerts.ts';
import { reschedule } from './reschedule.ts';
import { cancel, retry, retryEach } from './retry.ts';
import { retryable } from './retryable.ts';
import { reinstateKey, reseal, retireKeys, sealedTexts } from './sealed.ts';
import { release, settle } from './settle.ts';
import { checkpoint, compact, giveBack, optimize, space } from './space.ts';
import { stats } from './stats.ts';
import {
  addSuppressions,
  removeSuppression,
  suppression,
  suppressions,
  suppressionsOf,
  sweepSuppressions,
} from './suppressions.ts';
import { sweepTallies, tallies } from './tallies.ts';
import { addTenant, clearTenant, removeTenant, setTenant, tenants, tenantsBeingRemoved } from './tenants.ts';
import { info, integrity, ping } from './upkeep.ts';
import { claimWebhooks } from './webhook-claim.ts';
import { addWebhook, removeWebhook, setWebhook, webhook, webhooks } from './webhook-endpoints.ts';
import { fanOutWebhooks } from './webhook-fan-out.ts';
import { pruneWebhooks, webhookDeliveries, webhookDelivery } from './webhook-log.ts';
import { replayable, replayDelivery, replayEvents } from './webhook-replay.ts';
import {
  followClockWebhooks,
  recoverWebhooks,
  releaseWebhook,
  settleWebhook,
  shiftWebhooks,
  webhooksPending,
} from './webhook-settle.ts';

export const verbs: Verbs = {
  accept,
  activateDkimKeys,
  addDkimKeys,
  addKey,
  addSenderDomain,
  addSuppressions,
  addTenant,
  adoptAuditEnd,
  appendAudit,
  auditAfter,
  auditEntries,
  auditHead,
  cancel,
  checkpoint,
  chores,
  clearTenant,
  compact,
  claim,
  claimChore,
  content,
  domainChecks,
  domainsDue,
  endOfEvents,
  enlistChores,
  eventPositionBefore,
  eventsAfter,
  feedback,
  recordFeedback,
  recordFeedbackOnce,
  sweepFeedback,
  expireAttachments,
  expireMessages,
  flush,
  flushes,
  giveBack,
  info,
  integrity,
  keepAttachments,
  keyByPrefix,
  keys,
  knownEventPosition,
  message,
  ownerOf,
  messages,
  namedBlobs,
  neededBlobs,
  oldestAudited,
  optimize,
  pause,
  ping,
  planChore,
  queue,
  recordDomainCheck,
  recover,
  release,
  removeSenderDomain,
  removeSuppression,
  removeTenant,
  reinstateKey,
  reseal,
  reschedule,
  retireKeys,
  retry,
  retryable,
  retryEach,
  sealedTexts,
  senderDomain,
  senderDomains,
  settleChore,
  setKey,
  setTenant,
  settle,
  shift,
  followClock,
  signingKeys,
  space,
  stats,
  suppression,
  suppressions,
  suppressionsOf,
  sweepSuppressions,
  sweepTallies,
  tallies,
  tenantRates,
  raisedAlerts,
  alertsTold,
  tenants,
  tenantsBeingRemoved,

  addProvider,
  circumstances,
  deadLetters,
  deleteMessage,
  keepToken,
  keptToken,
  providers,
  removeProvider,
  setProvider,
  // Webhooks.
  addWebhook,
  claimWebhooks,
  fanOutWebhooks,
  pruneWebhooks,
  recoverWebhooks,
  releaseWebhook,
  removeWebhook,
  replayDelivery,
  replayEvents,
  replayable,
  setWebhook,
  settleWebhook,
  followClockWebhooks,
  shiftWebhooks,
  webhook,
  webhookDeliveries,
  webhookDelivery,
  webhooks,
  webhooksPending,
};
