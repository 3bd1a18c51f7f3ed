/**
 * Nodes measure leases and rate limits by the clocks of their machines. Where two are far apart, one takes what the other still has,
 * and no window of a limit holds: so a node must have the time of the database.
 */

import { IepError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';

/** Far below every lease and every window of a limit. */
const MOST_APART_MS = 10_000;

/** Refuses with `store_unavailable` where the clock of this machine is too far from that of the database. */
export function prepareSameTime(db: Connection): () => Promise<void> {
  const theirs = db
    .prepare<[], number>('SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now')
    .pluck();
  return async () => {
    const asked = Date.now();
    const now = (await theirs.get()) ?? asked;
    const heard = Date.now();
    // It was read at some moment between the two.
    const ahead = asked - now;
    const behind = now - heard;
    if (Math.max(ahead, behind) <= MOST_APART_MS) return;
    const seconds = Math.round(Math.max(ahead, behind) / 1_000);
    throw new IepError(
      'store_unavailable',
      `The clock of this machine is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} that of the database. Set both by NTP: leases and limits are measured by them.`,
    );
  };
}
