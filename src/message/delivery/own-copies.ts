/**
 * A message that is personal: each recipient gets a copy of its own, one after another, inside one attempt. A copy that is never
 * answered, or that the provider does not take now, keeps the rest from being begun; so each time the provider has the message it begins
 * with another recipient, and nobody waits or fails behind one untried.
 */

import type { RawMessage, Rendered } from '../../core/message.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Stop } from '../../core/stop.ts';
import type { BetweenRequests, Parcel, Provider, SendResult } from '../providers/provider.ts';
import { inRequests } from '../providers/requests.ts';

export interface MadeCopy {
  readonly rendered: Rendered | undefined;
  /** What goes out in place of a message that came whole. */
  readonly content?: RawMessage | undefined;
}

/** What the message says to one recipient; or what becomes of that recipient, where that cannot be made. */
export type OwnCopy = (recipient: Parcel['recipients'][number]) => Promise<MadeCopy | { readonly outcome: Outcome }>;

/**
 * Each copy is made when its turn comes. `isOver`: the time of the attempt is up, and those who are left wait for the next one.
 * Rejects for what the parcel's `mime` throws.
 */
export function sendOwnCopies(input: {
  readonly provider: Provider;
  /** For all of them. */
  readonly parcel: Parcel;
  parcelWith(copy: MadeCopy, recipients: Parcel['recipients']): Parcel;
  readonly ownCopy: OwnCopy;
  /** How often this provider has had the message before. */
  readonly handovers: number;
  readonly stop: Stop;
  readonly between: BetweenRequests;
  isOver(): boolean;
}): Promise<SendResult> {
  const { provider, parcel, parcelWith, ownCopy, stop, isOver } = input;
  const { recipients } = parcel;
  const first = input.handovers % recipients.length;
  const inTurn = [...recipients.slice(first), ...recipients.slice(0, first)];
  const between: BetweenRequests = async (given) => (await input.between(given)) && !isOver();
  return inRequests({ ...parcel, recipients: inTurn }, { most: 1, between }, async ({ recipients: [recipient] }) => {
    if (recipient === undefined) throw new Error('a request is for nobody');
    const copy = await ownCopy(recipient);
    if ('outcome' in copy) return { outcomes: new Map([[recipient.position, copy.outcome]]) };
    return provider.send(parcelWith(copy, [recipient]), stop);
  });
}
