/** A message as a mail client reads it: MIME taken apart, within limits, whoever wrote it. */

import type { Address, Email } from 'postal-mime';

export interface MailPart {
  readonly filename: string;
  readonly contentType: string;
  /** Without angle brackets. */
  readonly contentId?: string;
  readonly isInline: boolean;
  readonly bytes: Uint8Array;
}

export interface Mail {
  readonly subject: string;
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  readonly replyTo: string;
  /** In the order of the header, with their names as they are spelled there. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly text?: string;
  readonly html?: string;
  readonly attachments: readonly MailPart[];
}

const limits = { maxHeadersSize: 512 * 1024, maxNestingDepth: 50, maxRfc822NestingDepth: 0 } as const;
/** Of a field that is shown. */
const MAX_VALUE = 10_000;
const MAX_HEADERS = 1_000;

/** Undefined where it goes beyond the limits. */
export async function readMail(bytes: Uint8Array): Promise<Mail | undefined> {
  const { default: PostalMime } = await import('postal-mime');
  let email: Email;
  try {
    email = await PostalMime.parse(bytes, limits);
  } catch {
    return undefined;
  }
  const { subject = '', from, to = [], cc = [], replyTo = [], html, text } = email;
  return {
    ...{ subject, from: from === undefined ? '' : addressText(from) },
    ...{ to: listText(to), cc: listText(cc), replyTo: listText(replyTo) },
    headers: email.headers
      .slice(0, MAX_HEADERS)
      .map(({ originalKey, value }) => ({ name: originalKey, value: value.slice(0, MAX_VALUE) })),
    ...(text !== undefined && { text }),
    ...(html !== undefined && { html }),
    attachments: email.attachments.map(({ filename, mimeType, disposition, contentId, content }) => ({
      filename: filename ?? 'attachment',
      contentType: mimeType,
      ...(contentId !== undefined && { contentId: contentId.replace(/^<|>$/g, '') }),
      isInline: disposition === 'inline' || (contentId !== undefined && disposition !== 'attachment'),
      bytes: typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content),
    })),
  };
}

function listText(addresses: readonly Address[]): string {
  return addresses.map(addressText).join(', ');
}

function addressText(address: Address): string {
  if (address.group !== undefined) return `${address.name}: ${listText(address.group)};`;
  const { name, address: email = '' } = address;
  return name === '' ? email : `${name} <${email}>`;
}
