/** What calls answer about mail that came back. */

import * as z from 'zod';
import { bounceReasons, feedbackDoors, feedbackKinds } from '../../db/verbs/feedback.ts';
import { textOrNull, time } from './common.ts';

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

export const takenCallbackShape = z.strictObject({
  events: z.int().describe('Those that are feedback, whether they are new or not'),
  new: z.int(),
  unmatched: z.int().describe('About no message that is known here'),
  unknown: z.int().describe('Events that mean nothing here'),
});
