/**
 * The RFC 5322 form of a message: the same bytes every time it is asked for, so that every attempt and every reader sees one
 * message. Nothing in it is random or of the moment: boundaries come from the id, `Date` and `Message-ID` were fixed when it
 * was accepted.
 */

import { Readable } from 'node:stream';
import type { Blobs } from '../../blobs/blobs.ts';
import { fieldLines } from '../../core/field-lines.ts';
import type { Message, Rendered } from '../../core/message.ts';

/**
 * CRLF line ends, not dot-stuffed; a stream where a part or the whole is in a blob, bytes otherwise. `rendered` is what
 * rendering gave; a raw message has none and goes out as it came in, behind what is `added` to its header.
 */
export async function composeMime(
  { blobs }: { readonly blobs: Pick<Blobs, 'read' | 'stream'> },
  {
    message,
    rendered,
    added = [],
  }: { readonly message: Message; readonly rendered?: Rendered; readonly added?: Fields },
): Promise<Uint8Array | Readable> {
  const { content } = message;
  if (content.kind === 'raw') {
    const whole = 'bytes' in content.raw ? content.raw.bytes : blobs.stream(content.raw.blob);
    return added.length === 0 ? whole : behind(fieldLines(added), whole);
  }
  if (rendered === undefined) throw new Error(`Message ${message.id} was not rendered before it was composed`);
  const { compose } = await import('./compose.ts');
  const { headers = [] } = content;
  return compose({ blobs, message, headers: [...headers, ...added], rendered });
}

type Fields = readonly (readonly [name: string, value: string])[];

function behind(text: string, whole: Uint8Array | Readable): Uint8Array | Readable {
  const lines = Buffer.from(text, 'latin1');
  if (whole instanceof Uint8Array) return Buffer.concat([lines, whole]);
  return Readable.from(
    (async function* () {
      yield lines;
      yield* whole;
    })(),
    { objectMode: false },
  );
}
