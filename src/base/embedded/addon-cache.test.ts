import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheFile } from './addon-cache.ts';

const bytes = new TextEncoder().encode('the addon');

let base: string;
let directory: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'iep-addon-'));
  directory = join(base, 'cache', 'iep');
});
afterEach(() => rmSync(base, { recursive: true }));

const put = () => cacheFile(bytes, [() => directory]);

describe('the addon as a file', () => {
  it('is made once, for this user alone', () => {
    const file = put();
    expect(readFileSync(file, 'utf8')).toBe('the addon');
    expect(statSync(file).mode & 0o777).toBe(0o500);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const { ino } = statSync(file);
    expect(put()).toBe(file);
    expect(statSync(file).ino).toBe(ino);
  });

  it('is written anew when its bytes are not ours', () => {
    const file = put();
    chmodSync(file, 0o700);
    writeFileSync(file, 'something else');
    chmodSync(file, 0o500);
    expect(readFileSync(put(), 'utf8')).toBe('the addon');
  });

  it('replaces a link instead of following it', () => {
    const file = put();
    const elsewhere = join(base, 'elsewhere');
    writeFileSync(elsewhere, bytes);
    rmSync(file);
    symlinkSync(elsewhere, file);
    put();
    expect(statSync(file).ino).not.toBe(statSync(elsewhere).ino);
  });

  it('is never put where others may write', () => {
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, 0o777);
    expect(put).toThrow(/is not a directory of this user alone/);
    chmodSync(directory, 0o700);
    const linked = join(base, 'linked');
    symlinkSync(directory, linked);
    expect(() => cacheFile(bytes, [() => linked])).toThrow(/is not a directory of this user alone/);
  });

  it('goes to the next directory when one does not do, and says all reasons when none does', () => {
    const homeless = () => {
      throw new Error('no home');
    };
    expect(existsSync(cacheFile(bytes, [homeless, () => directory]))).toBe(true);
    const blocked = join(base, 'file');
    writeFileSync(blocked, '');
    expect(() => cacheFile(bytes, [homeless, () => join(blocked, 'x')])).toThrow(/no home; .*ENOTDIR/);
  });
});
