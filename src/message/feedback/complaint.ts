/** Complaints: message/feedback-report (RFC 5965), as feedback loops send them. */

import type { FeedbackKind } from '../../db/verbs/feedback.ts';
import { addressOf, timeOf } from './delivery-status.ts';
import { type Fields, firstOf, readFields } from './fields.ts';
import type { Report } from './report.ts';

/** RFC 5965 §7.3, and what lists of senders say besides. What is not here says nothing against the message. */
const KIND_OF_TYPE: Readonly<Record<string, FeedbackKind>> = {
  abuse: 'complained',
  fraud: 'complained',
  virus: 'complained',
  other: 'complained',
  'opt-out': 'unsubscribed',
  'opt-out-list': 'unsubscribed',
};

/** `original`: the header of the message that is complained about. Loops that hide the recipient name none. */
export function readComplaint(text: string, original: Fields): readonly Report[] {
  const fields = readFields(text);
  const feedbackType = firstOf(fields, 'feedback-type')?.toLowerCase().slice(0, 40) ?? 'abuse';
  const at = timeOf(firstOf(fields, 'arrival-date') ?? firstOf(fields, 'received-date'));
  const report: Report = {
    ...{ kind: KIND_OF_TYPE[feedbackType] ?? 'unknown', feedbackType },
    ...(at !== undefined && { at }),
  };
  const named = (fields.get('original-rcpt-to') ?? []).map(addressOf).filter((email) => email !== undefined);
  const shown = addressOf(firstOf(original, 'to'));
  const recipients = named.length > 0 || shown === undefined ? named : [shown];
  return recipients.length === 0 ? [report] : recipients.map((recipient) => ({ ...report, recipient }));
}
