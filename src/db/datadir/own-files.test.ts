import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hasStore, openDataDirectory } from './data-directory.ts';
import { dataDirectory } from './data-files.ts';
import { isLocked } from './lock.ts';

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'iep-own-'));
});
afterEach(() => rmSync(path, { recursive: true }));

const files = ['iep.db', 'daemon.lock'].flatMap((name) => ['', '-wal', '-shm', '-journal'].map((end) => name + end));

it.each([...files, 'master.key', 'master.key.previous', 'wake', 'production', 'reserve'])(
  '%s is a file and no link',
  async (name) => {
    const file = join(path, name);
    const refusal = (what: string) => ({ code: 'bad_config', message: `${file} is not a file but ${what}` });
    symlinkSync('elsewhere', file);
    await expect(openDataDirectory(path)).rejects.toMatchObject(refusal('a link'));
    rmSync(file);
    execFileSync('mkfifo', [file]);
    await expect(openDataDirectory(path)).rejects.toMatchObject(refusal('something else'));
    rmSync(file);
    mkdirSync(file);
    await expect(openDataDirectory(path)).rejects.toMatchObject(refusal('something else'));
  },
);

it('a pipe in place of the database counts as a store that is there, and nobody waits for one in place of the lock', () => {
  for (const name of ['iep.db', 'daemon.lock']) execFileSync('mkfifo', [join(path, name)]);
  expect(hasStore(dataDirectory(path))).toBe(true);
  expect(isLocked(path)).toBe(false);
});
