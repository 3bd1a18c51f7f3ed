/** The status of a message, from those of its recipients. */

import type { Status } from '../core/message.ts';
import { openStatuses } from '../core/message.ts';

/**
 * Open while any recipient is; then `sent` if any was accepted, else `failed`, and `suppressed` only if nobody was
 * meant to get it (product.md, "Life of a message").
 */
export function messageStatus(recipients: readonly Status[]): Status {
  if (recipients.some((status) => openStatuses.includes(status))) return 'queued';
  if (recipients.some((status) => accepted.includes(status))) return 'sent';
  return recipients.every((status) => status === 'suppressed') ? 'suppressed' : 'failed';
}

const accepted: readonly Status[] = ['sent', 'delivered', 'complained'];
