/** Many events of one callback are read a few at a time, with room for everybody else in between. */

import { setImmediate as nextRound } from 'node:timers/promises';
import type { CallbackResult, VendorFeedback } from '../inbound.ts';

const AT_ONCE = 100;

/** `read`: undefined for an event that means nothing here. */
export async function readInRounds(
  events: readonly unknown[],
  read: (event: unknown) => VendorFeedback | undefined,
): Promise<CallbackResult> {
  const feedback: VendorFeedback[] = [];
  for (let start = 0; start < events.length; start += AT_ONCE) {
    if (start > 0) await nextRound();
    feedback.push(
      ...events
        .slice(start, start + AT_ONCE)
        .map(read)
        .filter((one) => one !== undefined),
    );
  }
  return { kind: 'events', feedback, unknown: events.length - feedback.length };
}
