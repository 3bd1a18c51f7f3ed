/** The rules that attachments keep: how many, how large, well-formed, of an allowed type, and what they are declared to be. */

import { isUnsafeText } from '../../core/address.ts';
import { type FieldError, IepError, type RefusalCode } from '../../core/errors.ts';
import type { Submission } from '../../core/message.ts';
import { typeFault } from '../attachments/check-type.ts';
import type { AttachmentLimits } from '../attachments/limits.ts';
import { isAllowedType, mediaType } from '../attachments/media-type.ts';
import { urlFault } from '../attachments/url.ts';
import { tooLarge } from './too-large.ts';

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
/** RFC 2045 §5.1, with parameters. */
const MIME_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|"[ !#-[\\]-~]*"))*$`);
const CONTENT_ID = /^[!-;=?-~]{1,255}$/;
const MAX_TYPE_LENGTH = 255;
const SHOWN_TYPES = 8;

type Report = (path: string, message: string) => void;

interface Named {
  readonly filename?: string;
  readonly contentType?: string;
  readonly contentId?: string;
}

/** What a message carries. */
export type Files = Pick<Submission, 'attachments' | 'attachmentUrls'>;

/** Everything that can be said without looking into the content. Throws `message_too_large`. */
export function checkAttachments(submission: Files, limits: AttachmentLimits, report: Report): void {
  const { attachments = [], attachmentUrls = [] } = submission;
  const count = attachments.length + attachmentUrls.length;
  if (count === 0) return;
  if (count > limits.maxCount) report('attachments', `must have at most ${limits.maxCount} items`);
  const contentIds = new Set<string>();
  let total = 0;
  attachments.forEach((attachment, index) => {
    const path = `attachments.${index}`;
    const { size } = attachment.content;
    total += size;
    if (size > limits.maxBytes) tooLarge(path, size, limits.maxBytes, 'bytes');
    checkNames(attachment, { path, contentIds, report });
  });
  attachmentUrls.forEach((attachment, index) => {
    const path = `attachmentUrls.${index}`;
    const fault = urlFault(attachment.url);
    if (fault !== undefined) report(`${path}.url`, fault);
    checkNames(attachment, { path, contentIds, report });
  });
  if (total > limits.maxTotalBytes) tooLarge('attachments', total, limits.maxTotalBytes, 'bytes');
}

function checkNames(
  { filename, contentType, contentId }: Named,
  { path, contentIds, report }: { path: string; contentIds: Set<string>; report: Report },
): void {
  if (filename !== undefined && (filename === '' || isUnsafeText(filename))) {
    report(`${path}.filename`, 'must be a name without control characters');
  }
  if (contentType !== undefined) {
    if (contentType.length > MAX_TYPE_LENGTH || !MIME_TYPE.test(contentType)) {
      report(`${path}.contentType`, 'is not a MIME type such as "application/pdf"');
    } else if (/^multipart\//i.test(contentType)) {
      report(`${path}.contentType`, 'must not be a multipart type');
    }
  }
  if (contentId === undefined) return;
  if (!CONTENT_ID.test(contentId)) {
    report(`${path}.contentId`, 'must be printable ASCII without spaces and angle brackets');
  }
  if (contentIds.has(contentId)) report(`${path}.contentId`, 'is used by another attachment');
  contentIds.add(contentId);
}

/** Throws `attachment_type_not_allowed` or `attachment_type_mismatch`, with every attachment that is at fault. */
export async function checkAttachmentTypes(submission: Files, limits: AttachmentLimits): Promise<void> {
  const { attachments = [], attachmentUrls = [] } = submission;
  const forbidden = Object.entries({ attachments, attachmentUrls }).flatMap(([list, files]) =>
    files.flatMap(({ contentType }, index): FieldError[] =>
      contentType === undefined || isAllowedType(contentType, limits.types)
        ? []
        : [{ path: `${list}.${index}.contentType`, message: notAllowed(contentType, limits.types) }],
    ),
  );
  refuse('attachment_type_not_allowed', forbidden);

  const mistaken: FieldError[] = [];
  for (const [index, { content, ...file }] of attachments.entries()) {
    const fault = 'bytes' in content ? await typeFault({ ...file, bytes: content.bytes }) : undefined;
    if (fault !== undefined) mistaken.push({ path: `attachments.${index}`, message: fault });
  }
  refuse('attachment_type_mismatch', mistaken);
}

function notAllowed(contentType: string, types: readonly string[]): string {
  const shown = types.slice(0, SHOWN_TYPES).join(', ');
  const more = types.length > SHOWN_TYPES ? ` and ${types.length - SHOWN_TYPES} more` : '';
  return `${mediaType(contentType)} is not one of the allowed types: ${shown}${more}`;
}

function refuse(code: RefusalCode, errors: readonly FieldError[]): void {
  const [first] = errors;
  if (first === undefined) return;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  throw new IepError(code, `${first.path}: ${first.message}${more}`, { errors });
}
