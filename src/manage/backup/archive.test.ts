import { execFileSync } from 'node:child_process';
import { mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEntries, writeEnd, writeEntry } from './archive.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iep-archive-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function make(): Promise<string> {
  const file = join(folder, 'a.tar');
  const archive = await open(file, 'wx');
  await writeFile(join(folder, 'small'), 'hello');
  await writeFile(join(folder, 'large'), Buffer.alloc(3 * 1024 * 1024, 'x'));
  await writeFile(join(folder, 'empty'), '');
  for (const name of ['small', 'large', 'empty']) await writeEntry(archive, `in/${name}`, join(folder, name));
  await writeEnd(archive);
  await archive.close();
  return file;
}

async function read(file: string): Promise<Record<string, number>> {
  const archive = await open(file);
  const sizes: Record<string, number> = {};
  try {
    for await (const { name, content } of readEntries(archive, file)) {
      sizes[name] = 0;
      for await (const chunk of content()) sizes[name] += chunk.length;
    }
    return sizes;
  } finally {
    await archive.close();
  }
}

describe('the archive', () => {
  it('gives back what was put in', async () => {
    expect(await read(await make())).toEqual({ 'in/small': 5, 'in/large': 3 * 1024 * 1024, 'in/empty': 0 });
  });

  it('is what tar reads, and reads what tar writes', async () => {
    const file = await make();
    execFileSync('tar', ['-xf', file, '-C', folder]);
    expect(await readFile(join(folder, 'in/small'), 'utf8')).toBe('hello');
    const theirs = join(folder, 'theirs.tar');
    execFileSync('tar', ['--format=ustar', '-cf', theirs, '-C', folder, 'small', 'empty']);
    expect(await read(theirs)).toEqual({ small: 5, empty: 0 });
  });

  it('notices that it was cut off or changed', async () => {
    const cut = await make();
    await truncate(cut, 2 * 1024 * 1024);
    await expect(read(cut)).rejects.toThrow(/not a whole backup/);
    const changed = await open(cut, 'r+');
    await changed.write(Buffer.from('X'), 0, 1, 0);
    await changed.close();
    await expect(read(cut)).rejects.toThrow(/checksum/);
  });
});
