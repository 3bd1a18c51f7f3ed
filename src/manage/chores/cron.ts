/** The next time of a cron pattern. Croner says when; waiting for it is our own clock's. */

import { Cron } from 'croner';

/** Epoch ms of the first time after `after`, in local time; undefined where it never comes. Throws where it is not a pattern. */
export function nextTime(pattern: string, after: number): number | undefined {
  return new Cron(pattern, { paused: true }).nextRun(new Date(after))?.getTime();
}
