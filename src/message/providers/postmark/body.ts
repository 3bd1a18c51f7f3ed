/**
 * The request that hands a message of parts to Postmark, and what of a message it cannot carry. Limits:
 * https://postmarkapp.com/developer/user-guide/send-email-with-api and
 * https://postmarkapp.com/support/article/1056-what-are-the-attachment-and-email-size-limits, read 2026-11-29.
 */

import type { Attachment } from '../../../core/message.ts';
import { attachmentsOf, isPrintableAscii, listsOf, mailboxText } from '../http/parts.ts';
import type { Parcel } from '../provider.ts';

export const TITLE = 'Postmark';
/** Of one message, its attachments in base64. */
export const MAX_BYTES = 10 * 1024 * 1024;
/** To, cc and bcc together. */
export const MAX_RECIPIENTS = 50;
const MAX_BODY_BYTES = 5 * 1024 * 1024;
/** One is the `Tag`; the others stand in `Metadata` beside the id. */
const MAX_TAGS = 10;
const MAX_TAG_LENGTH = 80;

/** A sentence that names what Postmark takes from nobody; undefined where it takes all. */
export function whyNot({ rendered, tags }: Parcel): string | undefined {
  const size = Math.max(Buffer.byteLength(rendered?.text ?? ''), Buffer.byteLength(rendered?.html ?? ''));
  if (size > MAX_BODY_BYTES) return `${TITLE} takes 5 MiB of text and of HTML each, and this message has more.`;
  if (tags.length > MAX_TAGS) return `${TITLE} takes ${MAX_TAGS} tags, and there are ${tags.length}.`;
  const unfit = tags.find((tag) => tag.length > MAX_TAG_LENGTH);
  return unfit === undefined
    ? undefined
    : `${TITLE} takes tags of ${MAX_TAG_LENGTH} characters at most, unlike "${unfit}".`;
}

/** JSON for `POST /email`. Every recipient of the parcel is in it once. */
export async function bodyOf(parcel: Parcel, messageStream: string): Promise<string> {
  const { messageIdHeader, from, replyTo, rendered, headers, attachments, tags } = parcel;
  const { to, cc, bcc } = listsOf(parcel);
  return JSON.stringify({
    From: mailboxText(from),
    To: to.map(mailboxText).join(', '),
    ...(cc.length > 0 && { Cc: cc.map(mailboxText).join(', ') }),
    ...(bcc.length > 0 && { Bcc: bcc.map(mailboxText).join(', ') }),
    ...(replyTo !== undefined && { ReplyTo: replyTo }),
    Subject: rendered?.subject,
    ...(rendered?.text && { TextBody: rendered.text }),
    ...(rendered?.html && { HtmlBody: rendered.html }),
    Headers: [
      // Without the second it makes one of its own.
      ...[
        { Name: 'Message-ID', Value: messageIdHeader },
        { Name: 'X-PM-KeepID', Value: 'true' },
      ],
      ...headers.map(([Name, Value]) => ({ Name, Value })),
    ],
    ...(attachments.length > 0 && { Attachments: await attachmentsOf(parcel, attachmentOf) }),
    ...(tags[0] !== undefined && { Tag: tags[0] }),
    Metadata: metadataOf(parcel),
    MessageStream: messageStream,
  });
}

/**
 * What stands in the JSON beside the message, as the fields that Postmark reads and takes out of a message it gets by SMTP:
 * https://postmarkapp.com/developer/user-guide/send-email-with-smtp, read 2026-11-29.
 */
export function smtpFields(parcel: Parcel, messageStream: string): string {
  const [tag] = parcel.tags;
  const fields = [
    ['X-PM-Message-Stream', messageStream],
    ['X-PM-KeepID', 'true'],
    ...(tag === undefined ? [] : [['X-PM-Tag', tag]]),
    ...Object.entries(metadataOf(parcel)).map(([name, value]) => [`X-PM-Metadata-${name}`, value]),
  ] as const;
  return fields.map(([name, value = '']) => `${name}: ${fieldText(value)}\r\n`).join('');
}

function metadataOf({ messageId, tags }: Parcel): Readonly<Record<string, string>> {
  const others = tags.slice(1).map((tag, index) => [`tag-${index + 2}`, tag] as const);
  return { 'iep-message': messageId, ...Object.fromEntries(others) };
}

/** RFC 2047 where it is not ASCII. */
function fieldText(text: string): string {
  return isPrintableAscii(text) ? text : `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;
}

function attachmentOf({ filename, contentType, contentId }: Attachment, content: string) {
  return {
    ...{ Name: filename, Content: content, ContentType: contentType },
    ...(contentId !== undefined && { ContentID: `cid:${contentId}` }),
  };
}
