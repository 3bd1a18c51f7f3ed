/** Which message a report is about: from what is left of it in the report. */

import type { FeedbackAbout } from '../../db/verbs/feedback.ts';
import { type Fields, firstOf } from './fields.ts';

/** `by mx.example.com with ESMTPSA id <id>;`, as IEP writes it into a whole message (rfc5322/received.ts); ids are UUIDv7. */
const OWN_ID = /\bid ([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})\b/;
const MESSAGE_ID = /<[^<>\s]{1,996}>/;

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
