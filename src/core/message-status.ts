/** The status of a message, from those of its recipients. Everything that shows, counts or filters a status has it from here. */

import type { Status } from './message.ts';
import { openStatuses } from './message.ts';

/** Statuses of a recipient that has the mail, and of one that has not: the first that somebody has is the message's. */
const withMail: readonly Status[] = ['complained', 'sent', 'delivered'];
const without: readonly Status[] = ['bounced', 'failed', 'cancelled', 'suppressed'];

/**
 * Open while any recipient is. Then, where somebody has the mail, `complained` if one complained, else `delivered` if it
 * reached all of those, else `sent`. Where nobody has it, `bounced` if an address was at fault, else `failed`, `cancelled`
 * or, if nobody was meant to get it, `suppressed`.
 */
export function messageStatus(recipients: readonly Status[]): Status {
  if (recipients.some((status) => openStatuses.includes(status))) return 'queued';
  return [...withMail, ...without].find((status) => recipients.includes(status)) ?? 'failed';
}
