/** From how a transaction ended to an outcome for each recipient. */

import { wireAddress } from '../../../core/address.ts';
import type { Outcome } from '../../../core/outcome.ts';
import type { Parcel } from '../provider.ts';
import { plainReply } from '../reply.ts';
import { classify } from './classify.ts';
import type { ProviderEnvelope, Sent } from './connection.ts';
import { smtpReply } from './reply.ts';
import { messageOutcome } from './smtp-error.ts';

export function recipientOutcomes(input: {
  parcel: Parcel;
  sent: Sent;
  envelope: ProviderEnvelope;
  /** Host and port, for replies of our own making. */
  where: string;
  /** Recipients that were not handed over at all. */
  refused: ReadonlyMap<number, Outcome>;
}): ReadonlyMap<number, Outcome> {
  const { parcel, sent, envelope, where, refused } = input;
  const sender = wireAddress(parcel.envelopeFrom);
  const ofMessage = (address: string): Outcome => {
    if (sent.info) return { kind: 'delivered', reply: smtpReply(sent.info.response) };
    const about = { sender, recipient: address, isOneOfMany: envelope.to.length > 1 };
    return messageOutcome(sent.error ?? new Error('no answer'), { where, ended: sent.ended, about });
  };
  const byAddress = refusedAddresses(sender, sent, envelope);
  const outcomes = new Map(refused);
  for (const { position, address } of parcel.recipients) {
    if (refused.has(position)) continue;
    const said = wireAddress(address);
    outcomes.set(position, byAddress?.get(said) ?? ofMessage(said));
  }
  return outcomes;
}

/** What the server said to each RCPT it refused; that stands whatever became of the message afterwards. */
function refusedAddresses(
  sender: string,
  { error }: Sent,
  { rejectedErrors }: ProviderEnvelope,
): ReadonlyMap<string, Outcome> | undefined {
  // When MAIL was refused, every RCPT sent along with it was refused too, but only for want of a MAIL.
  if (!rejectedErrors || rejectedErrors.length === 0 || error?.command === 'MAIL FROM') return undefined;
  return new Map(
    rejectedErrors.flatMap(({ recipient, response }) => {
      if (recipient === undefined) return [];
      const reply = response === undefined ? plainReply('refused') : smtpReply(response);
      return [[recipient, classify(reply, 'rcpt', { sender, recipient })]];
    }),
  );
}
