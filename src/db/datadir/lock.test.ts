import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import { IepError } from '../../core/errors.ts';
import { holdDirectory, isLocked, lockDirectory } from './lock.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'iep-lock-'));
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
    await eventually(async () => expect((await stat(file)).ino).not.toBe(before));
    await eventually(() => expect(isLockedByOther(directory)).toBe(true));
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
