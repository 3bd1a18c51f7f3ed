/** A backup is one tar file (POSIX.1 ustar), so that any system can look into it. Just what that needs of the format. */

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { IepError } from '../../core/errors.ts';

const BLOCK = 512;
/** Larger sizes do not fit the field's eleven octal digits and are written in base 256, as GNU tar does. */
const MAX_OCTAL_SIZE = 0o77777777777;

const SYNC_BYTES = 16 * 1024 * 1024;

export interface ArchiveEntry {
  readonly name: string;
  readonly size: number;
  content(): AsyncIterable<Uint8Array>;
}

/** Appends one file under `name`, of at most 100 bytes, and gives its SHA-256. Writes nothing when the file is missing. */
export async function writeEntry(to: FileHandle, name: string, file: string): Promise<string> {
  // Open all the while: it may be moved or removed meanwhile, and stays whole.
  await using from = await open(file, 'r');
  const { size, mtimeMs } = await from.stat();
  await to.write(entryHeader({ name, size, mtimeMs }));
  const hash = createHash('sha256');
  let written = 0;
  let unsynced = 0;
  for await (const chunk of from.createReadStream({ autoClose: false })) {
    await to.write(chunk);
    hash.update(chunk);
    written += chunk.length;
    // All at once at the end would hold up the commits of a daemon on the same disk.
    unsynced += chunk.length;
    if (unsynced > SYNC_BYTES) {
      await to.datasync();
      unsynced = 0;
    }
  }
  if (written !== size) throw new IepError('store_unavailable', `${file} changed while it was copied`);
  await to.write(Buffer.alloc(padding(size)));
  return hash.digest('hex');
}

/** Two empty blocks end an archive; one that was cut off has none. */
export async function writeEnd(to: FileHandle): Promise<void> {
  await to.write(Buffer.alloc(2 * BLOCK));
}

/** Yields the entries in order. The content of one is read before the next is asked for. Throws when it is cut off. */
export async function* readEntries(from: FileHandle, file: string): AsyncGenerator<ArchiveEntry> {
  let at = 0;
  for (;;) {
    const header = await readAt(from, at, BLOCK);
    if (header.length < BLOCK) throw damaged(file, 'it ends before its end mark');
    if (header.every((byte) => byte === 0)) return;
    const entry = parseHeader(header, file);
    const start = at + BLOCK;
    yield { ...entry, content: () => readRange(from, { start, size: entry.size, file }) };
    at = start + entry.size + padding(entry.size);
  }
}

function entryHeader({ name, size, mtimeMs }: { name: string; size: number; mtimeMs: number }): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long a name for an archive`);
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`;
  header.write(name, 0);
  header.write(octal(0o600, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  if (size <= MAX_OCTAL_SIZE) header.write(octal(size, 12), 124);
  else {
    header.writeUInt8(0x80, 124);
    header.writeBigUInt64BE(BigInt(size), 128);
  }
  header.write(octal(Math.floor(mtimeMs / 1000), 12), 136);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function parseHeader(header: Buffer, file: string): { name: string; size: number } {
  const text = (from: number, length: number) => header.toString('utf8', from, from + length).replace(/[\0 ].*$/s, '');
  if (Number.parseInt(text(148, 8), 8) !== checksum(header)) throw damaged(file, 'a header has a wrong checksum');
  const size = (header[124] ?? 0) & 0x80 ? Number(header.readBigUInt64BE(128)) : Number.parseInt(text(124, 12), 8);
  if (!Number.isSafeInteger(size)) throw damaged(file, 'a size cannot be read');
  return { name: text(0, 100), size };
}

/** The sum of the header's bytes, its own field taken as blanks. */
function checksum(header: Buffer): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

async function* readRange(
  from: FileHandle,
  { start, size, file }: { start: number; size: number; file: string },
): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < size; ) {
    const chunk = await readAt(from, start + done, Math.min(1024 * 1024, size - done));
    if (chunk.length === 0) throw damaged(file, 'it is cut off');
    done += chunk.length;
    yield chunk;
  }
}

async function readAt(from: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await from.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function damaged(file: string, why: string): IepError {
  return new IepError('invalid_request', `${file} is not a whole backup: ${why}`, {
    extra: {
      hint: 'Take another one, or let tar take out what it can (`tar -xf FILE -C DIR`) and restore that: `iep restore DIR`.',
    },
  });
}
