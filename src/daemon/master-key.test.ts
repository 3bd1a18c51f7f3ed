import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataDirectory, openDataDirectory } from './data-directory.ts';
import { openMasterKey } from './master-key.ts';

let base: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'iep-data-'));
});
afterEach(() => rmSync(base, { recursive: true }));

describe('the master key', () => {
  it('is made once, whole, for its owner alone, whoever comes first', async () => {
    const file = join(base, 'master.key');
    const keys = await Promise.all(Array.from({ length: 8 }, () => openMasterKey(file)));
    expect(keys[0]).toHaveLength(32);
    expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(base)).toEqual(['master.key']);
  });

  it('is refused when it is damaged, and never replaced', async () => {
    const file = join(base, 'master.key');
    writeFileSync(file, 'short', { mode: 0o600 });
    await expect(openMasterKey(file)).rejects.toMatchObject({
      code: 'bad_config',
      message: expect.stringMatching(/damaged/),
    });
    expect(statSync(file).size).toBe(5);
  });

  it('is refused when others can read it', async () => {
    const file = join(base, 'master.key');
    await openMasterKey(file);
    chmodSync(file, 0o640);
    await expect(openMasterKey(file)).rejects.toMatchObject({
      code: 'bad_config',
      message: expect.stringMatching(/chmod 600/),
    });
  });
});

describe('the data directory', () => {
  it('is made for its owner alone, with its master key', async () => {
    const path = join(base, 'a', 'b');
    expect(await openDataDirectory(path)).toMatchObject(dataDirectory(path));
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(readdirSync(path)).toEqual(['master.key']);
  });

  it('is refused when others may write to it, or when it cannot be one', async () => {
    const open = join(base, 'open');
    await openDataDirectory(open);
    chmodSync(open, 0o770);
    await expect(openDataDirectory(open)).rejects.toMatchObject({
      code: 'bad_config',
      message: expect.stringMatching(/chmod 700/),
    });
    writeFileSync(join(base, 'file'), '');
    await expect(openDataDirectory(join(base, 'file'))).rejects.toMatchObject({ code: 'bad_config' });
  });
});
