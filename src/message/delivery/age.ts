/** The age from which waiting costs a message attempts too, so that it comes to an end. */

import type { Message } from '../../core/message.ts';

/** Patience for what is not the message's failure, such as a provider that throttles for days, ends at `maxAgeMs`. */
export function isOld(
  { createdAt, scheduledAt }: Pick<Message, 'createdAt' | 'scheduledAt'>,
  { now, maxAgeMs }: { readonly now: number; readonly maxAgeMs: number },
): boolean {
  return now - (scheduledAt ?? createdAt) > maxAgeMs;
}
