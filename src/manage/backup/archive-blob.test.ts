import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFilesystemBlobs } from '../../blobs/filesystem.ts';
import { readEntries, writeEnd } from './archive.ts';
import { archiveBlob, blobNames } from './archive-blob.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iep-archive-blob-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function archived(directory: string, names: readonly string[]): Promise<readonly string[]> {
  const file = join(folder, 'a.tar');
  await using archive = await open(file, 'wx+');
  for (const name of names) await archiveBlob(archive, directory, name);
  await writeEnd(archive);
  const found: string[] = [];
  for await (const { name } of readEntries(archive, file)) found.push(name);
  return found;
}

it('finds a blob that retention set aside after the names were read, and passes over one that it removed', async () => {
  const directory = join(folder, 'blobs');
  const blobs = await createFilesystemBlobs(directory);
  const [stays, moves, goes] = await Promise.all(['a', 'b', 'c'].map((text) => blobs.put(Buffer.from(text))));
  const names = await blobNames(directory);
  expect(names).toEqual([stays, moves, goes].map((one) => one?.blob).sort());
  await blobs.setAside(moves?.blob ?? '');
  await blobs.setAside(goes?.blob ?? '');
  await blobs.remove(goes?.blob ?? '');
  const found = await archived(directory, names);
  expect(found.map((name) => name.split('/').at(-1)).sort()).toEqual([stays, moves].map((one) => one?.blob).sort());
  expect(found.filter((name) => name.startsWith('blobs/aside/'))).toHaveLength(1);
});

it('leaves out what is still being written, and finds none where there is no directory', async () => {
  const directory = join(folder, 'blobs');
  expect(await blobNames(directory)).toEqual([]);
  const half = join(directory, 'tmp', '6f1c');
  await mkdir(dirname(half), { recursive: true });
  await writeFile(half, 'half');
  expect(await blobNames(directory)).toEqual([]);
});
