/** Several processes on one database: whose its files are, and how a process hears of a commit of another. */

import { chown, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockDirectory } from '../datadir/lock.ts';
import { openSqliteStore } from './open.ts';
import { createWake } from './wake.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'iep-sharing-'));
});
afterEach(() => rm(directory, { recursive: true }));

it.runIf(process.getuid?.() === 0)('leaves nothing of root’s in a directory of somebody else', async () => {
  const owner = 65_534;
  await chown(directory, owner, owner);
  lockDirectory(directory).release();
  const { store } = await openSqliteStore({ file: join(directory, 'iep.db'), threads: false });
  await store.tenants.add({ id: 'x', slug: 'x', name: 'x', settings: {}, now: 1 });
  const files = await readdir(directory);
  expect(files).toEqual(expect.arrayContaining(['daemon.lock', 'iep.db', 'iep.db-wal', 'wake']));
  for (const file of files) expect(await stat(join(directory, file))).toMatchObject({ uid: owner, gid: owner });
  await store.close();
});

it.runIf(process.getuid?.() === 0)('gives nothing of root’s away through a link that was put there', async () => {
  const roots = join(directory, 'of-root');
  await writeFile(roots, 'x');
  const theirs = join(directory, 'theirs');
  await mkdir(theirs);
  await chown(theirs, 65_534, 65_534);
  await symlink(roots, join(theirs, 'wake'));
  createWake(join(theirs, 'iep.db')).touch();
  expect(await stat(roots)).toMatchObject({ uid: 0, gid: 0 });
});

it('tells the daemon of another process’s commit at once', async () => {
  const file = join(directory, 'iep.db');
  const { store: daemon } = await openSqliteStore({ file, threads: true });
  const { store: other } = await openSqliteStore({ file, threads: false });
  let tell = () => {};
  daemon.onChange(({ own }) => {
    if (!own) tell();
  });
  // Each commit follows the word of the one before: where the daemon only looked now and then, each would take a whole second.
  const took: number[] = [];
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    await other.tenants.add({ id, slug: id, name: id, settings: {}, now: 1 });
    const committedAt = performance.now();
    await told;
    took.push(performance.now() - committedAt);
  }
  expect(Math.min(...took.slice(1))).toBeLessThan(500);
  expect(await daemon.tenants.list()).toHaveLength(6);
  await other.close();
  await daemon.close();
});

it('tells a command that follows the store of the daemon’s commits', async () => {
  const file = join(directory, 'iep.db');
  const { store: daemon } = await openSqliteStore({ file, threads: true });
  const { store: follower } = await openSqliteStore({ file, threads: false });
  const told = new Promise<void>((resolve) => {
    follower.onChange(({ own }) => {
      if (!own) resolve();
    });
  });
  await daemon.tenants.add({ id: 'x', slug: 'x', name: 'x', settings: {}, now: 1 });
  await told;
  await follower.close();
  await daemon.close();
});

it('finishes what was asked before it closes', async () => {
  const file = join(directory, 'iep.db');
  const { store } = await openSqliteStore({ file, threads: true });
  const asked = Array.from({ length: 50 }, (_, index) =>
    store.tenants.add({ id: `id${index}`, slug: `slug${index}`, name: 'x', settings: {}, now: 1 }),
  );
  await store.close();
  expect(await Promise.all(asked)).toHaveLength(50);
  await expect(store.tenants.list()).rejects.toMatchObject({ code: 'store_unavailable' });
});

it.each([true, false])('refuses a file that is not a database (threads: %s)', async (threads) => {
  const file = join(directory, 'iep.db');
  await writeFile(file, 'no database, but long enough to be looked at as one '.repeat(20));
  await expect(openSqliteStore({ file, threads })).rejects.toMatchObject({ code: 'store_damaged' });
});
