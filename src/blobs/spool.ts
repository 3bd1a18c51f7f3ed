/**
 * Bytes on their way to becoming a blob: a temporary file that is hashed as it grows, and synced before it gets its name.
 * What a crash left half written goes at a later open.
 */

import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { diskFault } from '../core/disk-fault.ts';
import { IepError } from '../core/errors.ts';
import type { BlobWriter, StoredBlob } from './blobs.ts';

export const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/** No blob takes this long to write; another process may be writing a younger one. */
const LEFTOVER_AGE_MS = 60 * 60 * 1000;

/** Hashed and written at once: a larger piece would hold the event loop for longer than a millisecond. */
const PIECE_BYTES = 512 * 1024;

export interface Spool {
  create(): Promise<BlobWriter>;
  put(bytes: Uint8Array): Promise<StoredBlob>;
}

/** `publish` gives the synced file its place, or takes its content elsewhere, and removes it. */
export type Publish = (file: string, stored: StoredBlob) => Promise<void>;

export async function createSpool(
  temporary: string,
  { clock, publish }: { readonly clock: Pick<Clock, 'now'>; readonly publish: Publish },
): Promise<Spool> {
  await storing(() => mkdir(temporary, { recursive: true, mode: DIRECTORY_MODE }));
  await removeLeftovers(temporary, clock.now() - LEFTOVER_AGE_MS);

  const create = async (): Promise<BlobWriter> => {
    const file = join(temporary, randomUUID());
    const handle = await storing(() => open(file, 'wx', FILE_MODE));
    return createWriter({ file, handle, publish });
  };

  return {
    create,
    async put(bytes) {
      const writer = await create();
      try {
        await writer.write(bytes);
        return await writer.finish();
      } catch (error) {
        await writer.abort();
        throw error;
      }
    },
  };
}

function createWriter(parts: { file: string; handle: FileHandle; publish: Publish }): BlobWriter {
  const { file, handle, publish } = parts;
  const hash = createHash('sha256');
  let size = 0;

  async function writePiece(piece: Uint8Array): Promise<void> {
    hash.update(piece);
    for (let from = 0; from < piece.length; ) {
      from += (await handle.write(piece, from)).bytesWritten;
    }
    size += piece.length;
  }

  return {
    write: (chunk) =>
      storing(async () => {
        for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
          await writePiece(chunk.subarray(from, from + PIECE_BYTES));
        }
      }),
    finish: () =>
      storing(async () => {
        await handle.sync();
        await handle.close();
        const stored = { blob: hash.digest('hex'), size };
        await publish(file, stored);
        return stored;
      }),
    async abort() {
      await handle.close();
      await unlinkIfThere(file);
    },
  };
}

/** A disk that is full or broken is the moment's fault, which the caller can hear and try again. */
async function storing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof IepError) throw cause;
    throw diskFault(cause) ?? new IepError('store_unavailable', 'The blob directory cannot be written', { cause });
  }
}

async function removeLeftovers(temporary: string, before: number): Promise<void> {
  for (const name of await readdir(temporary)) {
    const file = join(temporary, name);
    const found = await stat(file).catch(ignoreMissing);
    if (found !== undefined && found.mtimeMs < before) await unlinkIfThere(file);
  }
}

export async function unlinkIfThere(file: string): Promise<void> {
  await unlink(file).catch(ignoreMissing);
}

export function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
