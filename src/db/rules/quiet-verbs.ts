/** Verbs by what they mean to those who wait for changes, and to a database that is damaged. */

import type { StorePath } from '../verbs/store.ts';

/**
 * What a damaged database is not asked for any more: to owe mail that it may not give back, and to hand out mail whose outcome it
 * may not keep. What is under way is still settled.
 */
export const promisingVerbs: ReadonlySet<string> = new Set<StorePath>([
  'outbox.accept',
  'outbox.claim',
  'webhooks.claim',
  'notifications.add',
  'notifications.claim',
  'together',
  'ping',
]);

/** Writes that leave neither work nor events nor settings for anybody to notice. */
export const quietVerbs: ReadonlySet<string> = new Set<StorePath>([
  ...([
    'outbox.claim',
    'outbox.release',
    'ping',
    'keys.set',
    'audit.append',
    'audit.adoptEnd',
    'seals.reseal',
    'seals.retireKeys',
    'seals.reinstateKey',
  ] as const),
  ...([
    'content.expireAttachments',
    'content.expireMessages',
    'content.keepAttachments',
    'tenants.clear',
    'feedback.sweep',
    'tallies.sweep',
    'tallies.alertsTold',
    'messages.makeSearchable',
    'triggers.sweepEvents',
    'subscribers.leaveTopic',
    'templates.keep',
    'templates.sweep',
  ] as const),
  ...(['publications.lead', 'publications.told'] as const),
  ...(['webhooks.fanOut', 'webhooks.claim', 'webhooks.settle', 'webhooks.release', 'webhooks.prune'] as const),
  ...(['notifications.claim', 'notifications.release', 'notifications.sweep', 'notifications.sweepWindows'] as const),
]);
