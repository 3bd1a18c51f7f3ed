/** Wraps a message for a provider. The MIME form is composed only by a provider that asks for it. */

import type { Readable } from 'node:stream';
import type { Bytes, Mailbox, Message, Recipient, Rendered } from '../../core/message.ts';
import type { Signature } from '../dkim/signer.ts';
import type { Parcel } from '../providers/provider.ts';

export type ComposeMime = (input: {
  readonly message: Message;
  readonly rendered?: Rendered;
}) => Promise<Uint8Array | Readable>;

/** Those of an attachment, wherever they are kept. */
export type ReadBytes = (content: Bytes) => Promise<Uint8Array>;

export function parcelOf(input: {
  readonly message: Message;
  readonly rendered: Rendered | undefined;
  readonly recipients: readonly Recipient[];
  readonly composeMime: ComposeMime;
  readonly readBytes: ReadBytes;
  /** Absent: it leaves as it is. */
  readonly signature?: Signature | undefined;
}): Parcel {
  const { message, rendered, recipients, composeMime, readBytes, signature } = input;
  const { content } = message;
  const compose = () => composeMime({ message, ...(rendered && { rendered }) });
  return {
    messageId: message.id,
    tenantId: message.tenantId,
    messageIdHeader: message.messageIdHeader,
    from: message.from,
    envelopeFrom: message.envelopeFrom,
    to: message.to,
    cc: message.cc,
    ...(message.replyTo !== undefined && { replyTo: message.replyTo }),
    recipients,
    ...(rendered && { rendered }),
    headers: (content.kind === 'parts' && content.headers) || [],
    attachments: message.attachments,
    tags: message.tags,
    ...(message.category !== undefined && { category: message.category }),
    ...(message.metadata && { metadata: message.metadata }),
    smtpUtf8: needsSmtpUtf8(message, recipients),
    ...(content.kind === 'raw' && content.utf8Header && { utf8Header: true }),
    ...(content.kind === 'raw' && { size: content.raw.size + (signature?.maxBytes ?? 0) }),
    mime: signature ? () => signature.sign(compose) : compose,
    bytesOf: (attachment) => readBytes(attachment.content),
  };
}

function needsSmtpUtf8(message: Message, recipients: readonly Recipient[]): boolean {
  const { content } = message;
  if (content.kind === 'raw' && content.utf8Header) return true;
  if (!isAscii(message.envelopeFrom)) return true;
  if (recipients.some(({ address }) => !isAscii(address))) return true;
  // The header of a raw message was looked at when it came in.
  if (content.kind === 'raw') return false;
  const shown: readonly Mailbox[] = [message.from, ...message.to, ...message.cc];
  return shown.some(({ email }) => !isAscii(email)) || !isAscii(message.replyTo ?? '');
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}
