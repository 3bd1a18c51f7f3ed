/** The chore that removes what was kept long enough, from the configuration. Whoever has a clock calls `run` now and then. */

import type { Config } from '../config/schema.ts';
import { createRetention, type Retention } from '../retention/retention.ts';
import type { Ground } from './stations.ts';

export function createRetentionChore(ground: Pick<Ground, 'store' | 'blobs' | 'clock'>, config: Config): Retention {
  const { attachmentDays, messageDays } = config.retention;
  return createRetention(ground, { attachmentDays, ...(messageDays !== undefined && { messageDays }) });
}
