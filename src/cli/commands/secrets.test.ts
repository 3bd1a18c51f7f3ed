import { execFileSync } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tamper } from '../../../test/tamper.ts';
import { keyIdOf } from '../../core/vault.ts';
import { replaceMasterKey } from '../../db/datadir/master-key.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
beforeEach(async () => {
  home = await makeHome();
});
afterEach(() => home.remove());

const mode = async (path: string) => (await stat(path)).mode & 0o777;

describe('the master key of a backup', () => {
  /** Something sealed; the id of the key that sealed it. */
  async function plant(): Promise<string> {
    await home.json(['tenant', 'add', 'acme']);
    await home.json(['webhook', 'add', 'https://hooks.example.com/']);
    return keyIdOf(await readFile(join(home.dataDir, 'master.key')));
  }
  const names = (file: string) => execFileSync('tar', ['-tf', file], { encoding: 'utf8' }).trim().split('\n');

  it('is not inside unless it is asked for, and the backup says which it is', async () => {
    const keyId = await plant();
    const [without, whole] = [join(home.folder, 'a.tar'), join(home.folder, 'b.tar')];
    const said = await home.iep(['backup', without]);
    expect(said).toMatchObject({ exit: 0, err: expect.stringContaining(`The master key ${keyId} is not inside`) });
    expect(await home.json(['backup', whole, '--with-master-key'])).toMatchObject({
      masterKey: { inside: true, keyId },
    });
    expect(names(without)).toEqual(['iep.db', 'SHA256SUMS']);
    expect(names(whole)).toEqual(['master.key', 'iep.db', 'SHA256SUMS']);
  });

  it('is needed to restore: from inside, from a file, or from the environment; else that is said', async () => {
    const keyId = await plant();
    const [without, whole] = [join(home.folder, 'a.tar'), join(home.folder, 'b.tar')];
    await home.iep(['backup', without]);
    await home.iep(['backup', whole, '--with-master-key']);
    const keyFile = join(home.dataDir, 'master.key');
    const text = (await readFile(keyFile)).toString('base64');
    const restored = async (name: string, args: string[], env: Record<string, string> = {}) => {
      const target = { IEP_DATADIR: join(home.folder, name), ...env };
      const ran = await home.iep(['restore', ...args, '--json'], { env: target });
      const after = await home.iep(['key', 'master', 'show', '--json'], { env: target });
      return { ...(JSON.parse(ran.out) as object), after: after.exit === 0 ? JSON.parse(after.out) : after.err };
    };
    const readable = { missingKeys: [], after: { keyId, sealed: { [keyId]: 1 } } };
    expect(await restored('inside', [whole])).toMatchObject({ masterKey: 'inside', ...readable });
    expect(await restored('given', [without, '--master-key', keyFile])).toMatchObject({
      masterKey: 'given',
      ...readable,
    });
    const wrong = join(home.folder, 'wrong.key');
    await writeFile(wrong, Buffer.alloc(32, 7));
    const target = { env: { IEP_DATADIR: join(home.folder, 'wrong') } };
    const refused = await home.iep(['restore', without, '--master-key', wrong], target);
    expect(refused).toMatchObject({
      exit: 65,
      err: expect.stringContaining(`sealed with ${keyId}; nothing was restored`),
    });
    expect(await readdir(home.folder)).not.toContain('wrong');
    const env = { IEP_MASTER_KEY: text };
    expect(await restored('env', [without], env)).toMatchObject({ masterKey: 'environment', ...readable });
    expect(await readdir(join(home.folder, 'env'))).not.toContain('master.key');
    expect(await restored('missing', [without])).toMatchObject({
      masterKey: 'missing',
      missingKeys: [keyId],
      after: expect.stringContaining('no master key to open its secrets'),
    });
    const lost = { env: { IEP_DATADIR: join(home.folder, 'missing') } };
    const made = await home.iep(['key', 'master', 'new'], lost);
    expect(made).toMatchObject({
      exit: 0,
      out: expect.stringMatching(new RegExp(`^LOST .*: sealed with ${keyId}`, 'm')),
    });
    const shown = await home.iep(['key', 'master', 'show', '--json'], lost);
    expect(JSON.parse(shown.out)).toMatchObject({ lost: [{ context: expect.any(String), keyId }] });
    expect((await home.iep(['key', 'master', 'show'], lost)).out).toContain(`${keyId}, which is NOT HERE`);
    expect(await home.iep(['key', 'master', 'new'], lost)).toMatchObject({ exit: 65 });
    expect((await home.iep(['doctor'], lost)).out).toMatch(/BROKEN +secrets: 1 are sealed with the master key/);
  });

  it('that the environment gives and that opens nothing is told, beside a store that is restored', async () => {
    const keyId = await plant();
    const file = join(home.folder, 'a.tar');
    await home.iep(['backup', file]);
    const key = (await readFile(join(home.dataDir, 'master.key'))).toString('hex');
    const target = { IEP_DATADIR: join(home.folder, 'again') };
    const ran = await home.iep(['restore', file], { env: { ...target, IEP_MASTER_KEY: 'ab'.repeat(32) } });
    const wrong = keyIdOf(Buffer.from('ab'.repeat(32), 'hex'));
    expect(ran).toMatchObject({
      exit: 78,
      out: expect.stringContaining('restored'),
      err: expect.stringMatching(new RegExp(`IEP_MASTER_KEY is the key ${wrong}.* sealed with ${keyId}`)),
    });
    const env = { ...target, IEP_MASTER_KEY: key };
    expect(await home.iep(['tenant', 'list'], { env })).toMatchObject({ out: expect.stringContaining('acme') });
    expect(await home.iep(['audit', 'verify'], { env })).toMatchObject({ exit: 0 });
  });

  it('is left out where it is damaged in the archive', async () => {
    const keyId = await plant();
    const file = join(home.folder, 'a.tar');
    await home.iep(['backup', '--with-master-key', file]);
    const [key, archive] = [await readFile(join(home.dataDir, 'master.key')), await readFile(file)];
    archive.writeUInt8(~key.readUInt8(0) & 0xff, archive.indexOf(key));
    await writeFile(file, archive);
    const env = { IEP_DATADIR: join(home.folder, 'again') };
    const ran = await home.iep(['restore', file, '--master-key', join(home.dataDir, 'master.key')], { env });
    expect(ran).toMatchObject({ exit: 69, err: expect.stringMatching(/^LOST master\.key: /m) });
    expect(await home.iep(['key', 'master', 'show'], { env })).toMatchObject({
      out: expect.stringContaining(`master key ${keyId}`),
    });
  });

  it('can be rotated, with the old one kept for older backups', async () => {
    const keyId = await plant();
    const old = join(home.folder, 'a.tar');
    await home.iep(['backup', old]);
    const kept = join(home.folder, 'old-key.txt');
    const rotated = await home.json(['key', 'master', 'rotate', '--old-key-to', kept]);
    expect(rotated).toMatchObject({ previousKeyId: keyId, resealed: 1, done: true });
    expect(await mode(kept)).toBe(0o600);
    const env = { IEP_DATADIR: join(home.folder, 'again') };
    const ran = await home.iep(['restore', old, '--master-key', kept, '--json'], { env });
    expect(JSON.parse(ran.out)).toMatchObject({ masterKey: 'given', missingKeys: [] });
  });

  it('that a rotation puts away is kept, also where the new one was in place before', async () => {
    const keyId = await plant();
    const files = {
      masterKey: join(home.dataDir, 'master.key'),
      previousKey: join(home.dataDir, 'master.key.previous'),
    };
    await replaceMasterKey(files);
    const kept = join(home.folder, 'old-key.txt');
    const resumed = await home.json(['key', 'master', 'rotate', '--old-key-to', kept]);
    expect(resumed).toMatchObject({ previousKeyId: keyId, resumed: true, done: true });
    expect(keyIdOf(Buffer.from(await readFile(kept, 'utf8'), 'base64'))).toBe(keyId);

    const before = (await readFile(files.masterKey)).toString('hex');
    const env = { IEP_MASTER_KEY: 'ab'.repeat(32), IEP_MASTER_KEY_PREVIOUS: before };
    const outside = join(home.folder, 'outside.txt');
    expect(await home.iep(['key', 'master', 'rotate', '--old-key-to', outside], { env })).toMatchObject({ exit: 0 });
    expect(Buffer.from(await readFile(outside, 'utf8'), 'base64').toString('hex')).toBe(before);
  });
});

describe('iep audit', () => {
  it('lists what was done at the command line, by whom, and finds a cut', async () => {
    await home.json(['tenant', 'add', 'acme']);
    await home.json(['key', 'add', '--tenant', 'acme', '--allow-ip', '10.0.0.1,10.2.0.0/16']);
    await home.iep(['backup', join(home.folder, 'a.tar')]);
    const entries = await home.json<{ action: string; actor: object; source: string }[]>(['audit', 'list']);
    expect(entries.map(({ action }) => action)).toEqual(['backup', 'key.add', 'tenant.add']);
    expect(entries[1]).toMatchObject({
      actor: { kind: 'local', id: userInfo().username },
      source: 'local',
      detail: { body: { allowedIps: ['10.0.0.1', '10.2.0.0/16'] } },
    });
    expect(await home.json(['audit', 'list', '--tenant', 'acme', '--action', 'key.'])).toHaveLength(1);
    expect((await home.iep(['audit', 'list'])).out).toContain('key.add');
    expect(await home.iep(['audit', 'verify'])).toMatchObject({
      exit: 0,
      out: expect.stringContaining('3 entries, intact'),
    });
    const cut = 'DROP TRIGGER audit_log_is_never_cut; DELETE FROM audit_log WHERE seq = 2';
    tamper(join(home.dataDir, 'iep.db'), cut);
    expect(await home.iep(['audit', 'verify'])).toMatchObject({
      exit: 65,
      out: expect.stringContaining('BROKEN at entry 3: entry 2 is missing'),
    });
  });
});

describe('the audit log of a backup', () => {
  /** Restores into a directory of its own. */
  async function restored(name: string, args: string[], env: Record<string, string> = {}) {
    const target = { env: { IEP_DATADIR: join(home.folder, name), ...env } };
    const ran = await home.iep(['restore', ...args], target);
    const list = JSON.parse((await home.iep(['audit', 'list', '--json'], target)).out) as { detail: object }[];
    return { ran, detail: list[0]?.detail, verdict: await home.iep(['audit', 'verify'], target) };
  }

  it('goes on under a key that the restore made, and says whose word is lost', async () => {
    await home.json(['tenant', 'add', 'acme']);
    const keyId = keyIdOf(await readFile(join(home.dataDir, 'master.key')));
    const file = join(home.folder, 'a.tar');
    await home.iep(['backup', file]);
    const { ran, detail, verdict } = await restored('made', [file]);
    expect(ran.err).toContain('It vouches for the audit log from here on');
    expect(detail).toEqual({ keyFrom: 'made', lostKeyId: keyId });
    expect(verdict).toMatchObject({ exit: 0, out: expect.stringContaining('2 entries, intact') });
  });

  it('does not under another key that was given: that one should have vouched for it', async () => {
    await home.json(['tenant', 'add', 'acme']);
    const file = join(home.folder, 'a.tar');
    await home.iep(['backup', file]);
    const right = { IEP_MASTER_KEY: (await readFile(join(home.dataDir, 'master.key'))).toString('hex') };
    expect((await restored('right', [file], right)).verdict.exit).toBe(0);
    const { detail, verdict } = await restored('wrong', [file], { IEP_MASTER_KEY: 'ab'.repeat(32) });
    expect(detail).toEqual({ keyFrom: 'environment' });
    expect(verdict).toMatchObject({ exit: 65, out: expect.stringContaining('entry 2: it begins a chain of its own') });
  });
});

describe('iep key set', () => {
  it('binds a key to addresses, and frees it', async () => {
    await home.json(['tenant', 'add', 'acme']);
    const { prefix } = await home.json<{ prefix: string }>(['key', 'add']);
    expect(await home.json(['key', 'set', prefix, '--allow-ip', '10.0.0.1'])).toMatchObject({
      allowedIps: ['10.0.0.1/32'],
    });
    expect((await home.iep(['key', 'list'])).out).toContain('10.0.0.1/32');
    expect((await home.iep(['key', 'show', prefix])).out).toContain('works from: 10.0.0.1/32');
    expect(await home.json(['key', 'set', prefix, '--allow-any-ip'])).toMatchObject({ allowedIps: [] });
    expect(await home.iep(['key', 'set', prefix, '--allow-ip', 'nowhere'])).toMatchObject({ exit: 65 });
    expect(await home.iep(['key', 'set', prefix])).toMatchObject({ exit: 64 });
  });
});
