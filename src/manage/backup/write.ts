/** Writes a backup: the database and its large bodies in one file, while work goes on; the master keys only where they are given. */

import { type FileHandle, open, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { blobPath } from '../../blobs/blobs.ts';
import { type Aside, publish } from '../../db/datadir/aside.ts';
import { openStore } from '../../db/open.ts';
import type { FileCare } from '../../db/verbs/file-care.ts';
import type { Audit } from '../audit/audit.ts';
import type { Caller } from '../audit/caller.ts';
import { writeEnd, writeEntry } from './archive.ts';
import { archiveBlob, blobNames } from './archive-blob.ts';
import { CHECKSUMS, checksumsText } from './checksums.ts';
import { allNamedBlobs } from './named-blobs.ts';
import type { AsCaller } from './source.ts';

export interface LostBlob {
  readonly blob: string;
  readonly how: 'gone' | 'damaged';
}

export type BackupEnd =
  | { readonly kind: 'written'; readonly bytes: number; readonly lost: readonly LostBlob[] }
  /** A file of that name is there by now; it stays as it is. */
  | { readonly kind: 'exists' }
  /** Nothing was written. */
  | { readonly kind: 'no_room'; readonly needed: number; readonly free: number };

export interface BackupDeps {
  readonly care: Pick<FileCare, 'backup'>;
  readonly audit: Pick<Audit, 'record'>;
  /** Paths of the database and of the directory of blobs. */
  readonly data: { readonly database: string; readonly blobs: string };
  /** Large content is elsewhere where this is false. */
  readonly hasBlobs: boolean;
  readonly asCaller: AsCaller;
}

/** Written in `aside`, which is next to `file`, and given its name when it is whole; never over a file that is there. */
export async function writeBackup(
  deps: BackupDeps,
  caller: Caller,
  input: {
    readonly file: string;
    readonly aside: Pick<Aside, 'path'>;
    /** To be put in. */
    readonly keys: readonly Uint8Array[];
    /** Of the key that opens the secrets in it. */
    readonly keyId: string;
  },
): Promise<BackupEnd> {
  const { data, asCaller, audit } = deps;
  const { file, aside, keys, keyId } = input;
  const room = await asCaller(() => roomFor(file, data));
  if (room.needed > room.free) return { kind: 'no_room', ...room };
  const whole = join(aside.path, 'archive');
  const lost = await writeArchive(deps, { whole, folder: aside.path, keys });
  const bytes = await asCaller(async () => (publish(whole, file) ? (await stat(file)).size : undefined));
  if (bytes === undefined) return { kind: 'exists' };
  const { actor, source } = caller;
  await audit.record({
    ...{ actor, source, action: 'backup', outcome: 'done', target: file },
    changes: { masterKeyInside: keys.length > 0, keyId, ...(lost.length > 0 && { lost: lost.length }) },
  });
  return { kind: 'written', bytes, lost };
}

async function writeArchive(
  { care, data, hasBlobs, asCaller }: BackupDeps,
  { whole, folder, keys }: { whole: string; folder: string; keys: readonly Uint8Array[] },
): Promise<readonly LostBlob[]> {
  const lost: LostBlob[] = [];
  const archive = await asCaller(() => open(whole, 'wx', 0o600));
  try {
    // The database first: every blob that it names is in its place by then.
    const snapshot = join(folder, 'iep.db');
    await asCaller(async () => {
      await care.backup(snapshot);
      const sums = await writeKeys(archive, folder, keys);
      sums.set('iep.db', await writeEntry(archive, 'iep.db', snapshot));
      const list = join(folder, CHECKSUMS);
      await writeFile(list, checksumsText(sums), { flag: 'wx', mode: 0o600 });
      await writeEntry(archive, CHECKSUMS, list);
    });
    const here = new Set(await blobNames(data.blobs));
    for (const blob of here) {
      const how = await archiveBlob(archive, data.blobs, blob);
      if (how === 'damaged') lost.push({ blob, how });
      if (how === 'absent') here.delete(blob);
    }
    await writeEnd(archive);
    if (hasBlobs) {
      const named = await asCaller(() => namedIn(snapshot));
      lost.push(...named.filter((blob) => !here.has(blob)).map((blob) => ({ blob, how: 'gone' as const })));
    }
    return lost;
  } finally {
    await archive.close();
  }
}

/** Of the copy: what was accepted since may name blobs that are in no backup yet. */
async function namedIn(snapshot: string): Promise<readonly string[]> {
  const { store } = await openStore({ file: snapshot, threads: false, readonly: true });
  try {
    return await Array.fromAsync(allNamedBlobs(store));
  } finally {
    await store.close();
  }
}

/** The copy of the database and the archive that it goes into are there at the same time. */
async function roomFor(file: string, of: BackupDeps['data']): Promise<{ needed: number; free: number }> {
  let needed = 2 * (await stat(of.database)).size;
  for (const blob of await blobNames(of.blobs)) {
    const found = await stat(join(of.blobs, blobPath(blob))).catch(() => undefined);
    needed += found?.size ?? 0;
  }
  const { bavail, bsize } = await statfs(dirname(file));
  return { needed, free: bavail * bsize };
}

/** Wherever they come from, they are files where they are restored. Gives the checksum of each. */
async function writeKeys(
  archive: FileHandle,
  folder: string,
  keys: readonly Uint8Array[],
): Promise<Map<string, string>> {
  const sums = new Map<string, string>();
  for (const [at, name] of ['master.key', 'master.key.previous'].entries()) {
    const key = keys[at];
    if (key === undefined) continue;
    const file = join(folder, name);
    await writeFile(file, key, { flag: 'wx', mode: 0o600 });
    sums.set(name, await writeEntry(archive, name, file));
  }
  return sums;
}
