/** The outcome of a message that a vendor cannot carry. */

import type { Outcome } from '../../../core/outcome.ts';
import type { Parcel } from '../provider.ts';
import { plainReply } from '../reply.ts';

/** `why`: a sentence. */
export function unfit(why: string): Outcome & { readonly kind: 'rejected' } {
  return { kind: 'rejected', bounce: 'content', reply: plainReply(why) };
}

export function forAll(parcel: Pick<Parcel, 'recipients'>, outcome: Outcome): ReadonlyMap<number, Outcome> {
  return new Map(parcel.recipients.map(({ position }) => [position, outcome]));
}
