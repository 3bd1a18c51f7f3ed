/**
 * Blobs as files of a local directory, named by the SHA-256 of what they hold: `ab/cd/abcd…`. A blob has its name only
 * once its bytes and that name are on disk (fsync), so a committed row never names a file that a crash took away.
 * The same content is kept once. What is aside lies in `aside/`, what is being written in `tmp/`.
 */

import { constants, createReadStream } from 'node:fs';
import { access, type FileHandle, mkdir, open, readdir, rename, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { type Clock, systemClock } from '../core/clock.ts';
import { ContentLost } from '../core/content-lost.ts';
import { IepError } from '../core/errors.ts';
import { type Blobs, blobPath, isBlobName, type ListedBlob } from './blobs.ts';
import { createSpool, DIRECTORY_MODE, ignoreMissing, unlinkIfThere } from './spool.ts';
import { syncDirectory } from './sync-directory.ts';
import { verified, verifiedBytes } from './verified.ts';

export async function createFilesystemBlobs(
  directory: string,
  clock: Pick<Clock, 'now'> = systemClock,
): Promise<Blobs> {
  const aside = join(directory, 'aside');
  /** Hash folders that this process has made sure of; those of a process that crashed may not be on disk. */
  const syncedFolders = new Set<string>();

  const folderOf = async (file: string): Promise<string> => {
    const folder = dirname(file);
    if (syncedFolders.has(folder)) return folder;
    await mkdir(folder, { recursive: true, mode: DIRECTORY_MODE });
    const parents = [dirname(folder), dirname(dirname(folder)), directory, dirname(directory)];
    for (const parent of new Set(parents)) await syncDirectory(parent);
    syncedFolders.add(folder);
    return folder;
  };

  /** Gives a synced file its name. Over a file of that name it changes nothing: the content is the same. */
  const moveTo = async (target: string, file: string): Promise<void> => {
    const folder = await folderOf(target);
    await rename(file, target);
    await syncDirectory(folder);
  };

  const temporary = join(directory, 'tmp');
  const spool = await createSpool(temporary, {
    clock,
    publish: (file, { blob }) => moveTo(join(directory, blobPath(blob)), file),
  });

  /** Where it may lie, in the order to look: while one looks, it may be brought back. */
  const pathsOf = (blob: string) => {
    const path = blobPath(blob);
    return [join(directory, path), join(aside, path), join(directory, path)];
  };

  return {
    ...spool,
    read: async (blob) => {
      for (const file of pathsOf(blob)) {
        await using handle = await openBlob(blob, file);
        if (handle !== undefined) return await verifiedBytes(blob, await handle.readFile().catch(unreadable));
      }
      return gone(blob);
    },
    stream: (blob) => Readable.from(verified(blob, chunksOf(blob, pathsOf(blob))), { objectMode: false }),
    async *list() {
      yield* listBelow(directory, { isAside: false, skip: ['tmp', 'aside'] });
      yield* listBelow(aside, { isAside: true, skip: [] });
    },
    async setAside(blob) {
      const path = blobPath(blob);
      const now = new Date(clock.now());
      // Before the move, so that a crash in between leaves nothing aside that seems to have been there for long.
      await utimes(join(directory, path), now, now).catch(ignoreMissing);
      await moveTo(join(aside, path), join(directory, path)).catch(ignoreMissing);
    },
    async bringBack(blob) {
      const path = blobPath(blob);
      await moveTo(join(directory, path), join(aside, path)).catch(ignoreMissing);
    },
    remove: async (blob) => unlinkIfThere(join(aside, blobPath(blob))),
  };

  /** The first of the files that is there. A file that is open stays whole even if it is moved or removed. */
  async function* chunksOf(blob: string, files: readonly string[]): AsyncGenerator<Buffer> {
    for (const file of files) {
      const handle = await openBlob(blob, file);
      if (handle === undefined) continue;
      try {
        return yield* createReadStream(file, { fd: handle }) as AsyncIterable<Buffer>;
      } catch (error) {
        unreadable(error);
      }
    }
    await gone(blob);
  }

  /** A directory that is not there, such as a disk that is not mounted, tells nothing of what it holds. */
  async function gone(blob: string): Promise<never> {
    await access(temporary).catch(unreadable);
    throw new ContentLost(blob, 'gone');
  }
}

/** Undefined where nothing is. A pipe or a device in place of the file might keep its reader for ever, so it is not read. */
async function openBlob(blob: string, file: string): Promise<FileHandle | undefined> {
  const handle = await open(file, READ).catch(ignoreMissing).catch(unreadable);
  if (handle === undefined) return undefined;
  const found = await handle.stat().catch(unreadable);
  if (found.isFile()) return handle;
  await handle.close();
  throw new ContentLost(blob, 'damaged');
}

/** Without waiting for the other end of a pipe. Windows has no such flag. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

function unreadable(cause: unknown): never {
  throw new IepError('store_unavailable', 'The blob directory cannot be read', { cause });
}

async function* listBelow(
  root: string,
  { isAside, skip }: { readonly isAside: boolean; readonly skip: readonly string[] },
): AsyncGenerator<ListedBlob> {
  for (const outer of await namesIn(root)) {
    if (skip.includes(outer)) continue;
    for (const inner of await namesIn(join(root, outer))) {
      for (const blob of await namesIn(join(root, outer, inner))) {
        if (!isBlobName(blob)) continue;
        const found = await stat(join(root, outer, inner, blob)).catch(ignoreMissing);
        if (found !== undefined) yield { blob, size: found.size, changedAt: found.mtimeMs, isAside };
      }
    }
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}
