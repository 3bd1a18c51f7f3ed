/** Makes the submission that a body asks for; which door read the body does not matter. */

import { formatMailbox } from '../core/address.ts';
import type { Attachment, AttachmentUrl, Json, Lane, Submission, TemplateUse } from '../core/message.ts';
import { safeFilename } from '../message/attachments/filename.ts';
import type { SubmissionBody } from './submission-schema.ts';

/** The submission that a checked body asks for. */
export function toSubmission(body: SubmissionBody, { door, from }: Pick<Submission, 'door' | 'from'>): Submission {
  const { to, cc = [], bcc = [], replyTo = [], attachments = [], attachmentUrls = [] } = body;
  const { category, tags, ...custom } = body.metadata ?? {};
  return {
    door,
    from,
    to,
    ...(cc.length > 0 && { cc }),
    ...(bcc.length > 0 && { bcc }),
    ...(replyTo.length > 0 && { replyTo: replyTo.map(formatMailbox).join(', ') }),
    subject: body.subject ?? '',
    content: {
      kind: 'parts',
      ...templateUse(body),
      ...(body.htmlBody !== undefined && { html: body.htmlBody }),
      ...(body.textBody !== undefined && { text: body.textBody }),
      ...(body.variables && { variables: asJson(body.variables) }),
      ...(body.headers && { headers: Object.entries(body.headers) }),
    },
    ...(attachments.length > 0 && { attachments: attachments.map(toAttachment) }),
    ...(attachmentUrls.length > 0 && { attachmentUrls: attachmentUrls.map(toAttachmentUrl) }),
    ...(category !== undefined && { category }),
    ...(tags && tags.length > 0 && { tags }),
    ...(Object.keys(custom).length > 0 && { metadata: asJson(custom) }),
    ...(body.priority && { lane: body.priority satisfies Lane }),
    ...(body.idempotencyKey !== undefined && { idempotencyKey: body.idempotencyKey }),
    ...(body.scheduledAt !== undefined && { scheduledAt: body.scheduledAt }),
    ...(body.groupId !== undefined && { groupId: body.groupId }),
    ...(body.unsubscribe && { unsubscribe: body.unsubscribe }),
    ...(body.provider !== undefined && { provider: body.provider }),
    ...(body.tracking && { tracking: body.tracking }),
  };
}

function templateUse(body: SubmissionBody): { readonly template?: TemplateUse } {
  const { templateVersion: version, locale } = body;
  const name = body.template ?? body.templateId;
  if (name === undefined) return {};
  return { template: { name, ...(version !== undefined && { version }), ...(locale !== undefined && { locale }) } };
}

export function toAttachment(value: NonNullable<SubmissionBody['attachments']>[number]): Attachment {
  const { filename, contentType, contentId, content: bytes } = value;
  return {
    filename: safeFilename(filename),
    contentType,
    ...(contentId !== undefined && { contentId: bareContentId(contentId) }),
    content: { bytes, size: bytes.length },
  };
}

function toAttachmentUrl(value: NonNullable<SubmissionBody['attachmentUrls']>[number]): AttachmentUrl {
  if (typeof value === 'string') return { url: value };
  const { url, filename, contentType, contentId } = value;
  return {
    url,
    ...(filename !== undefined && { filename: safeFilename(filename) }),
    ...(contentType !== undefined && { contentType }),
    ...(contentId !== undefined && { contentId: bareContentId(contentId) }),
  };
}

/** Headers write it in angle brackets, `cid:` URLs do not. */
function bareContentId(text: string): string {
  return text.replace(/^<(.*)>$/, '$1');
}

/** The body was JSON, so what its free-form members hold is; `validate` bounds it. */
function asJson(value: { [name: string]: unknown }): { [name: string]: Json } {
  return value as { [name: string]: Json };
}

/** Who a message is from that names no sender. */
export interface SenderDefault {
  /** The tenant's `defaultFrom`. */
  readonly mailbox: { readonly email: string; readonly name?: string | undefined } | undefined;
  /** Slug, for the hint where it has none. */
  readonly tenant: string;
}
