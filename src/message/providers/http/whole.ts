/** A message as a vendor takes it that wants it whole and in one piece, and has a limit. */

import type { Parcel } from '../provider.ts';

/** Undefined: it has more than `maxBytes`, and no more of it was read than shows that. */
export async function wholeOf(parcel: Parcel, maxBytes: number): Promise<Uint8Array | undefined> {
  if ((parcel.size ?? 0) > maxBytes) return undefined;
  const message = await parcel.mime();
  if (message instanceof Uint8Array) return message.length > maxBytes ? undefined : message;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    // Leaving the loop closes the stream.
    if (size > maxBytes) return undefined;
  }
  return Buffer.concat(chunks);
}
