/**
 * Attached messages (`message/*`). RFC 2046 §5.2.1 lets nothing encode them, so they must fit a mail as they are; one that
 * does not goes as a file of bytes.
 */

export function isEmbeddedMessage(contentType: string): boolean {
  return /^message\//i.test(contentType);
}

export type EmbeddedMessage =
  | { readonly content: Buffer; readonly contentDisposition: 'attachment'; readonly contentTransferEncoding: '7bit' }
  | { readonly content: Buffer; readonly contentType: 'application/octet-stream' };

/** A message in 7-bit lines of at most 998 octets stays what it is, with CRLF line ends. */
export function embeddedMessage(bytes: Uint8Array): EmbeddedMessage {
  // Latin-1 keeps each octet as one character.
  const lines = Buffer.from(bytes)
    .toString('latin1')
    .replace(/\r\n?|\n/g, '\r\n');
  const fits = bytes.every((octet) => octet > 0 && octet < 128) && !/[^\r\n]{999}/.test(lines);
  if (!fits) return { content: Buffer.from(bytes), contentType: 'application/octet-stream' };
  return {
    content: Buffer.from(lines, 'latin1'),
    contentDisposition: 'attachment',
    contentTransferEncoding: '7bit',
  };
}
