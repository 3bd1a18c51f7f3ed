/** What the list of an inbox says of a message without reading it whole: whether it has attachments, as its header tells. */

/** Of the header that is looked at. */
const HEAD_BYTES = 64 * 1024;
const CONTENT_TYPE = /^content-type[ \t]*:[ \t]*([^;\s]*)/i;

/** Parts side by side (RFC 2046 section 5.1.3), or a single part that is not text. */
export function hasAttachments(kept: Uint8Array): boolean {
  const head = Buffer.from(kept.buffer, kept.byteOffset, Math.min(kept.byteLength, HEAD_BYTES)).toString('latin1');
  const end = head.indexOf('\r\n\r\n');
  const lines = head.slice(0, end === -1 ? undefined : end).replaceAll(/\r\n[ \t]/g, ' ');
  const type = lines.split('\r\n').flatMap((line) => CONTENT_TYPE.exec(line)?.[1]?.toLowerCase() ?? [])[0];
  if (type === undefined || type.startsWith('text/')) return false;
  return type === 'multipart/mixed' || !type.startsWith('multipart/');
}
