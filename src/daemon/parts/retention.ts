/** The chore that removes what was kept long enough, from the configuration. The daemon runs it by the clock. */

import { counted } from '../../core/counted.ts';
import type { Chore } from '../../manage/chores/chores.ts';
import { createRetention, type RetentionReport } from '../../manage/chores/retention.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import type { Ground } from './stations.ts';

export function retentionChore(ground: Pick<Ground, 'store' | 'blobs' | 'clock'>, config: LiveConfig): Chore['run'] {
  const options = config.options(({ retention: { attachmentDays, messageDays } }) => ({
    attachmentDays,
    ...(messageDays !== undefined && { messageDays }),
  }));
  const retention = createRetention(ground, options);
  return async (signal) => describe(await retention.run(signal));
}

function describe(report: RetentionReport): string {
  const { messagesRemoved, attachmentsRemoved, feedbackRemoved, blobsRemoved, bytesFreed } = report;
  const reports = counted(feedbackRemoved, 'report that belongs to no message', 'reports that belong to no message');
  const blobs = `${counted(blobsRemoved, 'blob')} of ${counted(bytesFreed, 'byte')}`;
  return `removed ${counted(messagesRemoved, 'message')}, the content of ${counted(attachmentsRemoved, 'attachment')}, ${reports}, ${blobs}`;
}
