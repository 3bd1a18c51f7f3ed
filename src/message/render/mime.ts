/**
 * The RFC 5322 form of a message: the same bytes every time it is asked for, so that every attempt and every reader sees one
 * message. Nothing in it is random or of the moment: boundaries come from the id, `Date` and `Message-ID` were fixed when it
 * was accepted.
 */

import type { Readable } from 'node:stream';
import type { Blobs } from '../../blobs/blobs.ts';
import type { Message, Rendered } from '../../core/message.ts';

/**
 * CRLF line ends, not dot-stuffed; a stream where a part or the whole is in a blob, bytes otherwise. `rendered` is what
 * rendering gave; a raw message has none and goes out as it came in.
 */
export async function composeMime(
  { blobs }: { readonly blobs: Pick<Blobs, 'read' | 'stream'> },
  { message, rendered }: { readonly message: Message; readonly rendered?: Rendered },
): Promise<Uint8Array | Readable> {
  const { content } = message;
  if (content.kind === 'raw') return 'bytes' in content.raw ? content.raw.bytes : blobs.stream(content.raw.blob);
  if (rendered === undefined) throw new Error(`Message ${message.id} was not rendered before it was composed`);
  const { compose } = await import('./compose.ts');
  return compose({ blobs, message, headers: content.headers, rendered });
}
