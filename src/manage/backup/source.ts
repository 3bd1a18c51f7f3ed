/**
 * What `iep restore` reads: an archive of `iep backup`, or a data directory. All is checked against its checksum on the way;
 * what is not what it was is told and the rest comes back.
 */

import { createHash } from 'node:crypto';
import { constants, createReadStream, existsSync, statSync } from 'node:fs';
import { copyFile, type FileHandle, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { isBlobName } from '../../blobs/blobs.ts';
import { ContentLost } from '../../core/content-lost.ts';
import { IepError } from '../../core/errors.ts';
import { hasStore } from '../../db/datadir/data-directory.ts';
import { type DataDirectory, dataDirectory } from '../../db/datadir/data-files.ts';
import { lockDirectory } from '../../db/datadir/lock.ts';
import { MASTER_KEY_LENGTH } from '../../db/datadir/master-key.ts';
import { isSoundFile, salvageFile } from '../../db/salvage.ts';
import type { Salvaged } from '../../db/verbs/file-care.ts';
import { readEntries } from './archive.ts';
import { CHECKSUMS, parseChecksums } from './checksums.ts';

export const DATABASE = 'iep.db';
/** What a backup holds, and nothing else: a name never leads out of the directory. */
const KNOWN_NAME =
  /^(?:SHA256SUMS|iep\.db|master\.key(?:\.previous)?|blobs\/(?:aside\/)?[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{64})$/;
/** A list of three names is shorter. */
const MAX_CHECKSUMS_BYTES = 1_024;

export interface Lost {
  /** As in an archive: `iep.db`, `blobs/…`. */
  readonly name: string;
  readonly how: 'damaged' | 'gone';
}

export interface Unpacked {
  readonly lost: readonly Lost[];
  /** Of a database that is damaged: what could be read. */
  readonly salvaged?: Salvaged;
  /** Of an archive: whether it says what its database was. */
  readonly checksums?: boolean;
}

export interface BackupSource extends AsyncDisposable {
  /** Into the directory, which is empty; nothing is left next to it but in the folder that it is in. */
  unpack(to: string): Promise<Unpacked>;
}

/** Does work as the user who asked for it, which may be another than the owner of the data directory. */
export type AsCaller = <T>(work: () => Promise<T>) => Promise<T>;

export async function openSource(file: string, asCaller: AsCaller): Promise<BackupSource> {
  const found = await asCaller(() => stat(file));
  if (found.isDirectory()) return directorySource(dataDirectory(file));
  const archive = await asCaller(() => open(file, 'r'));
  return { unpack: (to) => unpackArchive(archive, file, to), [Symbol.asyncDispose]: () => archive.close() };
}

async function unpackArchive(archive: FileHandle, file: string, to: string): Promise<Unpacked> {
  // Not in its place before it is known to be sound.
  const database = `${to}.db`;
  const sums = new Map<string, string>();
  const lost: Lost[] = [];
  let list: ReadonlyMap<string, string> | 'absent' | 'damaged' = 'absent';
  for await (const { name, size, content } of readEntries(archive, file)) {
    if (!KNOWN_NAME.test(name))
      throw new IepError('invalid_request', `${file} holds ${name}, which does not belong in a backup`);
    if (name === CHECKSUMS) {
      const found = size > MAX_CHECKSUMS_BYTES ? undefined : parseChecksums(await text(content()));
      list = found?.has(DATABASE) ? found : 'damaged';
      continue;
    }
    const path = name === DATABASE ? database : join(to, name);
    const sum = await writeHashed(path, content());
    if (!isBlobName(basename(name))) sums.set(name, sum);
    else if (sum !== basename(name)) {
      lost.push({ name, how: 'damaged' });
      await rm(path);
    }
  }
  if (!sums.has(DATABASE)) throw new IepError('invalid_request', `${file} is not a backup: it holds no ${DATABASE}`);
  if (list === 'damaged') lost.push({ name: CHECKSUMS, how: 'damaged' });
  const known = typeof list === 'string' ? [] : [...list];
  const changed = known.filter(([name, sum]) => sums.get(name) !== sum).map(([name]) => name);
  for (const name of changed.filter((name) => name !== DATABASE)) {
    lost.push({ name, how: sums.has(name) ? 'damaged' : 'gone' });
    // A key that is not what it was opens nothing, and would stand where the right one belongs.
    if (sums.has(name)) await rm(join(to, name));
  }
  const checksums = list !== 'absent';
  const path = join(to, DATABASE);
  if (!changed.includes(DATABASE) && isSoundFile(database)) {
    await rename(database, path);
    return { lost, checksums };
  }
  lost.push({ name: DATABASE, how: 'damaged' });
  return { lost, checksums, salvaged: salvageFrom(file, database, path) };
}

function salvageFrom(file: string, from: string, to: string): Salvaged {
  try {
    return salvageFile(from, to);
  } catch (error) {
    if (!(error instanceof IepError) || error.code !== 'store_damaged') throw error;
    throw new IepError('store_damaged', `nothing of ${DATABASE} in ${file} can be read; nothing was restored`, {
      cause: error,
      extra: {
        hint: 'Take another backup. What else is in this one is told by `tar -tf`, and taken out by `tar -xf`.',
      },
    });
  }
}

/** Held as by a daemon, so that none writes to it meanwhile. */
function directorySource(from: DataDirectory): BackupSource {
  if (!hasStore(from) || !statSync(from.database).isFile())
    throw new IepError('invalid_request', `there is no store in ${from.path}`);
  const lock = lockDirectory(from.path);
  return {
    async unpack(to) {
      const target = dataDirectory(to);
      const salvaged = salvageFile(from.database, target.database);
      const lost: Lost[] = [];
      for (const [key, path] of [
        [from.masterKey, target.masterKey],
        [from.previousKey, target.previousKey],
      ] as const) {
        const size = statSync(key, { throwIfNoEntry: false })?.size;
        if (size === MASTER_KEY_LENGTH) await copyFile(key, path);
        else if (size !== undefined) lost.push({ name: basename(key), how: 'damaged' });
      }
      for await (const file of filesBelow(from.blobs)) {
        const name = relative(from.path, file);
        if (!KNOWN_NAME.test(name)) continue;
        const path = join(to, name);
        const sum = await writeHashed(path, readable(file)).catch(whyLost);
        if (sum === basename(name)) continue;
        lost.push({ name, how: 'damaged' });
        await rm(path);
      }
      return { lost, salvaged };
    },
    [Symbol.asyncDispose]: async () => lock.release(),
  };
}

async function* filesBelow(directory: string): AsyncGenerator<string> {
  if (!existsSync(directory)) return;
  for await (const entry of await opendir(directory, { recursive: true })) {
    if (entry.isFile()) yield join(entry.parentPath, entry.name);
  }
}

/** Ends with `ContentLost` where the disk does not give it back: that must not keep the rest. */
async function* readable(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error;
    throw new ContentLost(basename(file), 'damaged');
  }
}

function whyLost(error: unknown): undefined {
  if (!(error instanceof ContentLost)) throw error;
}

/** Makes the file, in small steps, and gives the SHA-256 of what it holds. */
async function writeHashed(path: string, content: AsyncIterable<Uint8Array>): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await using target = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  const hash = createHash('sha256');
  for await (const chunk of content) {
    hash.update(chunk);
    await target.write(chunk);
  }
  await target.sync();
  return hash.digest('hex');
}
