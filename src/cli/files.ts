/** Files named on the command line; `-` is standard input, or standard output where text is written. */

import { open, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errorText } from '../core/error-text.ts';
import { IepError } from '../core/errors.ts';
import { asStoreRefusal } from '../db/datadir/store-refusal.ts';
import { asCaller } from './client/enter-data-dir.ts';
import { Complaint } from './failure.ts';
import { readAll, type Shell } from './shell.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'the file does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  EEXIST: 'it exists already',
};

export async function readNamedFile(shell: Shell, path: string): Promise<Buffer> {
  if (path === '-') return readAll(shell.stdin);
  try {
    return await asCaller(() => readFile(path));
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Refuses a file that is not UTF-8 text, in place of sending it with replacement characters. */
export function utf8TextOf(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Complaint(65, `${name} is not UTF-8 text`, 'Convert it first, for example with iconv.');
  }
}

/** The same, a piece at a time, for what may be larger than memory. */
export async function* streamNamedFile(shell: Shell, path: string): AsyncGenerator<Buffer> {
  if (path === '-') {
    for await (const chunk of shell.stdin) yield Buffer.from(chunk);
    return;
  }
  try {
    const file = await asCaller(() => open(path));
    for await (const chunk of file.createReadStream()) yield chunk as Buffer;
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): Complaint {
  return new Complaint(65, `cannot read ${path}: ${fileFault(error)}`, 'Check the path and its permissions.');
}

/** The whole path of a file that cannot be a stream. */
export function wholePath(path: string): string {
  if (path !== '-') return resolve(path);
  throw new Complaint(
    64,
    '`-` is standard input or output, and a file is needed',
    'Name a file; `./-` is one of that name.',
  );
}

/** Whole or not at all, and never over a file that is there. */
export async function writeNewFile(path: string, content: string, mode = 0o666): Promise<void> {
  // Comes when it is needed: most commands write no file.
  const { writeWhole } = await import('../db/datadir/aside.ts');
  try {
    if (await asCaller(async () => writeWhole(resolve(path), content, { mode }))) return;
  } catch (error) {
    throw unwritable(path, error, 'Name a file that you may write.');
  }
  throw new Complaint(65, `cannot write ${path}: it exists already`, 'Name a file that does not exist yet.');
}

/** The moment's fault where the disk is full or the like; else the path is wrong. */
export function unwritable(path: string, error: unknown, hint: string, exit: 65 | 77 = 65): Error {
  const refusal = asStoreRefusal(error);
  if (refusal instanceof IepError) return refusal;
  // A file to be written need not exist; its directory is missing.
  const isHomeless = (error as NodeJS.ErrnoException).code === 'ENOENT';
  const why = isHomeless ? `the directory ${dirname(resolve(path))} is missing` : fileFault(error);
  return new Complaint(exit, `cannot write ${path}: ${why}`, hint);
}

/** What a failed file operation means, in words. */
export function fileFault(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code !== undefined && code in REASONS) return REASONS[code] ?? code;
  return errorText(error);
}
