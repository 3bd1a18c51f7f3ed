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
  const named = namedIn(fields, original);
  return named.length === 0 ? [report] : named.map((recipient) => ({ ...report, recipient }));
}

/** The complaint of Microsoft's loop, as it is without a feedback report: from this address, with the message and its recipient. */
const OLDER_LOOP = 'staff@hotmail.com';

/** `sender`: of the mail that came back. Undefined: it is something else. */
export function readOlderComplaint(sender: string, original: Fields): readonly Report[] | undefined {
  const recipient = addressOf(firstOf(original, OF_MICROSOFT));
  const isComplaint = sender.toLowerCase() === OLDER_LOOP && recipient !== undefined;
  return isComplaint ? [{ kind: 'complained', feedbackType: 'abuse', recipient }] : undefined;
}

/** Microsoft writes the recipient into the message, and nowhere else. */
const OF_MICROSOFT = 'x-hmxmroriginalrecipient';

/** Who complained: by the report, by the message, or by a `To` with one address. */
function namedIn(fields: Fields, original: Fields): readonly string[] {
  const lists = [fields.get('original-rcpt-to'), fields.get('removal-recipient'), original.get(OF_MICROSOFT)];
  const [named] = lists
    .map((values = []) => values.map(shownIn).filter((email) => email !== undefined))
    .filter((emails) => emails.length > 0);
  const shown = shownIn(firstOf(original, 'to'));
  return named ?? (shown === undefined ? [] : [shown]);
}

/** What loops write in place of an address that they hide, `redacted@redacted`, is nobody's: the message may say whose it is. */
function shownIn(field: string | undefined): string | undefined {
  const email = addressOf(field);
  return email !== undefined && HIDDEN.test(email) ? undefined : email;
}

const HIDDEN =
  /^(?:redacted|undisclosed|hidden)(?:[-_.](?:address|recipients?))?@|@(?:redacted|undisclosed)(?:[-_.]|$)|\.invalid$/i;
