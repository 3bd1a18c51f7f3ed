/**
 * A message that was under way when the process died, for the third time: it is set aside, because it may be what the process
 * dies of. Messages that were under way with it are told from it by how they are claimed (db/sqlite/outbox/claim.ts).
 */

import type { Job } from '../../core/message.ts';
import type { Settlement } from '../../db/verbs/outbox.ts';
import { failAll } from './fail-all.ts';

const MAX_DEATHS = 3;

/** Undefined while it may be tried. */
export function afterDeaths(job: Job, now: number): Settlement | undefined {
  const { deaths = 0 } = job;
  if (deaths < MAX_DEATHS) return undefined;
  const retry = `\`iep retry ${job.message.id}\``;
  const reason = `the daemon died ${deaths} times while this message was under way, so it is set aside; ${retry} tries it again`;
  return failAll({ job, reason, now, dead: true });
}
