import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataDirectory } from './data-directory.ts';
import { dataDirectory } from './data-files.ts';
import { dropPreviousKey, openMasterKeys, replaceMasterKey } from './master-key.ts';

let base: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'iep-data-'));
});
afterEach(() => rmSync(base, { recursive: true }));

const open = (env: Record<string, string> = {}) => openMasterKeys(dataDirectory(base), env);
const text = (key: Uint8Array | undefined) => Buffer.from(key ?? []).toString('hex');

describe('the master key in a file', () => {
  it('is made once, whole, for its owner alone, whoever comes first', async () => {
    const rings = await Promise.all(Array.from({ length: 8 }, () => open()));
    expect(rings[0]?.keys()[0]).toHaveLength(32);
    expect(new Set(rings.map((ring) => text(ring.keys()[0]))).size).toBe(1);
    expect(statSync(join(base, 'master.key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(base)).toEqual(['master.key']);
  });

  it('is refused when it is damaged, and never replaced', async () => {
    writeFileSync(join(base, 'master.key'), 'short', { mode: 0o600 });
    await expect(open()).rejects.toMatchObject({ code: 'bad_config', message: expect.stringMatching(/damaged/) });
    expect(statSync(join(base, 'master.key')).size).toBe(5);
  });

  it('is refused when others can read it', async () => {
    await open();
    chmodSync(join(base, 'master.key'), 0o640);
    await expect(open()).rejects.toMatchObject({ code: 'bad_config', message: expect.stringMatching(/chmod 600/) });
  });

  it('is not made beside a database: what is sealed there needs the one that is lost', async () => {
    writeFileSync(join(base, 'iep.db'), '');
    await expect(open()).rejects.toMatchObject({
      code: 'bad_config',
      extra: { hint: expect.stringContaining('key master new') },
    });
    expect(readdirSync(base)).toEqual(['iep.db']);
  });

  it('is seen by who has it open when it is replaced, and the one before still opens', async () => {
    const ring = await open();
    const [old] = ring.keys();
    await replaceMasterKey(dataDirectory(base));
    const [young, previous] = ring.keys();
    expect(text(young)).not.toBe(text(old));
    expect(text(previous)).toBe(text(old));
    await dropPreviousKey(dataDirectory(base));
    expect(ring.keys().map(text)).toEqual([text(young)]);
  });

  it.runIf(process.getuid?.() === 0)('stays its owner’s when root replaces it', async () => {
    const directory = dataDirectory(base);
    await open();
    chownSync(directory.masterKey, 65_534, 65_533);
    await replaceMasterKey(directory);
    expect(statSync(directory.masterKey)).toMatchObject({ uid: 65_534, gid: 65_533 });
  });
});

describe('the master key from elsewhere', () => {
  const key = Buffer.alloc(32, 7);
  const old = Buffer.alloc(32, 9);

  it.each([
    ['hex', key.toString('hex')],
    ['base64', key.toString('base64')],
    ['base64url', key.toString('base64url')],
  ])('is taken from the environment as %s, and no file is made', async (_form, IEP_MASTER_KEY) => {
    const ring = await open({ IEP_MASTER_KEY });
    expect(ring.source).toBe('environment');
    expect(ring.keys().map(text)).toEqual([text(key)]);
    expect(readdirSync(base)).toEqual([]);
  });

  it('is taken from a credential of systemd, as bytes or text, behind the environment', async () => {
    writeFileSync(join(base, 'iep-master-key'), key);
    writeFileSync(join(base, 'iep-master-key-previous'), `${old.toString('base64')}\n`);
    const env = { CREDENTIALS_DIRECTORY: base };
    const ring = await open(env);
    expect(ring.source).toBe('credential');
    expect(ring.keys().map(text)).toEqual([text(key), text(old)]);
    expect((await open({ ...env, IEP_MASTER_KEY: old.toString('hex') })).source).toBe('environment');
  });

  it('opens what a file sealed before', async () => {
    const [inFile] = (await open()).keys();
    const ring = await open({ IEP_MASTER_KEY: key.toString('hex'), IEP_MASTER_KEY_PREVIOUS: old.toString('hex') });
    expect(ring.keys().map(text)).toEqual([text(key), text(old), text(inFile)]);
  });

  it('is refused when it is none, without saying what it is', async () => {
    await expect(open({ IEP_MASTER_KEY: 'hunter2hunter2' })).rejects.toMatchObject({
      code: 'bad_config',
      message: expect.not.stringContaining('hunter2'),
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

describe('a directory whose database is lost', () => {
  const marks: Readonly<Record<string, () => void>> = {
    production: () => writeFileSync(join(base, 'production'), ''),
    reserve: () => writeFileSync(join(base, 'reserve'), 'x'),
    wake: () => writeFileSync(join(base, 'wake'), ''),
    'a log': () => writeFileSync(join(base, 'iep.db-wal'), 'x'),
    blobs: () => mkdirSync(join(base, 'blobs/ab'), { recursive: true }),
  };

  it.each(Object.entries(marks))('is refused, as %s tells of one', async (_what, make) => {
    const directory = await openDataDirectory(base);
    make();
    const refusal = { code: 'store_damaged', extra: { hint: expect.stringContaining('docs/disaster.md') } };
    await expect(openDataDirectory(base)).rejects.toMatchObject(refusal);
    writeFileSync(directory.database, '');
    await expect(openDataDirectory(base)).rejects.toMatchObject(refusal);
    writeFileSync(directory.database, 'a database');
    expect(await openDataDirectory(base)).toMatchObject({ path: base });
  });

  it('is none where a first start was killed before it made one', async () => {
    const directory = await openDataDirectory(base);
    mkdirSync(join(base, 'blobs/tmp'), { recursive: true });
    writeFileSync(join(base, 'daemon.lock'), '');
    writeFileSync(directory.database, '');
    expect(await openDataDirectory(base)).toMatchObject({ path: base });
  });
});
