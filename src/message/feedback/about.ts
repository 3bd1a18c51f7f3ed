/** Which message a report is about: from what is left of it in the report. */

import type { ReadReturnPath, Returned } from '../../core/return-path.ts';
import type { FeedbackAbout } from '../../db/verbs/feedback.ts';
import { type Fields, firstOf } from './fields.ts';

/** `by mx.example.com with ESMTPSA id <id>;`, as IEP writes it into a whole message (rfc5322/received.ts); ids are UUIDv7. */
const OWN_ID = /\bid ([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})\b/;
/** Fields that name the address which a mail came to, the most certain first. */
const ADDRESSED = ['delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to', 'to'];
/** Values of such a field that are looked at: a mail has one for each forwarding. */
const MAX_VALUES = 10;
const SEPARATORS = /[\s<>,;"()]+/;
const MESSAGE_ID = /<[^<>\s]{1,996}>/;

/** Whom the return path means that a mail came to, as its header tells. */
export function returnedTo(header: Fields, read: ReadReturnPath): Returned | undefined {
  for (const name of ADDRESSED) {
    for (const value of (header.get(name) ?? []).slice(0, MAX_VALUES)) {
      for (const word of value.split(SEPARATORS)) {
        const returned = read(word);
        if (returned !== undefined) return returned;
      }
    }
  }
  return undefined;
}

/** `original`: the header of the message that came back. */
export function aboutOriginal(original: Fields): FeedbackAbout {
  // Hops write theirs above those of the hops before them: the first that is ours is the one that IEP wrote.
  const received = original.get('received') ?? [];
  const messageId = received.map((value) => OWN_ID.exec(value)?.[1]).find((id) => id !== undefined);
  const messageIdHeader = messageIdOf(firstOf(original, 'message-id'));
  return { ...(messageId !== undefined && { messageId }), ...(messageIdHeader !== undefined && { messageIdHeader }) };
}

/** The message that a mail answers. */
export function aboutAnswered(header: Fields): FeedbackAbout {
  const references = firstOf(header, 'references')?.split(/\s/).at(-1);
  const messageIdHeader = messageIdOf(firstOf(header, 'in-reply-to')) ?? messageIdOf(references);
  return messageIdHeader === undefined ? {} : { messageIdHeader };
}

/** `<id@host>`, with its brackets. */
export function messageIdOf(text: string | undefined): string | undefined {
  return MESSAGE_ID.exec(text ?? '')?.[0];
}
