/** Attachments of parsed submissions as bytes in place of their base64. What is not base64 stays text, for the schema to refuse. */

/** Changes `value`, a body of POST /v1/messages or of a batch; answers the memory of what was decoded. */
export function decodeAttachments(value: unknown): ArrayBuffer[] {
  return submissionsIn(value).flatMap((submission) =>
    listOf(submission, 'attachments').flatMap((attachment) => decode(attachment)),
  );
}

function submissionsIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const messages = listOf(value, 'messages');
  return messages.length > 0 ? messages : [value];
}

function decode(attachment: unknown): ArrayBuffer[] {
  if (!isRecord(attachment) || typeof attachment.content !== 'string') return [];
  try {
    const bytes = Uint8Array.fromBase64(attachment.content, { lastChunkHandling: 'strict' });
    attachment.content = bytes;
    return [bytes.buffer];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = isRecord(value) ? value[name] : undefined;
  return Array.isArray(list) ? list : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
