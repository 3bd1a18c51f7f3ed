/** Where large content is kept, where that is not this machine. */

import type { Blobs } from '../../blobs/blobs.ts';
import type { Config } from '../../config/schema.ts';
import { IepError } from '../../core/errors.ts';
import { broken, type Finding, ok } from './finding.ts';

export async function* checkBlobs(blobs: Pick<Blobs, 'list'>, config: Config['blobs']): AsyncGenerator<Finding> {
  if (config.type === 'filesystem') return;
  try {
    for await (const _first of blobs.list()) break;
    yield ok('blobs', `the bucket ${config.bucket} can be listed`);
  } catch (error) {
    if (!(error instanceof IepError)) throw error;
    yield broken(
      'blobs',
      error.message,
      'Check endpoint, region, bucket and keys under `blobs`, and that the keys may read, write, delete and list there.',
    );
  }
}
