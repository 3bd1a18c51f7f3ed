/** Moves what is too large for a database row into blobs. Done before the commit that names them. */

import { type Blobs, INLINE_BYTES } from '../../blobs/blobs.ts';
import type { Bytes, Submission } from '../../core/message.ts';

/** The submission with every content above `INLINE_BYTES` on disk. */
export async function moveLargeBytes(submission: Submission, blobs: Pick<Blobs, 'put'>): Promise<Submission> {
  const { content, attachments = [] } = submission;
  const raw = content.kind === 'raw' ? content.raw : undefined;
  if (!isLarge(raw) && !attachments.some((attachment) => isLarge(attachment.content))) return submission;

  const moved = [];
  for (const attachment of attachments) moved.push({ ...attachment, content: await move(attachment.content, blobs) });
  return {
    ...submission,
    ...(moved.length > 0 && { attachments: moved }),
    ...(content.kind === 'raw' && { content: { ...content, raw: await move(content.raw, blobs) } }),
  };
}

function isLarge(bytes: Bytes | undefined): boolean {
  return bytes !== undefined && 'bytes' in bytes && bytes.size > INLINE_BYTES;
}

async function move(bytes: Bytes, blobs: Pick<Blobs, 'put'>): Promise<Bytes> {
  return 'bytes' in bytes && isLarge(bytes) ? blobs.put(bytes.bytes) : bytes;
}
