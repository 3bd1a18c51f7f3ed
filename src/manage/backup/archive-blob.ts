/**
 * The blobs of a backup. Retention goes on meanwhile: what no message names is set aside, may be brought back, and is removed
 * a day later at the earliest.
 */

import { type FileHandle, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { blobPath, isBlobName } from '../../blobs/blobs.ts';
import { writeEntry } from './archive.ts';

/** Names of the whole blobs below a directory of them, set aside or not. */
export async function blobNames(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return [
    ...new Set(entries.filter((entry) => entry.isFile() && isBlobName(entry.name)).map(({ name }) => name)),
  ].sort();
}

/** One that is not there was removed after its day aside, or is lost: the database says whether anything names it. */
export async function archiveBlob(
  to: FileHandle,
  directory: string,
  blob: string,
): Promise<'whole' | 'damaged' | 'absent'> {
  const path = blobPath(blob);
  // In its place again at last: it may have been brought back while one looked aside.
  for (const file of [path, join('aside', path), path]) {
    const hash = await writeEntry(to, join('blobs', file), join(directory, file)).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (hash !== undefined) return hash === blob ? 'whole' : 'damaged';
  }
  return 'absent';
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
