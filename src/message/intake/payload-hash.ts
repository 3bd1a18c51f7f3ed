/**
 * Whether two submissions under one idempotency key are the same. The hash covers all that the caller said, spelled in one
 * way, and nothing that the platform adds.
 */

import { createHash } from 'node:crypto';
import type { Blobs } from '../../blobs/blobs.ts';
import type { Bytes, Content, Submission } from '../../core/message.ts';
import { sortMembers } from '../../core/sorted-members.ts';

const BLANK_LINE = Buffer.from('\r\n\r\n');

/** SHA-256 of the submission's canonical form, in base64url. */
export async function hashPayload(submission: Submission, blobs: Pick<Blobs, 'stream'>): Promise<string> {
  const {
    id: _id,
    door: _door,
    idempotencyKey: _key,
    messageIdHeader: _header,
    traceparent: _traceparent,
    replyToAddresses: _read,
    addedHeaders: _added,
    content,
    attachments = [],
    ...rest
  } = submission;
  const canonical = {
    ...rest,
    content: await canonicalContent(content, blobs),
    attachments: attachments.map((attachment) => ({ ...attachment, content: digest(attachment.content) })),
  };
  return createHash('sha256').update(JSON.stringify(canonical, sortMembers)).digest('base64url');
}

/** A raw message is compared below its header: `Received` and, where they were missing, `Date` and `Message-ID` are ours. */
async function canonicalContent(content: Content, blobs: Pick<Blobs, 'stream'>): Promise<unknown> {
  if (content.kind === 'parts') return content;
  const { raw } = content;
  return { kind: 'raw', body: await digestBelowHeader('blob' in raw ? blobs.stream(raw.blob) : [raw.bytes]) };
}

async function digestBelowHeader(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  let inHeader = true;
  let tail = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (!inHeader) {
      hash.update(chunk);
      continue;
    }
    const seen = Buffer.concat([tail, chunk]);
    const end = seen.indexOf(BLANK_LINE);
    inHeader = end === -1;
    if (!inHeader) hash.update(seen.subarray(end + BLANK_LINE.length));
    // The blank line may lie across two chunks.
    tail = seen.subarray(Math.max(0, seen.length - BLANK_LINE.length + 1));
  }
  return hash.digest('hex');
}

/** Blobs are named by the hash of what they hold, and the same bytes always become one, or never. */
function digest(content: Bytes): string {
  return 'blob' in content ? content.blob : createHash('sha256').update(content.bytes).digest('hex');
}
