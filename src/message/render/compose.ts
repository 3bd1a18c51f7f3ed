/**
 * Composes the RFC 5322 message of rendered parts with nodemailer's composer. What comes out is 7-bit, except for a header
 * that names UTF-8 addresses. Bcc is never in it. Loaded with the first message that needs it.
 */

import type { Readable } from 'node:stream';
import MailComposer, { type MailComposerAttachment } from 'nodemailer/lib/mail-composer';
import type { Blobs } from '../../blobs/blobs.ts';
import { wireAddress } from '../../core/address.ts';
import { readMailboxList } from '../../core/mailbox-list.ts';
import type { Attachment, Mailbox, Message, Parts, Rendered } from '../../core/message.ts';
import { assemble } from './assemble.ts';
import { embeddedMessage, isEmbeddedMessage } from './embedded-message.ts';
import { foldable, literal } from './foldable.ts';

type ReadBlobs = Pick<Blobs, 'read' | 'stream'>;

/** A stream where an attachment is in a blob, bytes otherwise. */
export async function compose(input: {
  readonly blobs: ReadBlobs;
  readonly message: Message;
  readonly headers: Parts['headers'];
  readonly rendered: Rendered;
}): Promise<Uint8Array | Readable> {
  const { blobs, message, headers = [], rendered } = input;
  // As it was written: some readers look for their field in one spelling.
  const spelled = new Map(headers.map(([name]) => [name.toLowerCase(), name]));
  const node = new MailComposer({
    normalizeHeaderKey: (name: string) => spelled.get(name.toLowerCase()) ?? name,
    from: toAddress(message.from),
    to: message.to.map(toAddress),
    cc: message.cc.map(toAddress),
    replyTo: readMailboxList(message.replyTo ?? '').mailboxes.map(toAddress),
    subject: literal(rendered.subject),
    date: new Date(message.createdAt),
    messageId: message.messageIdHeader,
    headers: headers.map(([key, value]) => ({ key, value: foldable(value) })),
    ...(rendered.text !== undefined && { text: withCrLf(rendered.text) }),
    ...(rendered.html !== undefined && { html: withCrLf(rendered.html) }),
    attachments: await Promise.all(message.attachments.map((attachment) => toPart(attachment, blobs))),
    boundaryPrefix: '--_iep',
    baseBoundary: message.id,
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  const isLarge = message.attachments.some((attachment) => 'blob' in attachment.content);
  if (isLarge) return node.createReadStream();
  return assemble(node) ?? node.build();
}

function toAddress({ email, name }: Mailbox): { name: string; address: string } {
  return { name: foldable(name ?? ''), address: wireAddress(email) };
}

async function toPart(attachment: Attachment, blobs: ReadBlobs): Promise<MailComposerAttachment> {
  const { filename, contentType, contentId, content } = attachment;
  const part = { filename, contentType, ...(contentId !== undefined && { cid: contentId }) };
  if (isEmbeddedMessage(contentType)) {
    const bytes = 'blob' in content ? await blobs.read(content.blob) : content.bytes;
    return { ...part, ...embeddedMessage(bytes) };
  }
  return { ...part, content: 'blob' in content ? blobs.stream(content.blob) : asBuffer(content.bytes) };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function withCrLf(text: string): string {
  return text.replace(/\r\n?|\n/g, '\r\n');
}
