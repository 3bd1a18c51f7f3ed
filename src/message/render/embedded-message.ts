/**
 * Attached messages (`message/*`). RFC 2046 §5.2.1 lets nothing encode them, so they must fit a mail as they are; one that
 * does not goes as a file of bytes.
 */

/** RFC 5322 §2.1.1. */
const MAX_LINE_LENGTH = 998;

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
  const fits = bytes.every((octet) => octet > 0 && octet < 128) && !hasLongLine(lines);
  if (!fits) return { content: Buffer.from(bytes), contentType: 'application/octet-stream' };
  return {
    content: Buffer.from(lines, 'latin1'),
    contentDisposition: 'attachment',
    contentTransferEncoding: '7bit',
  };
}

/** A loop, because an expression for so many characters would be tried at each of them. */
function hasLongLine(text: string): boolean {
  let start = 0;
  for (let end = text.indexOf('\r\n'); end !== -1; end = text.indexOf('\r\n', start)) {
    if (end - start > MAX_LINE_LENGTH) return true;
    start = end + 2;
  }
  return text.length - start > MAX_LINE_LENGTH;
}
