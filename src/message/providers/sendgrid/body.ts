/**
 * The request that hands a message of parts to SendGrid, and what of a message it cannot carry. Limits:
 * https://www.twilio.com/docs/sendgrid/api-reference/mail-send/limitations and …/errors, read 2026-11-29.
 */

import { readMailboxList } from '../../../core/mailbox-list.ts';
import type { Attachment, Mailbox } from '../../../core/message.ts';
import { attachmentsOf, isPrintableAscii, listsOf, whyNotTwice } from '../http/parts.ts';
import type { Parcel } from '../provider.ts';

export const TITLE = 'SendGrid';

/** Of the whole message; its SMTP endpoint says `SIZE 31457280`. */
export const MAX_BYTES = 30 * 1024 * 1024;
/** Of one request: to, cc and bcc together. */
export const MAX_RECIPIENTS = 1_000;
const MAX_CATEGORIES = 10;
const MAX_CATEGORY_LENGTH = 255;

/** https://github.com/twilio/sendgrid-oai at dbe0e0d: `headers` of PostMailSend. */
const FORBIDDEN_FIELDS: readonly string[] = [
  ...['x-sg-id', 'x-sg-eid', 'received', 'dkim-signature', 'content-type', 'content-transfer-encoding'],
  ...['to', 'from', 'subject', 'reply-to', 'cc', 'bcc'],
];

/** A sentence that names what SendGrid takes from nobody; undefined where it takes all. */
export function whyNot({ headers, attachments, tags }: Parcel): string | undefined {
  const forbidden = headers.find(([name]) => FORBIDDEN_FIELDS.includes(name.toLowerCase()));
  if (forbidden) return `${TITLE} forbids the header field ${forbidden[0]}.`;
  return (
    whyNotTwice(TITLE, headers) ??
    whyNotTags(tags) ??
    attachments.map(whyNotAttachment).find((why) => why !== undefined)
  );
}

function whyNotTags(tags: readonly string[]): string | undefined {
  if (new Set(tags).size > MAX_CATEGORIES)
    return `${TITLE} takes ${MAX_CATEGORIES} tags, and there are ${tags.length}.`;
  const unfit = tags.find((tag) => !isPrintableAscii(tag) || tag.length > MAX_CATEGORY_LENGTH);
  if (unfit === undefined) return undefined;
  return `${TITLE} takes tags of ${MAX_CATEGORY_LENGTH} ASCII characters at most, unlike "${unfit}".`;
}

function whyNotAttachment({ filename, contentType, contentId, content }: Attachment): string | undefined {
  if (content.size === 0) return `${TITLE} takes no empty attachment, as "${filename}" is.`;
  const marks = /[;,\r\n]/;
  if (marks.test(filename))
    return `${TITLE} takes no comma or semicolon in the name of an attachment, as in "${filename}".`;
  if (marks.test(contentType)) return `${TITLE} takes no attachment of the type "${contentType}": it has parameters.`;
  if (contentId !== undefined && marks.test(contentId))
    return `${TITLE} takes no comma or semicolon in a Content-ID, as in "${contentId}".`;
  return undefined;
}

/** JSON for `POST /v3/mail/send`. Every recipient of the parcel is in it once. */
export async function bodyOf(parcel: Parcel, ipPool: string | undefined): Promise<string> {
  const { messageId, messageIdHeader, from, replyTo, rendered, headers, attachments, tags } = parcel;
  const { to, cc, bcc } = listsOf(parcel);
  const replyTos = readMailboxList(replyTo ?? '').mailboxes;
  return JSON.stringify({
    personalizations: [
      {
        to: to.map(recipient),
        ...(cc.length > 0 && { cc: cc.map(recipient) }),
        ...(bcc.length > 0 && { bcc: bcc.map(recipient) }),
        custom_args: customArgs(messageId),
      },
    ],
    from: mailbox(from),
    ...(replyTos.length === 1 && replyTos[0] && { reply_to: mailbox(replyTos[0]) }),
    ...(replyTos.length > 1 && { reply_to_list: replyTos.map(mailbox) }),
    subject: rendered?.subject,
    content: [
      ...(rendered?.text ? [{ type: 'text/plain', value: rendered.text }] : []),
      ...(rendered?.html ? [{ type: 'text/html', value: rendered.html }] : []),
    ],
    headers: { 'Message-ID': messageIdHeader, ...Object.fromEntries(headers) },
    ...(attachments.length > 0 && { attachments: await attachmentsOf(parcel, attachmentOf) }),
    ...(tags.length > 0 && { categories: [...new Set(tags)] }),
    ...(ipPool !== undefined && { ip_pool_name: ipPool }),
  });
}

/**
 * What stands in the JSON beside the message, as the field that SendGrid reads and takes out of a message it gets by SMTP:
 * https://www.twilio.com/docs/sendgrid/for-developers/sending-email/building-an-x-smtpapi-header, read 2026-11-29. One line for
 * each value keeps it below the length that a line may have.
 */
export function smtpApiField({ messageId, tags }: Parcel, ipPool: string | undefined): string {
  const told = {
    unique_args: customArgs(messageId),
    ...(tags.length > 0 && { category: [...new Set(tags)] }),
    ...(ipPool !== undefined && { ip_pool: ipPool }),
  };
  const ascii = JSON.stringify(told, undefined, 1).replaceAll(
    /[^\x20-\x7e\n]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `X-SMTPAPI: ${ascii.replaceAll('\n', '\r\n ')}\r\n`;
}

/**
 * Whether an X-SMTPAPI field has recipients: `to`, which is added to the envelope, or the filter `bcc`
 * (https://www.twilio.com/docs/sendgrid/for-developers/sending-email/smtp-filters, read 2026-11-30). What cannot be read may have.
 */
export function namesOthers(value: string): boolean {
  try {
    const { to, filters } = JSON.parse(value) as { to?: unknown; filters?: { bcc?: unknown } };
    return to !== undefined || filters?.bcc !== undefined;
  } catch {
    return true;
  }
}

function customArgs(messageId: string) {
  return { iep_message: messageId };
}

function attachmentOf({ filename, contentType, contentId }: Attachment, content: string) {
  return {
    ...{ content, filename, type: contentType },
    ...(contentId === undefined ? { disposition: 'attachment' } : { disposition: 'inline', content_id: contentId }),
  };
}

function mailbox({ email, name }: Mailbox) {
  return { email, ...(name !== undefined && name !== '' && { name }) };
}

/**
 * As SendGrid's support has it for the names of recipients alone: what would divide a list stands in quotation marks, or the
 * mail is lost (https://github.com/sendgrid/sendgrid-ruby/issues/394, https://github.com/sendgrid/sendgrid-csharp/issues/268).
 */
function recipient({ email, name }: Mailbox) {
  const isPlain = name === undefined || !/[(),:;<>@[\]\\"]/.test(name);
  return mailbox(isPlain ? { email, ...(name !== undefined && { name }) } : { email, name: quoted(name) });
}

function quoted(name: string): string {
  return `"${name.replaceAll(/[\\"]/g, '\\$&')}"`;
}
