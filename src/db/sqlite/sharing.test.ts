/** Several processes on one database: the daemon's lock, and how it hears of a commit that is not its own. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { IepError } from '../../core/errors.ts';
import { holdDirectory, isLocked, lockDirectory } from './lock.ts';
import { openSqliteStore } from './open.ts';
import { createWake } from './wake.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'iep-sharing-'));
});
afterEach(() => rm(directory, { recursive: true }));

it('lets one daemon have the directory, and the next one when the first was killed', async () => {
  const script = `
    import { lockDirectory } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))};
    lockDirectory(${JSON.stringify(directory)});
    console.log('locked');
    setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(other.stdout, 'data');
  expect(isLocked(directory)).toBe(true);
  expect(() => lockDirectory(directory)).toThrow(IepError);
  other.kill('SIGKILL');
  await once(other, 'exit');
  expect(isLocked(directory)).toBe(false);
  lockDirectory(directory).release();
});

it('keeps the next daemon out when the file of the lock is removed or replaced', async () => {
  const held = holdDirectory(directory, (reason) => {
    throw reason;
  });
  const file = join(directory, 'daemon.lock');
  for (const change of [() => rm(file), async () => rename(await made(join(directory, 'other')), file)]) {
    const before = (await stat(file)).ino;
    await change();
    await vi.waitFor(async () => expect((await stat(file)).ino).not.toBe(before));
    await vi.waitFor(() => expect(isLockedByOther(directory)).toBe(true));
  }
  held.release();
  expect(isLocked(directory)).toBe(false);

  async function made(path: string) {
    await writeFile(path, '');
    return path;
  }
});

it('ends the first daemon when the second was faster', async () => {
  const lost = Promise.withResolvers<unknown>();
  const held = holdDirectory(directory, lost.resolve);
  const other = join(directory, 'other');
  await mkdir(other);
  const second = lockDirectory(other);
  await rename(join(other, 'daemon.lock'), join(directory, 'daemon.lock'));
  expect(await lost.promise).toMatchObject({ code: 'daemon_running' });
  second.release();
  held.release();
});

/** Asked in a process of its own. */
function isLockedByOther(path: string): boolean {
  const script = `
    import { isLocked } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))};
    process.exitCode = isLocked(${JSON.stringify(path)}) ? 1 : 0;`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script]).status === 1;
}

it.runIf(process.getuid?.() === 0)('leaves nothing of root’s in a directory of somebody else', async () => {
  const owner = 65_534;
  await chown(directory, owner, owner);
  lockDirectory(directory).release();
  const store = await openSqliteStore({ file: join(directory, 'iep.db'), threads: false });
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

it('tells the daemon of another process’s commit within 100 ms', async () => {
  const file = join(directory, 'iep.db');
  const daemon = await openSqliteStore({ file, threads: true });
  const other = await openSqliteStore({ file, threads: false });
  const told = new Promise<number>((resolve) => {
    daemon.onChange(({ own }) => {
      if (!own) resolve(performance.now());
    });
  });
  await other.tenants.add({ id: 'x', slug: 'x', name: 'x', settings: {}, now: 1 });
  const committedAt = performance.now();
  expect((await told) - committedAt).toBeLessThan(100);
  expect(await daemon.tenants.list()).toHaveLength(1);
  await other.close();
  await daemon.close();
});

it('tells a command that follows the store of the daemon’s commits', async () => {
  const file = join(directory, 'iep.db');
  const daemon = await openSqliteStore({ file, threads: true });
  const follower = await openSqliteStore({ file, threads: false });
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
  const store = await openSqliteStore({ file, threads: true });
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
