/** What is read of a blob is checked against its name, the hash of what was put: a disk may give back less, or something else. */

import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { ContentLost } from '../core/content-lost.ts';

/** Hashed at once: some milliseconds. */
const PIECE_BYTES = 1024 * 1024;

/** The chunks as they come. The last is kept back until all are known to be right, so that nobody takes a wrong one for whole. */
export async function* verified(blob: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let last: Buffer | undefined;
  for await (const chunk of chunks) {
    hash.update(chunk);
    if (last !== undefined) yield last;
    last = chunk;
  }
  if (hash.digest('hex') !== blob) throw new ContentLost(blob, 'damaged');
  if (last !== undefined) yield last;
}

export async function verifiedBytes<T extends Uint8Array>(blob: string, bytes: T): Promise<T> {
  if ((await contentHash(bytes)) !== blob) throw new ContentLost(blob, 'damaged');
  return bytes;
}

/** A large content lets others have the loop in between. */
export async function contentHash(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  for (const piece of piecesOf(bytes)) {
    hash.update(piece);
    if (bytes.length > PIECE_BYTES) await turn();
  }
  return hash.digest('hex');
}

export function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) yield bytes.subarray(from, from + PIECE_BYTES);
}
