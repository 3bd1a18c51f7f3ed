/**
 * When a message becomes a dead letter: once no recipient is open, where it was given up for any of them. Until then it is still tried,
 * and that it was given up for some is kept with it.
 */

import type { Job, Json } from '../../core/message.ts';
import type { NewEvent } from '../../db/verbs/events.ts';
import type { Settlement } from '../../db/verbs/outbox.ts';

/** `isGivenUp`: for a recipient, by this claim. */
export function burial(
  { job, isGivenUp, isOpen, now }: { job: Job; isGivenUp: boolean; isOpen: boolean; now: number },
  data: { readonly attempts: number } & { readonly [name: string]: Json },
): { readonly marks: Pick<Settlement, 'dead'>; readonly events: readonly NewEvent[] } {
  if (!isGivenUp && job.gaveUp !== true) return { marks: {}, events: [] };
  if (isOpen) return { marks: { dead: 'later' }, events: [] };
  const { attempts, ...rest } = data;
  const { maxAttempts } = job.message;
  return { marks: { dead: true }, events: [{ type: 'dlq', at: now, data: { attempts, maxAttempts, ...rest } }] };
}
