/** What comes back about a recipient makes of its status (contract: what is made of it). A status never goes back. Pure. */

import type { Json, Status } from '../../core/message.ts';
import type { FeedbackKind } from '../verbs/feedback.ts';

/** Each may be followed by those behind it. What nobody sent, or IEP itself gave up, stays as it is. */
const IN_ORDER: readonly Status[] = ['sent', 'delivered', 'bounced', 'complained'];

export interface Told {
  readonly kind: FeedbackKind;
  readonly data: { readonly [name: string]: Json };
}

export function nextStatus(status: Status, told: Told): Status {
  const next = statusOf(told);
  if (next === undefined || !IN_ORDER.includes(status)) return status;
  return IN_ORDER.indexOf(next) > IN_ORDER.indexOf(status) ? next : status;
}

/** Whether there is a status that it changes: most of what comes back, opens and clicks, changes none. */
export function mayRaise(told: Told): boolean {
  return statusOf(told) !== undefined;
}

function statusOf({ kind, data }: Told): Status | undefined {
  if (kind === 'delivered' || kind === 'complained') return kind;
  return isHardBounce({ kind, data }) ? 'bounced' : undefined;
}

/** The one kind of bounce that changes a status and counts towards a suppression; policy and reputation never do. */
export function isHardBounce({ kind, data }: Told): boolean {
  return kind === 'bounced' && data.class === 'hard';
}
