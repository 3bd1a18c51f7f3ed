/**
 * Blobs as files of a local directory, named by the SHA-256 of what they hold: `ab/cd/abcd…`. A blob has its name only
 * once its bytes and that name are on disk (fsync), so a committed row never names a file that a crash took away.
 * The same content is kept once. What a crash left half written stays in `tmp/` and goes at a later open.
 */

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, systemClock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { Blobs, BlobWriter } from './blobs.ts';

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/** No blob takes this long to write; another process may be writing a younger one. */
const LEFTOVER_AGE_MS = 60 * 60 * 1000;

const BLOB_NAME = /^[0-9a-f]{64}$/;

export async function createFilesystemBlobs(
  directory: string,
  clock: Pick<Clock, 'now'> = systemClock,
): Promise<Blobs> {
  const temporary = join(directory, 'tmp');
  await mkdir(temporary, { recursive: true, mode: DIRECTORY_MODE });
  await removeLeftovers(temporary, clock.now() - LEFTOVER_AGE_MS);

  /** Hash folders that this process has made sure of; those of a process that crashed may not be on disk. */
  const syncedFolders = new Set<string>();

  const folderOf = async (blob: string): Promise<string> => {
    const outer = join(directory, blob.slice(0, 2));
    const folder = join(outer, blob.slice(2, 4));
    if (syncedFolders.has(folder)) return folder;
    await mkdir(folder, { recursive: true, mode: DIRECTORY_MODE });
    for (const parent of [outer, directory, dirname(directory)]) await syncDirectory(parent);
    syncedFolders.add(folder);
    return folder;
  };

  /** Gives a synced file its name. Over a file of that name it changes nothing: the content is the same. */
  const publish = async (file: string, blob: string): Promise<void> => {
    const folder = await folderOf(blob);
    await rename(file, join(folder, blob));
    await syncDirectory(folder);
  };

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
    read: async (blob) => readFile(pathOf(directory, blob)),
    stream: (blob) => createReadStream(pathOf(directory, blob)),
  };
}

function createWriter(parts: {
  file: string;
  handle: FileHandle;
  publish: (file: string, blob: string) => Promise<void>;
}): BlobWriter {
  const { file, handle, publish } = parts;
  const hash = createHash('sha256');
  let size = 0;
  return {
    write: (chunk) =>
      storing(async () => {
        hash.update(chunk);
        for (let from = 0; from < chunk.length; ) {
          from += (await handle.write(chunk, from)).bytesWritten;
        }
        size += chunk.length;
      }),
    finish: () =>
      storing(async () => {
        await handle.sync();
        await handle.close();
        const blob = hash.digest('hex');
        await publish(file, blob);
        return { blob, size };
      }),
    async abort() {
      await handle.close();
      await unlinkIfThere(file);
    },
  };
}

function pathOf(directory: string, blob: string): string {
  // A name that came from elsewhere must not lead out of the directory.
  if (!BLOB_NAME.test(blob)) throw new Error(`Not the name of a blob: ${JSON.stringify(blob)}`);
  return join(directory, blob.slice(0, 2), blob.slice(2, 4), blob);
}

/** A disk that is full or broken is the moment's fault, which the caller can hear and try again. */
async function storing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new IepError('store_unavailable', 'The blob directory cannot be written', { cause });
  }
}

async function removeLeftovers(temporary: string, before: number): Promise<void> {
  for (const name of await readdir(temporary)) {
    const file = join(temporary, name);
    const found = await stat(file).catch(ignoreMissing);
    if (found !== undefined && found.mtimeMs < before) await unlinkIfThere(file);
  }
}

async function unlinkIfThere(file: string): Promise<void> {
  await unlink(file).catch(ignoreMissing);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}

/** Makes the names in a directory durable. Windows has no such call; its file system logs names itself. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
