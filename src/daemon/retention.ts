/** The chore that removes what was kept long enough, from the configuration. Whoever has a clock runs it now and then. */

import type { Config } from '../config/schema.ts';
import { createRetention, type Retention, type RetentionReport } from '../retention/retention.ts';
import type { Ground } from './stations.ts';

export function createRetentionChore(ground: Pick<Ground, 'store' | 'blobs' | 'clock'>, config: Config): Retention {
  const { attachmentDays, messageDays } = config.retention;
  return createRetention(ground, { attachmentDays, ...(messageDays !== undefined && { messageDays }) });
}

export function describeRetention(report: RetentionReport): string {
  const { messagesRemoved, attachmentsRemoved, blobsRemoved, bytesFreed } = report;
  const blobs = `${blobsRemoved} blobs of ${bytesFreed} bytes`;
  return `removed ${messagesRemoved} messages, the content of ${attachmentsRemoved} attachments, ${blobs}`;
}
