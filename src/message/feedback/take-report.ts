/** A mail that came back: read, and kept by the store. */

import type { ReadReturnPath, Returned } from '../../core/return-path.ts';
import type { TakenFeedback } from '../../db/verbs/feedback.ts';
import { returnedTo } from './about.ts';
import { readReport } from './read-report.ts';
import { type RecordDeps, record } from './record.ts';
import type { Report, ReportedMail } from './report.ts';
import { toFeedback } from './to-feedback.ts';

/**
 * One that came to return paths, for each of those whom they mean. `returned`: undefined for the postmaster, to whom anybody may write whatever he likes; what he gets is about no message. Nothing
 * that the mail says of its own message counts, because the return path is signed and that is not.
 */
export async function takeReport(
  deps: RecordDeps,
  bytes: Uint8Array,
  returned: readonly (Returned | undefined)[],
): Promise<readonly TakenFeedback[]> {
  const mail = await readReport(bytes);
  const now = deps.clock.now();
  const told = returned.map((about) => ({ ...mail, about: about ?? {} }));
  const feedback = told.flatMap((one) =>
    meantOf(one).map((report) => toFeedback(one, report, { now, isUnproved: true })),
  );
  return record(deps, { door: 'listener', feedback });
}

/**
 * A mail of a mailbox: it is about whom its return path means, else about what it says of its message. `isTrusted`: no stranger writes
 * to this mailbox; else nothing proves a mail that came to no return path.
 */
export async function takeMail(
  deps: RecordDeps,
  bytes: Uint8Array,
  { read, isTrusted }: { readonly read: ReadReturnPath | undefined; readonly isTrusted: boolean },
): Promise<readonly TakenFeedback[]> {
  const mail = await readReport(bytes, (header) => read && returnedTo(header, read));
  const now = deps.clock.now();
  const feedback = meantOf(mail).map((report) => toFeedback(mail, report, { now, isUnproved: !isTrusted }));
  return record(deps, { door: 'mailbox', feedback });
}

/** A return path is of one recipient, so that a mail to it tells one thing, however many it lists. */
function meantOf({ about, reports }: ReportedMail): readonly Report[] {
  if (about.position === undefined) return reports;
  return [reports.find(({ kind }) => kind === 'bounced') ?? reports[0]].filter((report) => report !== undefined);
}
