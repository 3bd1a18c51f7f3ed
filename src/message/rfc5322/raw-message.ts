/**
 * Takes in a message that comes whole (SMTP, `sendmail`, a file), in whatever chunks it comes, and makes the submission.
 * The header is edited; below it no byte changes but bare CRs and LFs, which become CRLF. Small messages stay in memory,
 * larger ones go to a blob as they come, so that memory does not grow with the message.
 */

import { type Blobs, type BlobWriter, INLINE_BYTES } from '../../blobs/blobs.ts';
import { IepError } from '../../core/errors.ts';
import type { Bytes, Submission } from '../../core/message.ts';
import { type EditedHeader, editHeader, type RawEnvelope } from './edit-header.ts';
import { createLineEnds } from './line-ends.ts';
import { madeWithTemplate } from './made-with-template.ts';

/** A header larger than this is refused: it is held in memory and read whole. */
const MAX_HEADER_BYTES = 256 * 1024;
const EMPTY_LINE = Buffer.from('\r\n\r\n');
const LF = 0x0a;
/** What is read at once of a message that is in memory. */
const PIECE_BYTES = 256 * 1024;
const EMPTY = Buffer.alloc(0) as Buffer;

export interface RawMessageOptions extends RawEnvelope {
  readonly maxBytes: number;
}

export interface RawMessageReader {
  /** Never rejects: what goes wrong is said by `finish`. Wait for the promise, where there is one, before the next chunk. */
  write(chunk: Buffer): Promise<void> | undefined;
  /** The message is complete. Throws the refusal (IepError) or fault that the reader met. */
  finish(): Promise<Submission>;
  /** The message will never be complete: removes what was kept of it. */
  abort(): Promise<void>;
}

export function createRawMessageReader(blobs: Pick<Blobs, 'create'>, options: RawMessageOptions): RawMessageReader {
  const lineEnds = createLineEnds();
  /** What came so far, while it is held in memory. */
  let held = createGrowingBuffer();
  let received = 0;
  let header: EditedHeader | undefined;
  let writer: BlobWriter | undefined;
  let failure: { readonly error: unknown } | undefined;

  /** From here on the rest is read only to reach its end. */
  const fail = (error: unknown): void => {
    failure ??= { error };
    held = createGrowingBuffer();
  };

  const take = (bytes: Buffer): Promise<void> | undefined => {
    if (writer !== undefined) return spill(writer, bytes);
    const before = held.length;
    held.append(bytes);
    if (header === undefined) findHeader(Math.max(0, before - EMPTY_LINE.length + 1));
    if (header === undefined || failure !== undefined || held.length <= INLINE_BYTES) return undefined;
    return moveToBlob(header);
  };

  const findHeader = (searchFrom: number): void => {
    const end = endOfHeader(held.bytes(), searchFrom);
    if (end === undefined && held.length <= MAX_HEADER_BYTES) return;
    // Without an empty line so far, the header may still end at a line that cannot belong to one.
    const block = held.bytes().subarray(0, end ?? held.bytes().lastIndexOf(LF) + 1);
    try {
      const edited = editHeader(block, options);
      if (edited.end > MAX_HEADER_BYTES || (end === undefined && edited.end === block.length)) {
        throw new IepError('message_too_large', `Its header is larger than ${MAX_HEADER_BYTES} bytes`);
      }
      header = edited;
    } catch (error) {
      fail(error);
    }
  };

  const moveToBlob = async (edited: EditedHeader): Promise<void> => {
    try {
      const created = await blobs.create();
      // The message may have been aborted meanwhile, when there was nothing to remove yet.
      if (failure !== undefined) return await created.abort();
      writer = created;
    } catch (error) {
      fail(error);
      return;
    }
    const body = belowHeader(held.bytes(), edited);
    held = createGrowingBuffer();
    await spill(writer, edited.bytes);
    await spill(writer, body);
  };

  const spill = async (to: BlobWriter, bytes: Buffer): Promise<void> => {
    if (failure !== undefined) return;
    try {
      await to.write(bytes);
    } catch (error) {
      fail(error);
    }
  };

  const close = async (edited: EditedHeader): Promise<Bytes> => {
    if (writer !== undefined) return writer.finish();
    const body = belowHeader(held.bytes(), edited);
    const size = edited.bytes.length + body.length;
    // Memory of its own: a buffer cut from the shared pool would take the pool along to the writer thread.
    const bytes = Buffer.allocUnsafeSlow(size);
    bytes.set(edited.bytes, 0);
    bytes.set(body, edited.bytes.length);
    return { bytes, size };
  };

  const abort = async (): Promise<void> => {
    fail(new Error('The message was aborted'));
    const unfinished = writer;
    writer = undefined;
    await unfinished?.abort();
  };

  return {
    write(chunk) {
      if (failure !== undefined) return undefined;
      received += chunk.length;
      if (received > options.maxBytes) {
        fail(new IepError('message_too_large', `A message may have ${options.maxBytes} bytes`));
        return undefined;
      }
      return take(lineEnds.push(chunk));
    },

    async finish() {
      try {
        if (failure === undefined) await take(lineEnds.end());
        if (failure !== undefined) throw failure.error;
        const edited = header ?? editHeader(held.bytes(), options);
        if (edited.made !== undefined) {
          await abort();
          return madeWithTemplate(edited.submission, edited.made);
        }
        const raw = await close(edited);
        return { ...edited.submission, content: { kind: 'raw', raw, utf8Header: edited.utf8Header } };
      } catch (error) {
        await abort();
        throw error;
      }
    },

    abort,
  };
}

/** Reads a message that is in memory. */
export async function readRawMessage(
  blobs: Pick<Blobs, 'create'>,
  options: RawMessageOptions,
  bytes: Uint8Array,
): Promise<Submission> {
  const reader = createRawMessageReader(blobs, options);
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // In pieces, so that others have their turn between them.
  for (let from = 0; from < whole.length; from += PIECE_BYTES) {
    await reader.write(whole.subarray(from, from + PIECE_BYTES));
  }
  return reader.finish();
}

/** Where the header's last line ends, when the empty line after it is here; sought from `searchFrom`. */
function endOfHeader(bytes: Buffer, searchFrom: number): number | undefined {
  if (bytes[0] === EMPTY_LINE[0] && bytes[1] === EMPTY_LINE[1]) return 0;
  const found = bytes.indexOf(EMPTY_LINE, searchFrom);
  return found === -1 ? undefined : found + 2;
}

/** The body: after the empty line or, where another line ended the header, from that line on. */
function belowHeader(bytes: Buffer, { end }: EditedHeader): Buffer {
  const separated = bytes[end] === EMPTY_LINE[0] && bytes[end + 1] === EMPTY_LINE[1];
  return bytes.subarray(separated ? end + 2 : end);
}

interface GrowingBuffer {
  readonly length: number;
  append(bytes: Buffer): void;
  /** A view of what was appended; not to be written to. */
  bytes(): Buffer;
}

/** One run of bytes from many chunks. A single chunk is not copied; many small ones cost no object each. */
function createGrowingBuffer(): GrowingBuffer {
  let space = EMPTY;
  let length = 0;
  return {
    get length() {
      return length;
    },
    append(bytes) {
      if (length === 0) {
        space = bytes;
      } else {
        if (length + bytes.length > space.length) {
          const larger = Buffer.allocUnsafe(Math.max(2 * space.length, length + bytes.length));
          larger.set(space.subarray(0, length));
          space = larger;
        }
        space.set(bytes, length);
      }
      length += bytes.length;
    },
    bytes: () => space.subarray(0, length),
  };
}
