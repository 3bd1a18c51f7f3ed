/** The blobs of this daemon: large content, kept where the configuration says. */

import { join } from 'node:path';
import type { Blobs } from '../../blobs/blobs.ts';
import { createFilesystemBlobs } from '../../blobs/filesystem.ts';
import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';

/** `directory`: of the data directory. With S3 it holds only what is not whole yet. */
export async function openBlobs(directory: string, { blobs }: Config, clock: Pick<Clock, 'now'>): Promise<Blobs> {
  if (blobs.type === 'filesystem') return createFilesystemBlobs(directory, clock);
  const { createS3Blobs } = await import('../../blobs/s3.ts');
  const { type: _type, timeoutSeconds, ...options } = blobs;
  return createS3Blobs(join(directory, 'tmp'), { ...options, timeoutMs: timeoutSeconds * 1000 }, clock);
}
