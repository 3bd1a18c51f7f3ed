import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { blobsSuite } from './blobs.suite.ts';
import { type Blobs, blobPath } from './blobs.ts';
import { createFilesystemBlobs } from './filesystem.ts';

let root: string;
let directory: string;
let blobs: Blobs;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'iep-blobs-'));
  directory = join(root, 'blobs');
  blobs = await createFilesystemBlobs(directory);
});

afterEach(() => rm(root, { recursive: true, force: true }));

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function files(): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test('a blob is named by its hash, two folders deep, and reads back whole and as a stream', async () => {
  const bytes = randomBytes(300_000);
  const { blob, size } = await blobs.put(bytes);

  expect(blob).toBe(sha256(bytes));
  expect(size).toBe(bytes.length);
  expect(await files()).toEqual([join(directory, blob.slice(0, 2), blob.slice(2, 4), blob)]);
  expect(Buffer.compare(await blobs.read(blob), bytes)).toBe(0);
  expect(Buffer.compare(await buffer(blobs.stream(blob)), bytes)).toBe(0);
});

test('the same content is kept once, however many write it at the same time', async () => {
  const bytes = randomBytes(1000);
  const all = await Promise.all(Array.from({ length: 20 }, () => blobs.put(bytes)));

  expect(new Set(all.map(({ blob }) => blob)).size).toBe(1);
  expect(await files()).toHaveLength(1);
});

test('a directory that cannot be made is told as such, not as a fault', async () => {
  await writeFile(join(root, 'file'), '');
  const opened = createFilesystemBlobs(join(root, 'file'));
  await expect(opened).rejects.toMatchObject({ code: 'store_unavailable' });
});

test('only the owner can read: directories 0700, files 0600', async () => {
  const { blob } = await blobs.put(Buffer.from('secret'));
  const mode = async (path: string) => (await stat(path)).mode & 0o777;

  expect(await mode(directory)).toBe(0o700);
  expect(await mode(join(directory, 'tmp'))).toBe(0o700);
  expect(await mode(join(directory, blob.slice(0, 2)))).toBe(0o700);
  expect(await mode(join(directory, blob.slice(0, 2), blob.slice(2, 4)))).toBe(0o700);
  expect(await mode(join(directory, blob.slice(0, 2), blob.slice(2, 4), blob))).toBe(0o600);
});

test.each([
  '../../etc/passwd',
  '',
  'abc',
  'A'.repeat(64),
  `${'a'.repeat(63)}/`,
  `${'a'.repeat(64)}\n`,
  `../${'a'.repeat(61)}`,
])('a name that is not a hash is refused: %j', async (name) => {
  await expect(blobs.read(name)).rejects.toThrow('Not the name of a blob');
  expect(() => blobs.stream(name)).toThrow('Not the name of a blob');
});

blobsSuite('files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'iep-blobs-'));
  return {
    blobs: await createFilesystemBlobs(join(folder, 'blobs')),
    damage: (blob, bytes) => writeFile(join(folder, 'blobs', blobPath(blob)), bytes),
    cleanUp: () => rm(folder, { recursive: true }),
  };
});

test('opening removes what a crash left, but nothing younger than an hour and no blob', async () => {
  const { blob } = await blobs.put(Buffer.from('kept'));
  const old = join(directory, 'tmp', 'old');
  const young = join(directory, 'tmp', 'young');
  await writeFile(old, 'x');
  await writeFile(young, 'x');
  const now = Date.now();
  await utimes(old, new Date(now), new Date(now - 61 * 60_000));
  await utimes(young, new Date(now), new Date(now - 59 * 60_000));
  await utimes(pathOf(blob), new Date(0), new Date(0));

  await createFilesystemBlobs(directory, { now: () => now });

  expect((await files()).sort()).toEqual([pathOf(blob), young].sort());
});

test('a directory that cannot be written is a refusal that says to try again', async () => {
  await rm(join(directory, 'tmp'), { recursive: true });
  await expect(blobs.create()).rejects.toMatchObject({ code: 'store_unavailable', cause: { code: 'ENOENT' } });
  await expect(blobs.put(Buffer.from('x'))).rejects.toMatchObject({ code: 'store_unavailable' });
});

test('of a directory that is not there nothing is said to be gone', async () => {
  const { blob } = await blobs.put(Buffer.from('x'));
  await rm(directory, { recursive: true });
  await expect(blobs.read(blob)).rejects.toMatchObject({ code: 'store_unavailable', cause: { code: 'ENOENT' } });
  await expect(buffer(blobs.stream(blob))).rejects.toMatchObject({ code: 'store_unavailable' });
});

test('a blob that is there and cannot be read is not gone', async () => {
  const { blob } = await blobs.put(Buffer.from('x'));
  await rm(pathOf(blob));
  await symlink(pathOf(blob), pathOf(blob));
  await expect(blobs.read(blob)).rejects.toMatchObject({ code: 'store_unavailable', cause: { code: 'ELOOP' } });
  await expect(buffer(blobs.stream(blob))).rejects.toMatchObject({ code: 'store_unavailable' });
});

test.each([
  ['a directory', (path: string) => mkdir(path)],
  ['a pipe', async (path: string) => void execFileSync('mkfifo', [path])],
  ['a link to a device', (path: string) => symlink('/dev/zero', path)],
])('%s in place of a blob is not read, and nobody waits for it', async (_what, put) => {
  const { blob } = await blobs.put(Buffer.from('x'));
  await rm(pathOf(blob));
  await put(pathOf(blob));
  await expect(blobs.read(blob)).rejects.toMatchObject({ code: 'content_lost', how: 'damaged' });
  await expect(buffer(blobs.stream(blob))).rejects.toMatchObject({ code: 'content_lost', how: 'damaged' });
});

test('a blob that cannot get its name leaves no half file behind', async () => {
  const bytes = Buffer.from('no room');
  const hash = sha256(bytes);
  // A file stands where the hash folder should be.
  await writeFile(join(directory, hash.slice(0, 2)), '');
  await expect(blobs.put(bytes)).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(await readdir(join(directory, 'tmp'))).toEqual([]);
});

function pathOf(blob: string): string {
  return join(directory, blob.slice(0, 2), blob.slice(2, 4), blob);
}
