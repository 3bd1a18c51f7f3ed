/** The JSON that calls answer with: what /openapi.json documents, and what `views.ts` makes. */

import * as z from 'zod';
import { actorKinds } from '../core/audit-entry.ts';
import { type RefusalCode, refusals } from '../core/errors.ts';
import { eventTypes, lanes, recipientKinds, statuses, subjectKinds } from '../core/message.ts';
import { outcomeKinds } from '../core/outcome.ts';
import { alertedRates } from '../core/tally.ts';
import { tenantSettingsSchema } from '../core/tenant-settings.ts';
import { dkimAlgorithms, dkimStates, findings, recordPurposes } from '../db/verbs/domains.ts';
import { bounceReasons, feedbackDoors, feedbackKinds } from '../db/verbs/feedback.ts';
import { scopes } from '../db/verbs/keys.ts';
import { suppressionChanges, suppressionReasons } from '../db/verbs/suppressions.ts';
import { unsubscribeWays } from '../db/verbs/unsubscribes.ts';
import { resourceActions } from '../manage/resources/plan.ts';
import { webhookNames } from '../webhooks/event-name.ts';

export const time = z.iso.datetime();
export const timeOrNull = time.nullable();
export const textOrNull = z.string().nullable();
const status = z.enum(statuses);

/** A page of a list; give the cursor back to get what follows. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item), cursor: textOrNull });
}

/** A list that is never long. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item) });
}

export const problemShape = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(Object.keys(refusals) as [RefusalCode, ...RefusalCode[]]),
  hint: z.string(),
  requestId: z.string().optional(),
  retryAfterSeconds: z.int().optional().describe('The same as the field Retry-After'),
  errors: z
    .array(
      z.strictObject({
        path: z.string(),
        message: z.string(),
        line: z.int().optional().describe('Where in the text of the field it is, from 1'),
        column: z.int().optional(),
      }),
    )
    .optional(),
});

export const acceptedShape = z.strictObject({
  messageId: z.string(),
  status,
  suppressedRecipients: z.array(z.string()),
});

const address = z.strictObject({ host: z.string(), port: z.int() });

export const daemonShape = z.strictObject({
  version: z.string(),
  dataDir: z.string(),
  http: address,
  smtp: address.extend({ implicitPort: z.int().optional() }),
  local: z.strictObject({ control: z.string().optional(), submit: z.string().optional() }),
});

/** One answer for each message of a batch, in order. */
export const batchShape = z.strictObject({
  accepted: z.int(),
  refused: z.int(),
  items: z.array(z.union([acceptedShape, z.strictObject({ error: problemShape })])),
});

export const movedShape = z.strictObject({ messageId: z.string(), status });

const bulkFields = {
  matched: z.int(),
  messageIds: z.array(z.string()),
  cursor: textOrNull.describe('Give it back to go on; null: that was all'),
};
export const retriedShape = z.strictObject({ ...bulkFields, retried: z.int() });
export const cancelledShape = z.strictObject({ ...bulkFields, cancelled: z.int() });

/** Slug of the tenant that has it. */
export const slug = z.string().describe('Slug of its tenant');

const mailboxShape = z.strictObject({ email: z.string(), name: z.string().optional() });

export const rowShape = z.strictObject({
  messageId: z.string(),
  tenant: slug,
  status,
  from: mailboxShape,
  to: z.array(z.string()),
  cc: z.array(z.string()),
  bcc: z.array(z.string()),
  rcpt: z.array(z.string()).describe('Recipients of the envelope of a message that came in whole'),
  subject: z.string(),
  provider: textOrNull,
  attempts: z.int(),
  maxAttempts: z.int(),
  dead: z.boolean(),
  lastError: textOrNull,
  createdAt: time,
  updatedAt: time,
  sentAt: timeOrNull,
  scheduledAt: timeOrNull,
  nextAttemptAt: timeOrNull,
  category: textOrNull,
  tags: z.array(z.string()),
  priority: z.enum(lanes),
  groupId: textOrNull,
  template: textOrNull.describe('Name of the stored template that it was made with'),
  templateVersion: z.int().nullable(),
});

export const inboxRowShape = z.strictObject({
  messageId: z.string(),
  tenant: z.string().describe('Slug'),
  from: mailboxShape,
  to: z.array(z.string()).describe('Every recipient, those of the envelope alone too'),
  subject: z.string(),
  receivedAt: time.describe('When the provider was given it'),
  size: z.int().describe('In bytes'),
  hasAttachments: z.boolean(),
});

const linkShape = z.strictObject({ url: z.string(), text: z.string() });

export const viewShape = z.strictObject({
  subject: z.string(),
  from: z.string(),
  to: z.string(),
  cc: z.string(),
  replyTo: z.string(),
  headers: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  text: textOrNull,
  hasHtml: z.boolean(),
  remotePictures: z.int().describe('Pictures from outside, which are shown only with `remote`'),
  attachments: z.array(
    z.strictObject({
      filename: z.string(),
      contentType: z.string(),
      size: z.int(),
      contentId: z.string().optional(),
      isInline: z.boolean(),
    }),
  ),
  links: z.array(linkShape),
  checks: z.array(z.strictObject({ about: z.string(), state: z.enum(['good', 'warn', 'bad']), text: z.string() })),
  warnings: z.array(
    z.strictObject({
      feature: z.string(),
      missingIn: z.array(z.string()).describe('Mail clients that do not show it'),
      source: z.string(),
      testedOn: z.iso.date(),
    }),
  ),
  frame: z.string().describe('Path of its HTML, for a frame'),
  frameUntil: time,
});

export const checkedLinksShape = listOf(
  linkShape.extend({
    status: z.int().optional(),
    state: z.enum(['good', 'warn', 'bad', 'skipped']),
    detail: z.string(),
  }),
);

export const deletedShape = z.strictObject({ deleted: z.int() });

/** An event inside the message it belongs to. */
export const historyShape = z.strictObject({
  type: z.enum(eventTypes),
  timestamp: time,
  sequence: z.int(),
  recipient: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
});

/** Times, of a recipient. */
const hitFields = {
  opens: z.int().describe('By people, as far as known'),
  clicks: z.int(),
  machineOpens: z.int().describe('By scanners and proxies'),
  machineClicks: z.int(),
};

export const messageShape = rowShape.extend({
  replyTo: textOrNull,
  envelopeFrom: z.string(),
  messageIdHeader: z.string(),
  idempotencyKey: textOrNull,
  metadata: z.record(z.string(), z.unknown()).nullable(),
  door: z.enum(['http', 'smtp', 'cli', 'socket', 'nats']),
  tracking: z
    .strictObject({ opens: z.boolean(), clicks: z.boolean(), anonymous: z.boolean() })
    .nullable()
    .describe('What is noted of its reading; null for nothing'),
  unsubscribe: z.strictObject({ category: z.string() }).nullable().describe('What its readers can turn off'),
  recipients: z.array(
    z.strictObject({
      email: z.string(),
      kind: z.enum(recipientKinds),
      status,
      reply: textOrNull,
      providerMessageId: textOrNull.describe('What the last provider that took it calls the message'),
      ...hitFields,
      updatedAt: time,
    }),
  ),
  attemptLog: z.array(
    z.strictObject({
      number: z.int(),
      provider: textOrNull.describe('Null where it ended before a provider was asked'),
      startedAt: time,
      endedAt: time,
      outcome: z.enum(outcomeKinds),
      reply: textOrNull,
      counted: z.boolean(),
      providerMessageId: textOrNull,
    }),
  ),
  attachments: z.array(
    z.strictObject({
      filename: z.string(),
      contentType: z.string(),
      size: z.int(),
      contentId: z.string().optional(),
      removedAt: time.optional().describe('When its content was removed, after the time it is kept'),
    }),
  ),
  events: z.array(historyShape),
});

export const contentShape = z.strictObject({
  kind: z.enum(['parts', 'raw']),
  subject: z.string(),
  html: textOrNull,
  text: textOrNull,
  rendered: z.strictObject({ subject: z.string(), html: textOrNull, text: textOrNull }).nullable(),
  variables: z.record(z.string(), z.unknown()).nullable(),
  headers: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  attachmentUrls: z.array(z.string()).describe('Attachments that are still to be fetched'),
});

/** An event on its own, as the stream gives it. */
const marksFields = {
  tags: z.array(z.string()),
  category: textOrNull,
  groupId: textOrNull,
  idempotencyKey: textOrNull,
  metadata: z.record(z.string(), z.unknown()).nullable().describe('Null too where it is larger than 4,096 characters'),
};
const messageIdOrNull = textOrNull.describe('Null where it is about `subject`');
const subject = z
  .strictObject({ kind: z.enum(subjectKinds), id: z.string() })
  .optional()
  .describe('What it is about instead of a message');
export const eventShape = historyShape.extend({
  id: z.string(),
  messageId: messageIdOrNull,
  tenantId: z.string(),
  subject,
  ...marksFields,
});

/** The body of a post to a webhook, as webhooks/payload.ts makes it. */
export const webhookPayloadShape = z.strictObject({
  event: z.enum(webhookNames as [string, ...string[]]),
  messageId: messageIdOrNull,
  tenantId: z.string(),
  subject,
  timestamp: time,
  sequence: z.int().describe('Grows within a message or subject'),
  data: z
    .looseObject({
      to: z.array(z.string()),
      subject: z.string(),
      provider: textOrNull,
      attempts: z.int(),
      ...marksFields,
      recipient: z.string().optional().describe('Absent where it is about the whole message'),
      outcome: z.string().optional(),
      reply: z.string().optional(),
    })
    .partial()
    .describe('All of it is there where the event is about a message'),
});

export const unsubscribePutShape = z.strictObject({
  email: z.string(),
  category: textOrNull.describe('Null: all mail that can be turned off'),
  change: z.enum(['added', 'unchanged']).describe('`unchanged` where it was off already'),
});

export const unsubscribeRowShape = unsubscribePutShape.omit({ change: true }).extend({
  way: z.enum(unsubscribeWays).describe('By the button of a mail client, the page of its link, a mail, or a call'),
  createdAt: time,
  tenant: slug,
});

export const suppressionShape = z.strictObject({
  email: z.string(),
  reason: z.enum(suppressionReasons),
  note: textOrNull,
  expiresAt: timeOrNull,
  createdAt: time,
});

export const suppressionRowShape = suppressionShape.extend({ tenant: slug });

export const suppressionDetailShape = suppressionShape.extend({
  evidence: z
    .array(z.strictObject({ at: time, messageId: textOrNull, reply: textOrNull }))
    .describe('What led to it, oldest first, where the platform suppressed the address itself'),
});

export const suppressionPutShape = suppressionShape.extend({
  change: z
    .enum(suppressionChanges)
    .describe('What came of the call: `unchanged` where the entry said all of it already'),
});

export const importedShape = z.strictObject({
  imported: z.int().describe('Lines that were understood: added, changed and unchanged'),
  added: z.int(),
  changed: z.int().describe('Of addresses that were on the list, and are suppressed more strongly or for longer now'),
  unchanged: z.int().describe('Of addresses that were on the list; nothing is altered'),
  refused: z.int(),
  errors: z
    .array(z.strictObject({ path: z.string(), message: z.string() }))
    .describe('The lines that were refused, as `line 3`; the first 1000'),
  ignoredColumns: z.array(z.string()).describe('Columns that mean nothing to a suppression list'),
  dryRun: z.boolean().describe('Nothing was added'),
});

export const domainShape = z.strictObject({
  domain: z.string(),
  tenant: slug,
  usable: z.boolean().describe('Whether the tenant may send from it; what its own key added, once it is verified'),
  addedBy: z.enum(['operator', 'tenant']),
  shared: z.boolean().describe('Other tenants may send from it too'),
  verified: z.boolean(),
  verifiedAt: timeOrNull,
  checkedAt: timeOrNull,
  createdAt: time,
});

export const domainsShape = listOf(domainShape).extend({
  anySender: z
    .boolean()
    .nullable()
    .describe('Whether the tenant may send from other domains too; null where the list is of all tenants'),
});

export const domainReportShape = domainShape.extend({
  records: z.array(
    z.strictObject({
      purpose: z.enum(recordPurposes),
      type: z.enum(['TXT', 'CNAME']),
      name: z.string(),
      value: z.string(),
      ttl: z.int(),
      required: z.boolean().describe('Whether the domain is verified only with it'),
      note: textOrNull,
    }),
  ),
  keys: z.array(
    z.strictObject({
      selector: z.string(),
      algorithm: z.enum(dkimAlgorithms),
      state: z.enum(dkimStates),
      published: z.boolean().nullable().describe('Whether the last look at DNS found its record'),
      createdAt: time,
      activatedAt: timeOrNull,
      retiredAt: timeOrNull,
    }),
  ),
  notes: z.array(z.string()),
});

export const domainCheckShape = z.strictObject({
  at: time,
  verified: z.boolean(),
  results: z.array(
    z.strictObject({
      purpose: z.enum(recordPurposes),
      name: z.string(),
      status: z.enum(findings),
      required: z.boolean(),
      found: z.array(z.string()),
      detail: z.string(),
    }),
  ),
});

export const domainVerifiedShape = domainReportShape.extend({ check: domainCheckShape });

const countsShape = z.record(z.string(), z.int());
const rate = z.number().nullable().describe('Part of `recipients`; null where there were none');
const tallyFields = {
  recipients: z.int().describe('Whose mail a provider took, or turned away for good because of the address'),
  delivered: z.int(),
  bounced: z.int().describe('Hard bounces'),
  complained: z.int(),
  opened: z.int().describe('By people, as far as the provider tells'),
  clicked: z.int(),
  openedByMachine: z.int().describe('By scanners and proxies'),
  clickedByMachine: z.int(),
  rates: z.strictObject({
    ...{ delivered: rate, bounced: rate, complained: rate, opened: rate, clicked: rate },
    ...{ openedByMachine: rate, clickedByMachine: rate },
  }),
};

const refusedShape = z
  .strictObject({
    rateLimited: z.int().describe('By the rate limits of the tenant'),
    tooManyRecipients: z.int(),
    tooLarge: z.int(),
  })
  .describe('Messages that a limit refused, in the same hours');

/** One recipient of one message of a group. */
export const groupRecordShape = z.strictObject({
  messageId: z.string(),
  recipient: z.string(),
  subject: z.string(),
  status,
  createdAt: time,
  sentAt: timeOrNull,
  delivered: z.boolean(),
  deliveredAt: timeOrNull,
  opened: z.boolean().describe('By a person, as far as known'),
  clicked: z.boolean(),
  ...hitFields,
  firstOpenedAt: timeOrNull,
  lastOpenedAt: timeOrNull,
  lastClickedAt: timeOrNull,
  failed: z.boolean(),
});

export const groupShape = z.strictObject({
  groupId: z.string(),
  items: z.array(groupRecordShape),
  cursor: textOrNull,
});

export const groupAnalyticsShape = z.strictObject({
  groupId: z.string(),
  totalSent: z.int().describe('Recipients whose mail a provider took, or turned away for good because of the address'),
  delivered: z.int(),
  opened: z.int().describe('Times that people opened it, as far as known'),
  uniqueOpened: z.int().describe('Recipients who did'),
  clicked: z.int(),
  uniqueClicked: z.int(),
  machineOpened: z.int().describe('Times that scanners and proxies did'),
  machineClicked: z.int(),
  bounced: z.int(),
  complained: z.int(),
  failed: z.int(),
});

export const statsShape = z.strictObject({
  from: time,
  to: time,
  bucket: z.enum(['hour', 'day']),
  total: z.int(),
  byStatus: countsShape,
  buckets: z.array(z.strictObject({ at: time, byStatus: countsShape })),
  counted: z
    .strictObject({ from: time, to: time })
    .describe(
      'The whole hours that are counted: messages by when they were accepted, and what IEP heard in them of recipients, each once',
    ),
  ...tallyFields,
  refused: refusedShape,
  byProvider: z
    .array(z.strictObject({ provider: z.string().describe('Empty where none is known'), ...tallyFields }))
    .optional()
    .describe('With `by=provider`'),
  byTenant: z
    .array(z.strictObject({ tenant: z.string(), ...tallyFields, refused: refusedShape }))
    .optional()
    .describe('With `by=tenant`; the slug of each'),
  byTemplate: z
    .array(
      z.strictObject({
        template: z
          .string()
          .describe('Empty where messages were made with none; `(others)` for those past the first of an hour'),
        ...tallyFields,
      }),
    )
    .optional()
    .describe('With `by=template`'),
});

export const analyticsShape = z.strictObject({
  from: time,
  to: time,
  bucket: z.enum(['hour', 'day']),
  counted: z.strictObject({ from: time, to: time }).describe('The whole hours that are counted'),
  items: z.array(
    z.strictObject({
      name: z.string().describe('Of the tenant (its slug), provider or category; empty where there is none'),
      isRest: z.boolean().describe('The others together: those behind `top`, and categories beyond the 50 of an hour'),
      ...tallyFields,
      buckets: z.array(z.strictObject({ at: time, ...tallyFields })).describe('Those without anything are left out'),
    }),
  ),
});

export const tenantShape = z.strictObject({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  active: z.boolean(),
  paused: z.boolean(),
  pausedReason: textOrNull.describe('Where IEP itself paused it'),
  removing: z.boolean().describe('It is closed, and what it had is being taken away'),
  settings: tenantSettingsSchema,
  fromConfig: z
    .array(z.string())
    .describe(
      'What the configuration file says of it, and no call changes: `name`, `active`, `senderDomains` or a setting',
    ),
  senderDomains: z.array(z.string()),
  verifiedDomains: z.array(z.string()),
  rates: z
    .array(z.strictObject({ rate: z.enum(alertedRates), value: z.number(), isTooHigh: z.boolean() }))
    .optional()
    .describe(
      'Of one tenant alone: part of the recipients who bounced or complained; empty where nobody did in the last day',
    ),
  createdAt: time,
  updatedAt: time,
});

export const keyShape = z.strictObject({
  id: z.string(),
  prefix: z.string(),
  tenant: textOrNull.describe('Slug; null for an operator’s key'),
  name: textOrNull,
  scopes: z.array(z.enum(scopes)),
  createdAt: time,
  expiresAt: timeOrNull,
  revokedAt: timeOrNull,
  lastUsedAt: timeOrNull,
  allowedIps: z.array(z.string()).describe('Networks it works from; none: any address'),
});

export const newKeyShape = keyShape.extend({ key: z.string().describe('Shown this once') });

export const appliedShape = z.strictObject({
  dryRun: z.boolean(),
  items: z.array(
    z.strictObject({
      apiVersion: z.string(),
      kind: z.string(),
      name: z.string(),
      namespace: z.string().optional().describe('Slug of the tenant; left out where it belongs to none'),
      action: z.enum(resourceActions),
      changes: z
        .array(z.strictObject({ path: z.string(), before: z.unknown(), after: z.unknown() }))
        .describe('Field by field; `set` stands for a secret'),
      secret: z.record(z.string(), z.string()).optional().describe('Shown this once'),
      messageId: z.string().optional().describe('Of an Email'),
    }),
  ),
});

export const triggerShape = z.strictObject({
  name: z.string(),
  tenant: z.string().describe('Slug'),
  on: z.string(),
  when: z.record(z.string(), z.unknown()).nullable(),
  template: z.string(),
  to: z.array(z.string()).nullable(),
  subscribers: z.array(z.string()).nullable(),
  variables: z.record(z.string(), z.unknown()).nullable(),
  priority: z.enum(lanes).nullable(),
  active: z.boolean(),
  createdAt: time,
  updatedAt: time,
});

export const triggerTestShape = z.strictObject({
  trigger: z.string(),
  fits: z.boolean().describe('The event is one that the trigger is for'),
  reasons: z.array(z.string()).describe('Why it would send nothing, or not to all'),
  messages: z.array(
    z.strictObject({ to: z.array(z.string()), template: z.string(), variables: z.record(z.string(), z.unknown()) }),
  ),
});

export const eventTakenShape = z.strictObject({
  eventId: z.string(),
  duplicate: z.boolean().describe('It came before: this is what came of it then'),
  triggered: z.array(z.strictObject({ trigger: z.string(), messageId: z.string() })),
  notified: z
    .array(z.strictObject({ rule: z.string(), notificationId: z.string() }))
    .optional()
    .describe('Notifications that rules made of it; left out where none did'),
  acknowledged: z
    .array(z.string())
    .optional()
    .describe('Ids of notifications whose escalation it ended; left out where it ended none'),
  skipped: z
    .array(z.strictObject({ trigger: z.string().optional(), rule: z.string().optional(), reason: z.string() }))
    .describe('Triggers and rules that fit, and why they sent nothing, or not to everybody'),
});

export const eventsTakenShape = z.strictObject({
  items: z.array(z.union([eventTakenShape, z.strictObject({ error: problemShape })])),
});

export const kindsShape = z.strictObject({
  items: z.array(
    z.strictObject({ kind: z.string(), plural: z.string(), apiVersion: z.string(), description: z.string() }),
  ),
});

export const resourceShape = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.strictObject({
    name: z.string(),
    namespace: z.string().optional().describe('Slug of the tenant; left out where it belongs to none'),
    labels: z.record(z.string(), z.string()),
    uid: z.string().describe('By which the rest of the API knows it'),
    creationTimestamp: z.string().optional(),
    source: z.enum(['config', 'apply', 'command']).describe('What declared it'),
  }),
  spec: z.record(z.string(), z.unknown()).optional().describe('Left out where the fields stand beside it'),
  status: z.record(z.string(), z.unknown()).optional(),
});

export const auditShape = z.strictObject({
  seq: z.int(),
  at: time,
  actor: z.strictObject({ kind: z.enum(actorKinds), id: z.string(), name: textOrNull }),
  source: z.string(),
  action: z.string(),
  outcome: z.string().describe('`done`, or the code of the refusal'),
  tenant: textOrNull,
  target: textOrNull,
  requestId: textOrNull,
  detail: z.record(z.string(), z.unknown()),
  hash: z.string(),
});

export const auditVerdictShape = z.strictObject({
  intact: z.boolean(),
  entries: z.int(),
  head: z.strictObject({ seq: z.int(), hash: z.string() }).nullable().describe('Keep it elsewhere to compare later'),
  breaks: z.array(z.strictObject({ seq: z.int(), reason: z.string() })),
});

const feedbackKind = z.enum(feedbackKinds).describe('An event, or what changes nothing');
const bounceReason = z
  .enum(bounceReasons)
  .nullable()
  .describe('Of what bounced; only `hard` counts towards a suppression');

export const importedFeedbackShape = z.strictObject({
  reports: z.array(
    z.strictObject({
      recipient: textOrNull,
      kind: feedbackKind,
      class: bounceReason,
      enhanced: textOrNull.describe('RFC 3463 status'),
      messageId: textOrNull,
      matched: z.boolean(),
    }),
  ),
});

export const feedbackShape = z.strictObject({
  at: time.describe('When it happened'),
  receivedAt: time,
  provider: textOrNull.describe('That told it, or that the message went by'),
  door: z
    .enum(feedbackDoors)
    .describe(
      'How it came first: a callback, a queue (SQS), the listener (SMTP), an import (a pipe), a mailbox (IMAP)',
    ),
  kind: feedbackKind,
  class: bounceReason,
  recipient: textOrNull,
  diagnostic: textOrNull.describe('What the other side said'),
  unproved: z.boolean().describe('Anybody may have written it, so it is held against nobody'),
  tenant: textOrNull.describe('Slug'),
  messageId: textOrNull.describe('Null where it is about no message that is known here'),
});

const breakerShape = z.strictObject({
  state: z.enum(['closed', 'open', 'half_open']),
  openSince: timeOrNull,
  retryAt: timeOrNull.describe('While it is open: when the provider is tried again'),
  account: z.boolean().describe('It is open because the provider refuses our account; `health` says what to do'),
  attempts: z.int().nullable().describe('While it is closed: attempts that ended within the window'),
  failures: z.int().nullable(),
});

export const providerShape = z.strictObject({
  name: z.string(),
  type: z.string(),
  source: z.enum(['config', 'store']).describe('What stands in the configuration is changed there'),
  settings: z.record(z.string(), z.unknown()).describe('`set` stands for a secret'),
  problem: textOrNull.describe('Why the settings cannot be used'),
  capabilities: z
    .strictObject({
      raw: z.boolean().describe('A whole message leaves byte for byte'),
      attachments: z.boolean(),
      idempotency: z.boolean().describe('It knows a message again that it is given twice with one key'),
      events: z.boolean().describe('It tells what became of the mail'),
      maxRecipients: z.int().nullable().describe('Of one request or transaction; a message with more goes in several'),
      maxBytes: z.int().nullable(),
    })
    .nullable()
    .describe('Null where the settings cannot be used'),
  callbacks: z
    .strictObject({
      ready: z.boolean().describe('Callbacks of its vendor can be proved'),
      setting: z.string().describe('What proves them'),
      takenAt: timeOrNull.describe('When one was last taken, since the daemon started'),
      refused: z
        .strictObject({ at: time, reason: z.string(), detail: z.string() })
        .nullable()
        .describe('The last one that was refused, since the daemon started'),
      queue: z
        .strictObject({ where: z.string(), problem: textOrNull.describe('Why it cannot be read now') })
        .nullable()
        .describe('The queue that events are read from'),
    })
    .nullable()
    .describe('How what its vendor tells gets in; null where it tells nothing, or no daemon answers'),
  webhookUrl: textOrNull.describe(
    'Where its vendor posts to; null where it posts nothing, or `http.publicUrl` is not set',
  ),
  createdAt: timeOrNull,
  updatedAt: timeOrNull,
  state: z
    .strictObject({
      paused: z.boolean().describe('The operator gives it nothing for now'),
      breaker: breakerShape,
      throttledUntil: timeOrNull,
      turnedAway: z.boolean().describe('Throttled because it said 421'),
      inFlight: z.int(),
      waiting: z.int(),
      limit: z.int().describe('Messages it may have at once now'),
      concurrency: z.int(),
      maxPerSecond: z.number().nullable(),
      health: z.strictObject({ ok: z.boolean(), detail: z.string(), checkedAt: time }).nullable(),
    })
    .nullable()
    .describe('Null where no daemon answers'),
});

export const takenCallbackShape = z.strictObject({
  events: z.int().describe('Those that are feedback, whether they are new or not'),
  new: z.int(),
  unmatched: z.int().describe('About no message that is known here'),
  unknown: z.int().describe('Events that mean nothing here'),
});

export const providerTestShape = z.strictObject({
  ok: z.boolean(),
  detail: z.string(),
  sent: z
    .strictObject({ outcome: z.string(), reply: z.string(), transcript: z.string().optional() })
    .nullable()
    .describe('What came of the message, where one was asked for'),
});

export const explanationShape = z.strictObject({
  messageId: z.string(),
  status,
  summary: z.string().describe('One sentence: what became of it, or why it has not gone yet and when it is tried next'),
  next: z
    .strictObject({ at: timeOrNull, reason: z.string() })
    .nullable()
    .describe('What happens next, where anything does without help'),
  template: textOrNull.describe('Name of the stored template that it was made with'),
  templateVersion: z.int().nullable(),
  notifications: z
    .array(z.strictObject({ notificationId: z.string(), type: z.string() }))
    .describe('What it tells of: one, or the newest of those that a digest gathered'),
  recipients: z.array(z.strictObject({ email: z.string(), status, reply: textOrNull, suppressed: z.boolean() })),
  route: z
    .array(z.strictObject({ provider: z.string(), standing: z.string() }))
    .describe('While it is open: the providers it is tried with, in order, and how each is doing'),
  attempts: z.array(
    z.strictObject({
      number: z.int(),
      provider: textOrNull.describe('Null where it ended before a provider was asked'),
      startedAt: time,
      endedAt: time,
      outcome: z.enum(outcomeKinds),
      reply: textOrNull,
      counted: z.boolean(),
      transcript: textOrNull.describe('What was said on the wire; of attempts that did not succeed'),
    }),
  ),
  timeline: z.array(z.strictObject({ at: time, event: z.enum(eventTypes), text: z.string() })),
});

/** A tenant that was paused by name stays paused when the whole queue is resumed, and the other way round. */
export const pausedShape = z.strictObject({
  paused: z.boolean().describe('What was asked for'),
  tenant: z.string().nullable(),
  allPaused: z.boolean().describe('Whether the whole queue is paused now'),
  pausedTenants: z.array(z.string()).describe('Slugs of the tenants that are paused by name now'),
});

export const queueShape = z.strictObject({
  paused: z.boolean().describe('The whole queue is paused'),
  items: z.array(
    z.strictObject({
      tenant: z.string(),
      tenantId: z.string(),
      lane: z.enum(lanes),
      waiting: z.int(),
      due: z.int(),
      leased: z.int(),
      scheduled: z.int(),
      oldestAt: time,
      nextDueAt: time,
      paused: z.boolean(),
      active: z.boolean(),
    }),
  ),
});
