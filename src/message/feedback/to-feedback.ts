/** What the store takes of a mail that came back. */

import type { NewFeedback } from '../../db/verbs/feedback.ts';
import type { Report, ReportedMail } from './report.ts';

/**
 * `now`: the time of a report that says none; its id tells a repeat, so that it may differ. `isUnproved`: anybody may have written it,
 * and nothing but a return path proves whom it is about.
 */
export function toFeedback(
  { id, at, about }: ReportedMail,
  report: Report,
  { now, isUnproved }: { readonly now: number; readonly isUnproved: boolean },
): NewFeedback {
  if (about.unsubscribes) {
    return { kind: 'unsubscribed', about, eventId: id, at: at ?? now, isUnproved: false, data: { way: 'mail' } };
  }
  const { kind, recipient, finalRecipient, class: reason, code, enhanced, diagnostic, feedbackType } = report;
  return {
    ...{ kind, about, eventId: id, at: report.at ?? at ?? now },
    ...(recipient !== undefined && { recipient }),
    ...(finalRecipient !== undefined && { finalRecipient }),
    isUnproved: isUnproved && about.position === undefined,
    data: {
      ...(reason !== undefined && { class: reason }),
      ...(code !== undefined && { code }),
      ...(enhanced !== undefined && { enhanced }),
      ...(diagnostic !== undefined && { diagnostic }),
      ...(feedbackType !== undefined && { feedbackType }),
    },
  };
}
