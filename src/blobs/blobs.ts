/**
 * Large bodies and attachments, named by content hash and kept once: on disk, or in a bucket, before anything that names
 * them is committed.
 *
 * Removing one is done in two steps, because another caller may have put the same content again, and be about to commit a row that names it.
 * First it is set aside, where `read` and `stream` still find it; only what was aside for longer than any commit can take, and
 * what nobody needs then, is removed. So no step needs to know what other processes are doing.
 */

import type { Readable } from 'node:stream';

export interface BlobWriter {
  /** Resolves when more may be written. */
  write(chunk: Uint8Array): Promise<void>;
  /** Makes it durable, then gives it its name. */
  finish(): Promise<StoredBlob>;
  /** Removes what was written so far. */
  abort(): Promise<void>;
}

export interface StoredBlob {
  readonly blob: string;
  readonly size: number;
}

export interface ListedBlob extends StoredBlob {
  /** When it was last put or, where it is aside, since when it is. Epoch ms. */
  readonly changedAt: number;
  readonly isAside: boolean;
}

export interface Blobs {
  /** Refuses with `store_unavailable`, as `put` does, where it cannot be kept now. */
  create(): Promise<BlobWriter>;
  put(bytes: Uint8Array): Promise<StoredBlob>;
  /** Rejects with `ContentLost` when the blob is gone or is not what its name says, with `store_unavailable` when neither can be told now. */
  read(blob: string): Promise<Uint8Array>;
  /** Ends with the same errors. */
  stream(blob: string): Readable;
  /** All there are, in no order; what is put or moved meanwhile may be missing. */
  list(): AsyncIterable<ListedBlob>;
  setAside(blob: string): Promise<void>;
  /** Puts one that is aside back in its place. */
  bringBack(blob: string): Promise<void>;
  /** Removes one that is aside. One that was put again meanwhile stays. */
  remove(blob: string): Promise<void>;
}

/** Up to this size bytes live in the database row; above it in a blob. */
export const INLINE_BYTES = 256 * 1024;

const BLOB_NAME = /^[0-9a-f]{64}$/;

export function isBlobName(text: string): boolean {
  return BLOB_NAME.test(text);
}

/** `ab/cd/abcd…`. A name that came from elsewhere must not lead out of where blobs are kept. */
export function blobPath(blob: string): string {
  if (!isBlobName(blob)) throw new Error(`Not the name of a blob: ${JSON.stringify(blob)}`);
  return `${blob.slice(0, 2)}/${blob.slice(2, 4)}/${blob}`;
}
