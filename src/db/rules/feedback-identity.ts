/** What tells a repeat of what comes back about mail. */

import type { NewFeedback } from '../verbs/feedback.ts';
import type { Meant } from './feedback-match.ts';

/** What tells a repeat of it as long as no message is known: by its sender's id, else by all that it says of itself. */
export function looseIdentity(given: NewFeedback, isHeld: boolean): string {
  const { eventId, provider = '', recipient = '', finalRecipient, kind, at, about } = given;
  const { messageId = '', position, providerMessageId = '', messageIdHeader = '' } = about;
  // One report may come to the return paths of several recipients.
  const returned = position === undefined ? [] : [messageId, position];
  // A list comes back for each of its members.
  const member = finalRecipient === undefined ? [] : [finalRecipient.toLowerCase()];
  // An operator who believes it hands it in again.
  const unproved = isHeld ? ['unproved'] : [];
  if (eventId !== undefined)
    return JSON.stringify([
      'event',
      provider,
      eventId,
      recipient.toLowerCase(),
      kind,
      ...returned,
      ...member,
      ...unproved,
    ]);
  return JSON.stringify([provider, messageId, providerMessageId, messageIdHeader, recipient.toLowerCase(), kind, at]);
}

/** Of what is about a message that is known: its recipient, and what happened when. */
export function identityOf(
  { recipient = '', kind, at }: NewFeedback,
  match: { readonly messageId: string } & Pick<Meant, 'recipient'>,
): string {
  return JSON.stringify([match.messageId, (match.recipient?.address ?? recipient).toLowerCase(), kind, at]);
}
