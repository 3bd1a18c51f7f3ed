/** Wraps a message for a provider. The MIME form is composed only by a provider that asks for it. */

import type { Readable } from 'node:stream';
import { isAscii } from '../../core/fold.ts';
import { readMailboxList } from '../../core/mailbox-list.ts';
import type { Bytes, Message, Rendered } from '../../core/message.ts';
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
  readonly recipients: Parcel['recipients'];
  readonly composeMime: ComposeMime;
  readonly readBytes: ReadBytes;
  /** Absent: it leaves as it is. */
  readonly signature?: Signature | undefined;
  readonly returnPath?: Parcel['returnPath'] | undefined;
}): Parcel {
  const { message, rendered, recipients, composeMime, readBytes, signature, returnPath } = input;
  const { content } = message;
  const utf8Header = hasUtf8Header(message);
  const compose = () => composeMime({ message, ...(rendered && { rendered }) });
  return {
    messageId: message.id,
    tenantId: message.tenantId,
    messageIdHeader: message.messageIdHeader,
    from: message.from,
    envelopeFrom: message.envelopeFrom,
    ...(returnPath && { returnPath }),
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
    smtpUtf8: utf8Header || !isAscii(message.envelopeFrom) || recipients.some(({ address }) => !isAscii(address)),
    ...(utf8Header && { utf8Header }),
    ...(content.kind === 'raw' && { size: content.raw.size + (signature?.maxBytes ?? 0) }),
    mime: signature ? () => signature.sign(compose) : compose,
    bytesOf: (attachment) => readBytes(attachment.content),
  };
}

/** Names and texts are encoded; an address is written as it is (RFC 6532). */
function hasUtf8Header({ content, from, to, cc, replyTo = '' }: Message): boolean {
  // The header of a raw message was looked at when it came in.
  if (content.kind === 'raw') return content.utf8Header;
  const shown = [from, ...to, ...cc, ...readMailboxList(replyTo).mailboxes];
  return shown.some(({ email }) => !isAscii(email));
}
