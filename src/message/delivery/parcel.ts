/** Wraps a message for a provider. The MIME form is composed only by a provider that asks for it. */

import type { Readable } from 'node:stream';
import { fieldLines } from '../../core/field-lines.ts';
import { isAscii } from '../../core/fold.ts';
import { readMailboxList } from '../../core/mailbox-list.ts';
import type { Bytes, Message, Rendered } from '../../core/message.ts';
import type { Signature } from '../dkim/signer.ts';
import type { Parcel } from '../providers/provider.ts';
import type { OwnHeaders } from './own-headers.ts';

export type ComposeMime = (input: {
  readonly message: Message;
  readonly rendered?: Rendered;
  /** Header fields of this copy besides those of the message. */
  readonly added?: Parcel['headers'];
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
  /** Only of a parcel for one recipient. */
  readonly ownHeaders?: OwnHeaders | undefined;
}): Parcel {
  const { message, rendered, recipients, composeMime, readBytes, signature, returnPath } = input;
  const { content } = message;
  const added = ownHeadersOf(input);
  const utf8Header = hasUtf8Header(message);
  const compose = () => composeMime({ message, ...(rendered && { rendered }), ...(added.length > 0 && { added }) });
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
    headers: [...((content.kind === 'parts' && content.headers) || []), ...added],
    attachments: message.attachments,
    tags: message.tags,
    ...(message.category !== undefined && { category: message.category }),
    ...(message.metadata && { metadata: message.metadata }),
    smtpUtf8: utf8Header || !isAscii(message.envelopeFrom) || recipients.some(({ address }) => !isAscii(address)),
    ...(utf8Header && { utf8Header }),
    ...(content.kind === 'raw' && { size: content.raw.size + sizeOf(added) + (signature?.maxBytes ?? 0) }),
    mime: signature ? () => signature.sign(compose) : compose,
    bytesOf: (attachment) => readBytes(attachment.content),
  };
}

function ownHeadersOf({ recipients: [recipient, another], ownHeaders }: Parameters<typeof parcelOf>[0]) {
  return recipient === undefined || another !== undefined ? [] : (ownHeaders?.(recipient) ?? []);
}

function sizeOf(headers: Parcel['headers']): number {
  return fieldLines(headers).length;
}

/** Names and texts are encoded; an address is written as it is (RFC 6532). */
function hasUtf8Header({ content, from, to, cc, replyTo = '' }: Message): boolean {
  // The header of a raw message was looked at when it came in.
  if (content.kind === 'raw') return content.utf8Header;
  const shown = [from, ...to, ...cc, ...readMailboxList(replyTo).mailboxes];
  return shown.some(({ email }) => !isAscii(email));
}
