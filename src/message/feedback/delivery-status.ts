/** Delivery reports: message/delivery-status (RFC 3464, and RFC 6533 for addresses beyond ASCII). */

import { readMailbox } from '../../core/mailbox-list.ts';
import type { FeedbackKind } from '../../db/verbs/feedback.ts';
import { bounceClass, diagnose } from '../providers/bounce-class.ts';
import { type Fields, firstOf, readFieldGroups } from './fields.ts';
import type { Report } from './report.ts';

/** RFC 3464 §2.3.3. `relayed` and `expanded` say that nobody will tell more. */
const KIND_OF_ACTION: Readonly<Record<string, FeedbackKind>> = {
  failed: 'bounced',
  delayed: 'delivery_delayed',
  delivered: 'delivered',
};

/** One report for each recipient; the first group is about the message, but for servers that write only one. */
export function readDeliveryStatus(text: string): readonly Report[] {
  return readFieldGroups(text)
    .filter((group) => group.has('final-recipient') || group.has('original-recipient') || group.has('action'))
    .map(reportOf);
}

function reportOf(group: Fields): Report {
  // The original one is what was written to; the final one may be where that is forwarded.
  const recipient = addressOf(firstOf(group, 'original-recipient')) ?? addressOf(firstOf(group, 'final-recipient'));
  const action =
    firstOf(group, 'action')
      ?.toLowerCase()
      .split(/[\s(;]/)[0] ?? '';
  const kind = KIND_OF_ACTION[action] ?? 'unknown';
  const diagnosis = diagnose(typedValue(firstOf(group, 'diagnostic-code')), firstOf(group, 'status'));
  const at = timeOf(firstOf(group, 'last-attempt-date'));
  return {
    kind,
    ...(recipient !== undefined && { recipient }),
    ...(kind === 'bounced' && { class: bounceClass(diagnosis, recipient) }),
    ...diagnosis,
    ...(at !== undefined && { at }),
  };
}

/** What follows the type: `smtp; 550 no`, `rfc822; jo@example.com`. */
function typedValue(field: string | undefined): string | undefined {
  if (field === undefined) return undefined;
  const semicolon = field.indexOf(';');
  return field.slice(semicolon + 1).trim();
}

/** The address of `rfc822; <jo@example.com>`, in the spelling that is stored. */
export function addressOf(field: string | undefined): string | undefined {
  return readMailbox(typedValue(field) ?? '')?.email;
}

/** Epoch ms of a date of RFC 5322. */
export function timeOf(field: string | undefined): number | undefined {
  const at = Date.parse(field ?? '');
  return Number.isNaN(at) || at < 0 ? undefined : at;
}
