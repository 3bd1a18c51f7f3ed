/** Large bodies and attachments: files named by content hash, on disk before anything that names them is committed. */

import type { Readable } from 'node:stream';

export interface BlobWriter {
  /** Resolves when more may be written. */
  write(chunk: Uint8Array): Promise<void>;
  /** Syncs the file and its directory, then gives it its name. */
  finish(): Promise<{ readonly blob: string; readonly size: number }>;
  /** Removes what was written so far. */
  abort(): Promise<void>;
}

export interface Blobs {
  create(): Promise<BlobWriter>;
  put(bytes: Uint8Array): Promise<{ readonly blob: string; readonly size: number }>;
  /** Rejects when there is no such blob: something that names it was stored, so this is a fault. */
  read(blob: string): Promise<Uint8Array>;
  stream(blob: string): Readable;
}

/** Up to this size bytes live in the database row; above it in a blob. */
export const INLINE_BYTES = 256 * 1024;
