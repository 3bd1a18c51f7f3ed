/** What calls answer about messages: those accepted, moved, listed and looked at. */

import * as z from 'zod';
import { lanes, recipientKinds } from '../../core/message.ts';
import { outcomeKinds } from '../../core/outcome.ts';
import { problemShape, slug, status, textOrNull, time, timeOrNull } from './common.ts';
import { historyShape } from './events.ts';

export const acceptedShape = z.strictObject({
  messageId: z.string(),
  status,
  suppressedRecipients: z.array(z.string()),
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

export const deletedShape = z.strictObject({ deleted: z.int() });

/** Times, of a recipient. */
export const hitFields = {
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
