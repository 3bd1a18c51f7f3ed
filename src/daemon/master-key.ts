/** The master key: 32 random bytes that secrets in the database are sealed with. Losing it loses them. */

import { randomBytes, randomUUID } from 'node:crypto';
import { link, open, readFile, stat, unlink } from 'node:fs/promises';
import { IepError } from '../core/errors.ts';

const LENGTH = 32;

/** Reads the key, or makes it where there is none. Refuses one that others can read or that is not whole. */
export async function openMasterKey(file: string): Promise<Uint8Array> {
  const known = await readMasterKey(file);
  if (known !== undefined) return known;
  await make(file);
  const made = await readMasterKey(file);
  if (made === undefined) throw new Error(`The master key ${file} was removed as soon as it was made`);
  return made;
}

async function readMasterKey(file: string): Promise<Uint8Array | undefined> {
  const key = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new IepError('bad_config', `The master key ${file} cannot be read (${error.code}).`, { cause: error });
  });
  if (key === undefined) return undefined;
  if (key.length !== LENGTH) {
    throw new IepError('bad_config', `The master key ${file} is damaged: it must have ${LENGTH} bytes.`);
  }
  const { mode } = await stat(file);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new IepError('bad_config', `Others can read the master key: chmod 600 ${file}`);
  }
  return key;
}

/** Whole or not at all: written aside, synced, and given its name unless another process was faster. */
async function make(file: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  const handle = await open(aside, 'wx', 0o600);
  try {
    await handle.writeFile(randomBytes(LENGTH));
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(aside);
  }
}
