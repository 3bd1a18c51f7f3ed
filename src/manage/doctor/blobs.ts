/** Large content: whether the bucket of it can be reached; and, when all of it is read, whether it is there and what it was. */

import { type Blobs, blobPath } from '../../blobs/blobs.ts';
import type { Config } from '../../config/schema.ts';
import { ContentLost } from '../../core/content-lost.ts';
import { IepError } from '../../core/errors.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import { allNamedBlobs } from '../backup/named-blobs.ts';
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

/** Reads every blob that a message names. */
export async function* checkEveryBlob(
  ground: { readonly blobs: Pick<Blobs, 'stream'>; readonly store: StorePart<'content.namedBlobs'> },
  progress: (text: string) => void,
): AsyncGenerator<Finding> {
  let looked = 0;
  let lost = 0;
  for await (const blob of allNamedBlobs(ground.store)) {
    looked += 1;
    progress(`blobs: ${looked}`);
    try {
      for await (const _chunk of ground.blobs.stream(blob));
    } catch (error) {
      if (!(error instanceof ContentLost)) throw error;
      lost += 1;
      yield broken('blobs', error.message, `Bring ${blobPath(blob)} back from a backup: docs/disaster.md.`);
    }
  }
  progress('');
  if (lost === 0) yield ok('blobs', `${looked}, all there and whole`);
}
