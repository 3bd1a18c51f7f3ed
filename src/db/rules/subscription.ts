/** Which events an endpoint gets: as they happen, and when they are replayed. */

import { IepError } from '../../core/errors.ts';
import type { EventType } from '../../core/message.ts';
import type { DeliveryStatus } from '../verbs/webhooks.ts';

/** `events`: the JSON list of an endpoint, which is not parsed for every event. `*` or the type itself. */
export function wants(events: string, type: EventType): boolean {
  return events.includes(`"${type}"`) || events.includes('"*"');
}

/** Whether an event of its tenant is one that a replay of this time is about. */
export function isReplayed(
  event: { readonly type: EventType; readonly at: number },
  events: string,
  { from = 0, until = Number.MAX_SAFE_INTEGER }: { readonly from?: number; readonly until?: number },
): boolean {
  return event.at >= from && event.at < until && wants(events, event.type);
}

/** An endpoint missed an event that it neither got nor waits for. Undefined: the endpoint has no delivery of it. */
export function isMissed(status: DeliveryStatus | undefined): boolean {
  return status !== 'delivered' && status !== 'pending';
}

/** Nothing is sent again to an endpoint that is off. */
export function requireOn(isActive: boolean): void {
  if (isActive) return;
  throw new IepError('conflict', 'The endpoint is off; turn it on first: `iep webhook set ID --active`.');
}
