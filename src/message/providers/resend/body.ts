/**
 * The request that hands a message of parts to Resend, and what of a message it cannot carry. Limits:
 * https://resend.com/docs/api-reference/emails/send-email, read 2026-11-29.
 */

import { readMailboxList } from '../../../core/mailbox-list.ts';
import type { Attachment } from '../../../core/message.ts';
import { attachmentsOf, listsOf, mailboxText, whyNotTwice } from '../http/parts.ts';
import type { Parcel } from '../provider.ts';

export const TITLE = 'Resend';
/** Of one message, its attachments in base64. */
export const MAX_BYTES = 40 * 1024 * 1024;
/** It says so of `to`; the others go to the same service below it, which counts them together. */
export const MAX_RECIPIENTS = 50;
const MAX_TAG_LENGTH = 256;

/** https://resend.com/docs/knowledge-base/what-attachment-types-are-not-supported, read 2026-11-29. */
const REFUSED_ENDINGS = new Set(
  (
    'adp app asp bas bat cer chm cmd com cpl crt csh der exe fxp gadget hlp hta inf ins isp its js jse ksh lib lnk mad maf mag ' +
    'mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz msc msh msh1 msh2 mshxml msh1xml msh2xml msi msp mst ops pcd pif ' +
    'plg prf prg reg scf scr sct shb shs sys ps1 ps1xml ps2 ps2xml psc1 psc2 tmp url vb vbe vbs vps vsmacros vss vst vsw vxd ws ' +
    'wsc wsf wsh xnk'
  ).split(' '),
);

/** A sentence that names what Resend takes from nobody; undefined where it takes all. */
export function whyNot({ headers, attachments, tags }: Parcel): string | undefined {
  const unfit = tags.find((tag) => !/^[\w-]+$/.test(tag) || tag.length > MAX_TAG_LENGTH);
  if (unfit !== undefined)
    return `${TITLE} takes tags of ASCII letters, digits, _ and - (${MAX_TAG_LENGTH} at most), unlike "${unfit}".`;
  const refused = attachments.find(({ filename }) => REFUSED_ENDINGS.has(endingOf(filename)));
  if (refused)
    return `${TITLE} takes no attachment whose name ends in .${endingOf(refused.filename)}, as "${refused.filename}" does.`;
  return whyNotTwice(TITLE, headers);
}

function endingOf(filename: string): string {
  return filename.slice(filename.lastIndexOf('.') + 1).toLowerCase();
}

/** JSON for `POST /emails`. Every recipient of the parcel is in it once. */
export async function bodyOf(parcel: Parcel): Promise<string> {
  const { messageId, messageIdHeader, from, replyTo, rendered, headers, attachments, tags } = parcel;
  const { to, cc, bcc } = listsOf(parcel);
  const replyTos = readMailboxList(replyTo ?? '').mailboxes;
  return JSON.stringify({
    from: mailboxText(from),
    to: to.map(mailboxText),
    ...(cc.length > 0 && { cc: cc.map(mailboxText) }),
    ...(bcc.length > 0 && { bcc: bcc.map(mailboxText) }),
    ...(replyTos.length > 0 && { reply_to: replyTos.map(mailboxText) }),
    subject: rendered?.subject,
    ...(rendered?.text && { text: rendered.text }),
    ...(rendered?.html && { html: rendered.html }),
    headers: { 'Message-ID': messageIdHeader, ...Object.fromEntries(headers) },
    ...(attachments.length > 0 && { attachments: await attachmentsOf(parcel, attachmentOf) }),
    tags: [
      { name: 'iep_message', value: messageId },
      ...tags.map((value, index) => ({ name: `tag-${index + 1}`, value })),
    ],
  });
}

function attachmentOf({ filename, contentType, contentId }: Attachment, content: string) {
  return {
    ...{ content, filename, content_type: contentType },
    ...(contentId !== undefined && { content_id: contentId }),
  };
}
