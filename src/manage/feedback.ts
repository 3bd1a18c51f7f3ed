/** Mail that came back, as the operator hands it in: read, taken by the store, counted. */

import { setImmediate as nextRound } from 'node:timers/promises';
import { counted } from '../core/counted.ts';
import { invalid } from '../core/invalid.ts';
import type { TakenFeedback } from '../db/verbs/feedback.ts';
import { returnedTo } from '../message/feedback/about.ts';
import { partMails } from '../message/feedback/mbox.ts';
import { type FindReturned, readReport } from '../message/feedback/read-report.ts';
import { type RecordDeps, record } from '../message/feedback/record.ts';
import type { Report, ReportedMail } from '../message/feedback/report.ts';
import { toFeedback } from '../message/feedback/to-feedback.ts';
import type { Audit } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';
import type { ReturnPaths } from './return-path.ts';

export interface ImportedReport {
  readonly report: Report;
  readonly taken: TakenFeedback;
}

export interface FeedbackDesk {
  /**
   * `bytes`: one mail, or an mbox file of them. Those that are known change nothing. `isUnproved`: anybody may have written them, so that
   * a complaint, and a hard bounce of a message with several recipients, count at a return path alone.
   */
  import(
    caller: Caller,
    given: { readonly bytes: Uint8Array; readonly isUnproved: boolean },
    signal: AbortSignal,
  ): Promise<readonly ImportedReport[]>;
}

export interface FeedbackDeskDeps extends RecordDeps {
  readonly audit: Pick<Audit, 'act'>;
  readonly returnPaths: Pick<ReturnPaths, 'reader'>;
}

/** Mails that one import may have. */
const MAX_MAILS = 1_000;

export function createFeedbackDesk(deps: FeedbackDeskDeps): FeedbackDesk {
  return {
    import: (caller, { bytes, isUnproved }, signal) =>
      deps.audit.act(caller, { action: 'feedback.import' }, async (note) => {
        const mails = partMails(bytes);
        if (mails.length > MAX_MAILS) {
          const message = `has ${counted(mails.length, 'mail')}; it may have ${MAX_MAILS}, so divide it`;
          throw invalid([{ path: '', message }]);
        }
        const ofReturnPath = await deps.returnPaths.reader();
        const returned: FindReturned = (header) => ofReturnPath && returnedTo(header, ofReturnPath);
        const read = await readAll(mails, { returned, signal });
        const now = deps.clock.now();
        const told = read.flatMap((mail) => mail.reports.map((report) => ({ mail, report })));
        const feedback = told.map(({ mail, report }) => toFeedback(mail, report, { now, isUnproved }));
        const taken = await record(deps, { door: 'import', feedback });
        const imported = told.flatMap(({ report }, at) => {
          const one = taken[at];
          return one === undefined ? [] : [{ report, taken: one }];
        });
        const news = taken.filter(({ isNew }) => isNew).length;
        const matched = taken.filter(({ match }) => match !== undefined).length;
        note({ after: { mails: mails.length, reports: taken.length, new: news, matched } });
        return imported;
      }),
  };
}

/** One at a time, with room for everybody else in between. */
async function readAll(
  mails: readonly Uint8Array[],
  { returned, signal }: { readonly returned: FindReturned; readonly signal: AbortSignal },
): Promise<readonly ReportedMail[]> {
  const read: ReportedMail[] = [];
  for (const mail of mails) {
    signal.throwIfAborted();
    read.push(await readReport(mail, returned));
    await nextRound();
  }
  return read;
}
