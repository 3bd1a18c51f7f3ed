/**
 * Blobs as objects of a bucket, by the same names as in a directory. An object is there, as the service has answered, before
 * anything that names it is committed. What comes in pieces is collected in a local file first, because its length and hash
 * must be known. What is aside lies under `aside/`.
 */

import { createReadStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { type Clock, systemClock } from '../core/clock.ts';
import { ContentLost } from '../core/content-lost.ts';
import { type Blobs, blobPath, isBlobName, type ListedBlob, type StoredBlob } from './blobs.ts';
import { createS3Client, errorCode, type S3Options, type S3Request, s3Unavailable } from './s3-client.ts';
import { createSpool, unlinkIfThere } from './spool.ts';
import { contentHash, piecesOf, verified, verifiedBytes } from './verified.ts';

const ASIDE = 'aside/';

/** `temporary`: a local directory for what is not whole yet. */
export async function createS3Blobs(
  temporary: string,
  options: S3Options,
  clock: Pick<Clock, 'now'> = systemClock,
): Promise<Blobs> {
  const client = createS3Client(options, clock);
  const keyOf = (blob: string) => `${options.prefix}${blobPath(blob)}`;
  const asideKeyOf = (blob: string) => `${options.prefix}${ASIDE}${blobPath(blob)}`;

  const spool = await createSpool(temporary, {
    clock,
    async publish(file, stored) {
      await upload(stored, () => createReadStream(file));
      await unlinkIfThere(file);
    },
  });

  return {
    create: spool.create,
    async put(bytes) {
      const stored = { blob: await contentHash(bytes), size: bytes.length };
      await upload(stored, () => Readable.from(piecesOf(bytes), { objectMode: false }));
      return stored;
    },
    read: async (blob) => verifiedBytes(blob, await client.bytes(await find(blob))),
    stream: (blob) => {
      // The name is looked at here and not with the first byte that is asked for.
      keyOf(blob);
      return Readable.from(verified(blob, chunksOf(blob)), { objectMode: false });
    },
    list,
    setAside: (blob) => move(keyOf(blob), asideKeyOf(blob)),
    bringBack: (blob) => move(asideKeyOf(blob), keyOf(blob)),
    remove: (blob) => command({ method: 'DELETE', key: asideKeyOf(blob) }),
  };

  async function upload({ blob, size }: StoredBlob, open: () => Readable): Promise<void> {
    await command({ method: 'PUT', key: keyOf(blob), body: { open, size, sha256: blob } });
  }

  /** Looks where it should be, then aside, then again: it may be on its way back. */
  async function find(blob: string): Promise<IncomingMessage> {
    for (const key of [keyOf(blob), asideKeyOf(blob), keyOf(blob)]) {
      const answer = await client.send({ method: 'GET', key });
      if (answer.statusCode === 200) return answer;
      const code = errorCode(await client.text(answer));
      // A bucket that is not there tells nothing of what it held.
      if (answer.statusCode !== 404 || code === 'NoSuchBucket') {
        throw s3Unavailable(new Error(`it answered ${answer.statusCode}: ${code}`));
      }
    }
    throw new ContentLost(blob, 'gone');
  }

  async function* chunksOf(blob: string): AsyncGenerator<Buffer> {
    const answer = await find(blob);
    try {
      yield* answer as AsyncIterable<Buffer>;
    } catch (cause) {
      throw s3Unavailable(cause);
    }
  }

  /** Nothing to move is not a fault: it was moved already. */
  async function move(from: string, to: string): Promise<void> {
    const copy = await client.send({ method: 'PUT', key: to, headers: { 'x-amz-copy-source': client.source(from) } });
    const said = await client.text(copy);
    if (copy.statusCode === 404) return;
    // A copy that fails late is answered with 200 and an error in its place (CopyObject).
    if (copy.statusCode !== 200 || !said.includes('CopyObjectResult')) {
      throw s3Unavailable(new Error(`it answered ${copy.statusCode} to a copy`));
    }
    await command({ method: 'DELETE', key: from });
  }

  async function command(request: S3Request): Promise<void> {
    const answer = await client.send(request);
    const said = await client.text(answer);
    const { statusCode: status = 0 } = answer;
    const isGone = request.method === 'DELETE' && status === 404;
    if (status >= 300 && !isGone) {
      throw s3Unavailable(new Error(`it answered ${status}: ${errorCode(said)}`));
    }
  }

  async function* list(): AsyncGenerator<ListedBlob> {
    let more: string | undefined;
    do {
      const query = { 'list-type': '2', prefix: options.prefix, ...(more && { 'continuation-token': more }) };
      const answer = await client.send({ method: 'GET', query });
      const document = await client.text(answer);
      if (answer.statusCode !== 200) throw s3Unavailable(new Error(`it answered ${answer.statusCode} to a listing`));
      for (const piece of document.split('<Contents>').slice(1)) {
        const [entry = ''] = piece.split('</Contents>', 1);
        const found = listed(entry, options.prefix);
        if (found !== undefined) yield found;
      }
      more = textOf(document, 'NextContinuationToken');
    } while (more !== undefined);
  }
}

function listed(entry: string, prefix: string): ListedBlob | undefined {
  const path = (textOf(entry, 'Key') ?? '').slice(prefix.length);
  const blob = path.split('/').at(-1) ?? '';
  const isAside = path.startsWith(ASIDE);
  if (!isBlobName(blob) || path !== `${isAside ? ASIDE : ''}${blobPath(blob)}`) return undefined;
  const changedAt = Date.parse(textOf(entry, 'LastModified') ?? '');
  return { blob, size: Number(textOf(entry, 'Size')), changedAt, isAside };
}

/** What stands between the tags. Keys of ours have no character that XML escapes; tokens may. */
function textOf(document: string, tag: string): string | undefined {
  const value = new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(document)?.[1];
  return value
    ?.replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
