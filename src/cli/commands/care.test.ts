import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plantEndpoints } from '../../../test/plant-endpoint.ts';
import { createVault, keyIdOf } from '../../core/vault.ts';
import { connect } from '../../db/sqlite/connection.ts';
import { lockDirectory } from '../../db/sqlite/lock.ts';
import type { Finding } from '../doctor/finding.ts';
import { makePlace, type Place } from '../store.testing.ts';
import type { AcceptedJson } from '../wire.ts';

let place: Place;
beforeEach(async () => {
  place = await makePlace();
});
afterEach(() => place.remove());

const mode = async (path: string) => (await stat(path)).mode & 0o777;

describe('iep init', () => {
  it('makes all that a first run needs, closed to others', async () => {
    const config = join(place.folder, 'etc/iep.yaml');
    const env = { IEP_DATADIR: '' };
    const made = await place.iep(['--config', config, 'init', '--tenant', 'shop', '--json'], { env });
    expect(made.exit).toBe(0);
    const dataDir = join(place.folder, 'etc/iep-data');
    const document = { config, dataDir, tenant: 'shop', key: expect.stringMatching(/^iep_/) };
    expect(JSON.parse(made.out)).toEqual(document);
    expect(await mode(config)).toBe(0o600);
    expect(await mode(dataDir)).toBe(0o700);
    expect(await mode(join(dataDir, 'master.key'))).toBe(0o600);
    expect(await place.iep(['--config', config, 'config', 'check'], { env })).toMatchObject({ exit: 0 });
  });

  it('changes nothing that is there', async () => {
    const config = join(place.folder, 'iep.yaml');
    await writeFile(config, 'providers: { capture: { type: capture } }\n');
    await place.json(['tenant', 'add', 'acme']);
    const again = await place.json(['--config', config, 'init']);
    expect(again).toMatchObject({ tenant: null, key: null });
    expect(await place.json(['tenant', 'list'])).toHaveLength(1);
    expect(execFileSync('cat', [config], { encoding: 'utf8' })).toBe('providers: { capture: { type: capture } }\n');
  });
});

describe('iep config', () => {
  it('names the key that is wrong', async () => {
    const config = join(place.folder, 'iep.yaml');
    await writeFile(config, 'http: { prot: 3000 }\n');
    const ran = await place.iep(['--config', config, 'config', 'check']);
    expect(ran).toMatchObject({ exit: 78, err: expect.stringContaining('http.prot') });
  });

  it('shows what it comes to, without secrets', async () => {
    const config = join(place.folder, 'iep.yaml');
    const relay = '{ type: smtp, host: mx.example, username: u, password: hunter2 }';
    await writeFile(config, `providers: { relay: ${relay} }\nrouting: { primary: relay }\n`);
    const env = { IEP_HTTP_PORT: '3999' };
    const text = await place.iep(['--config', config, 'config', 'show'], { env });
    expect(text.out).toContain('http.port: 3999\n');
    expect(text.out).toContain('providers.relay.password: (hidden)\n');
    const json = await place.iep(['--config', config, 'config', 'show', '--json'], { env });
    expect(JSON.parse(json.out)).toMatchObject({ providers: { relay: { host: 'mx.example', password: '(hidden)' } } });
    expect(text.out + json.out).not.toContain('hunter2');
  });
});

describe('iep backup and restore', () => {
  const LARGE = `Subject: large\n\n${'0123456789abcdef'.repeat(20_000)}\n`;
  const into = (folder: string) => ({ env: { IEP_DATADIR: folder } });

  it('bring everything back, large bodies and all', async () => {
    const small = await place.json<AcceptedJson>(['send', 'a@example.com', '--text', 'small']);
    const large = await place.json<AcceptedJson>(['send', '--raw', '--to', 'a@example.com'], { input: LARGE });
    const file = join(place.folder, 'iep.tar');
    expect(await place.json(['backup', file])).toMatchObject({ file, masterKey: { inside: false } });
    expect(await mode(file)).toBe(0o600);
    expect((await readdir(place.folder)).sort()).toEqual(['data', 'iep.tar']);
    const target = join(place.folder, 'again');
    const restored = await place.iep(['restore', file], into(target));
    expect(restored).toMatchObject({ exit: 0, err: expect.stringContaining('2 messages wait') });
    expect(await mode(target)).toBe(0o700);
    for (const { messageId } of [small, large]) {
      const both = [
        await place.iep(['show', messageId, '--raw']),
        await place.iep(['show', messageId, '--raw'], into(target)),
      ];
      expect(both[0]).toMatchObject({ exit: 0 });
      expect(both[1]?.out).toBe(both[0]?.out);
    }
  });

  it('fill a directory that is there and empty, as a mount is', async () => {
    await place.json(['send', 'a@example.com', '--text', 'x']);
    const file = join(place.folder, 'iep.tar');
    await place.iep(['backup', file]);
    const mount = join(place.folder, 'mount');
    await mkdir(mount, { mode: 0o700 });
    const before = (await stat(mount)).ino;
    expect(await place.iep(['restore', file], into(mount))).toMatchObject({ exit: 0 });
    expect((await stat(mount)).ino).toBe(before);
    expect(await readdir(mount)).not.toContain('.restoring');
    expect((await place.iep(['list'], into(mount))).out).toContain('a@example.com');
  });

  it('never write over anything', async () => {
    await place.json(['send', 'a@example.com', '--text', 'x']);
    const file = join(place.folder, 'iep.tar');
    await place.iep(['backup', file]);
    expect(await place.iep(['backup', file])).toMatchObject({
      exit: 65,
      err: expect.stringContaining('exists already'),
    });
    expect(await place.iep(['restore', file])).toMatchObject({ exit: 65, err: expect.stringContaining('not empty') });
    expect(await place.json(['list'])).toHaveLength(1);
  });

  it('stay away from a directory that a daemon serves', async () => {
    await place.json(['send', 'a@example.com', '--text', 'x']);
    const file = join(place.folder, 'iep.tar');
    await place.iep(['backup', file]);
    const lock = lockDirectory(place.dataDir);
    const ran = await place.iep(['restore', file]);
    lock.release();
    expect(ran).toMatchObject({ exit: 69, err: expect.stringContaining('a daemon serves') });
  });

  it('leave nothing behind where the file is no whole backup', async () => {
    await place.json(['send', 'a@example.com', '--text', 'x']);
    const file = join(place.folder, 'iep.tar');
    await place.iep(['backup', file]);
    await truncate(file, 50_000);
    const strange = join(place.folder, 'strange.tar');
    await writeFile(join(place.folder, 'passwd'), 'x');
    execFileSync('tar', [
      '--format=ustar',
      '-cf',
      strange,
      '-P',
      '-C',
      place.folder,
      '../'.concat(place.folder.split('/').at(-1) ?? '', '/passwd'),
    ]);
    const target = join(place.folder, 'again');
    for (const bad of [file, strange, '/dev/null', '/nowhere']) {
      const ran = await place.iep(['restore', bad], into(target));
      expect(ran).toMatchObject({ exit: 65, err: expect.not.stringMatching(/^ {4}at /m) });
    }
    expect(await readdir(place.folder)).not.toContain('again');
    expect((await readdir(place.folder)).filter((name) => name.includes('restoring'))).toEqual([]);
  });

  it('need a store to begin with', async () => {
    for (const args of [['backup', join(place.folder, 'x.tar')], ['migrate']]) {
      expect(await place.iep(args)).toMatchObject({ exit: 65, err: expect.stringContaining('there is no store') });
    }
    expect(await readdir(place.folder)).toEqual([]);
  });
});

describe('the master key of a backup', () => {
  /** Something sealed, as `iep webhook add` leaves it. */
  async function plant(): Promise<string> {
    await place.json(['tenant', 'add', 'acme']);
    const key = await readFile(join(place.dataDir, 'master.key'));
    const sealed = createVault([key]).seal('whsec_x', 'webhook:e');
    plantEndpoints(join(place.dataDir, 'iep.db'), [{ id: 'e', sealed }]);
    return keyIdOf(key);
  }
  const names = (file: string) => execFileSync('tar', ['-tf', file], { encoding: 'utf8' }).trim().split('\n');

  it('is not inside unless it is asked for, and the backup says which it is', async () => {
    const keyId = await plant();
    const [without, whole] = [join(place.folder, 'a.tar'), join(place.folder, 'b.tar')];
    const said = await place.iep(['backup', without]);
    expect(said).toMatchObject({ exit: 0, err: expect.stringContaining(`The master key ${keyId} is not inside`) });
    expect(await place.json(['backup', whole, '--with-master-key'])).toMatchObject({
      masterKey: { inside: true, keyId },
    });
    expect(names(without)).toEqual(['iep.db']);
    expect(names(whole)).toEqual(['master.key', 'iep.db']);
  });

  it('is needed to restore: from inside, from a file, or from the environment; else that is said', async () => {
    const keyId = await plant();
    const [without, whole] = [join(place.folder, 'a.tar'), join(place.folder, 'b.tar')];
    await place.iep(['backup', without]);
    await place.iep(['backup', whole, '--with-master-key']);
    const keyFile = join(place.dataDir, 'master.key');
    const text = (await readFile(keyFile)).toString('base64');
    const restored = async (name: string, args: string[], env: Record<string, string> = {}) => {
      const target = { IEP_DATADIR: join(place.folder, name), ...env };
      const ran = await place.iep(['restore', ...args, '--json'], { env: target });
      const after = await place.iep(['key', 'master', 'show', '--json'], { env: target });
      return { ...(JSON.parse(ran.out) as object), after: after.exit === 0 ? JSON.parse(after.out) : after.err };
    };
    const readable = { missingKeys: [], after: { keyId, sealed: { [keyId]: 1 } } };
    expect(await restored('inside', [whole])).toMatchObject({ masterKey: 'inside', ...readable });
    expect(await restored('given', [without, '--master-key', keyFile])).toMatchObject({
      masterKey: 'given',
      ...readable,
    });
    const env = { IEP_MASTER_KEY: text };
    expect(await restored('env', [without], env)).toMatchObject({ masterKey: 'environment', ...readable });
    expect(await readdir(join(place.folder, 'env'))).not.toContain('master.key');
    expect(await restored('missing', [without])).toMatchObject({
      masterKey: 'missing',
      missingKeys: [keyId],
      after: expect.stringContaining('no master key to open its secrets'),
    });
    const lost = { env: { IEP_DATADIR: join(place.folder, 'missing') } };
    expect(await place.iep(['key', 'master', 'new'], lost)).toMatchObject({ exit: 0 });
    expect((await place.iep(['key', 'master', 'show'], lost)).out).toContain(`${keyId}, which is NOT HERE`);
    expect(await place.iep(['key', 'master', 'new'], lost)).toMatchObject({ exit: 65 });
  });

  it('can be rotated, with the old one kept for older backups', async () => {
    const keyId = await plant();
    const old = join(place.folder, 'a.tar');
    await place.iep(['backup', old]);
    const kept = join(place.folder, 'old-key.txt');
    const rotated = await place.json(['key', 'master', 'rotate', '--old-key-to', kept]);
    expect(rotated).toMatchObject({ previousKeyId: keyId, resealed: 1, done: true });
    expect(await mode(kept)).toBe(0o600);
    const env = { IEP_DATADIR: join(place.folder, 'again') };
    const ran = await place.iep(['restore', old, '--master-key', kept, '--json'], { env });
    expect(JSON.parse(ran.out)).toMatchObject({ masterKey: 'given', missingKeys: [] });
  });
});

describe('iep audit', () => {
  it('lists what was done at the command line, by whom, and finds a cut', async () => {
    await place.json(['tenant', 'add', 'acme']);
    await place.json(['key', 'add', '--tenant', 'acme', '--allow-ip', '10.0.0.1,10.2.0.0/16']);
    await place.iep(['backup', join(place.folder, 'a.tar')]);
    const entries = await place.json<{ action: string; actor: object; source: string }[]>(['audit', 'list']);
    expect(entries.map(({ action }) => action)).toEqual(['backup', 'POST /v1/admin/keys', 'POST /v1/admin/tenants']);
    expect(entries[1]).toMatchObject({
      actor: { kind: 'local', id: userInfo().username },
      source: 'local',
      detail: { body: { allowedIps: ['10.0.0.1', '10.2.0.0/16'] } },
    });
    expect(await place.json(['audit', 'list', '--tenant', 'acme', '--action', 'keys'])).toHaveLength(1);
    expect((await place.iep(['audit', 'list'])).out).toContain('POST /v1/admin/keys');
    expect(await place.iep(['audit', 'verify'])).toMatchObject({
      exit: 0,
      out: expect.stringContaining('3 entries, intact'),
    });
    const db = connect({ file: join(place.dataDir, 'iep.db'), readonly: false, cacheKib: 1_000 });
    db.exec('DROP TRIGGER audit_log_is_never_cut; DELETE FROM audit_log WHERE seq = 2');
    db.close();
    expect(await place.iep(['audit', 'verify'])).toMatchObject({
      exit: 65,
      out: expect.stringContaining('BROKEN at entry 3: entry 2 is missing'),
    });
  });
});

describe('iep key set', () => {
  it('binds a key to addresses, and frees it', async () => {
    await place.json(['tenant', 'add', 'acme']);
    const { prefix } = await place.json<{ prefix: string }>(['key', 'add']);
    expect(await place.json(['key', 'set', prefix, '--allow-ip', '10.0.0.1'])).toMatchObject({
      allowedIps: ['10.0.0.1/32'],
    });
    expect((await place.iep(['key', 'list'])).out).toContain('10.0.0.1/32');
    expect((await place.iep(['key', 'show', prefix])).out).toContain('works from: 10.0.0.1/32');
    expect(await place.json(['key', 'set', prefix, '--allow-any-ip'])).toMatchObject({ allowedIps: [] });
    expect(await place.iep(['key', 'set', prefix, '--allow-ip', 'nowhere'])).toMatchObject({ exit: 65 });
    expect(await place.iep(['key', 'set', prefix])).toMatchObject({ exit: 64 });
  });
});

describe('iep migrate', () => {
  it('says which schema the store has', async () => {
    await place.json(['send', 'a@example.com', '--text', 'x']);
    expect(await place.json(['migrate'])).toMatchObject({
      schema: expect.any(Number),
      file: join(place.dataDir, 'iep.db'),
    });
  });
});

describe('iep doctor', () => {
  async function findings(env: Record<string, string> = {}) {
    const ran = await place.iep(['doctor', '--json'], { env });
    const found = JSON.parse(ran.out) as Finding[];
    const wrong = found.filter(({ level }) => level !== 'ok');
    expect(wrong.every(({ advice }) => advice !== undefined && advice !== '')).toBe(true);
    return { exit: ran.exit, wrong: wrong.map(({ check, level }) => `${level} ${check}`), found };
  }

  it('finds nothing broken in a place that works', async () => {
    await place.json(['send', 'a@example.com', '--text', 'x']);
    const { exit, wrong, found } = await findings();
    expect({ exit, wrong }).toEqual({ exit: 0, wrong: ['warning daemon'] });
    expect(found.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['config', 'provider capture', 'disk', 'schema', 'integrity', 'clock', 'queue']),
    );
    expect((await place.iep(['doctor'])).out).toContain('-> Start it: iep serve');
  });

  it('makes nothing where there is nothing', async () => {
    expect(await findings()).toMatchObject({ exit: 0, wrong: ['warning store'] });
    expect(await readdir(place.folder)).toEqual([]);
  });

  it('sees a wrong config', async () => {
    expect(await findings({ IEP_HTTP_PORT: 'many' })).toMatchObject({ exit: 78, wrong: ['broken config'] });
  });

  it('sees a data directory that others can look into', async () => {
    await place.json(['send', 'a@example.com', '--text', 'x']);
    await chmod(place.dataDir, 0o755);
    expect(await findings()).toMatchObject({
      exit: 69,
      wrong: expect.arrayContaining([`broken permissions of ${place.dataDir}`]),
    });
  });

  it('sees a provider that cannot be reached, and a tenant without a way out', async () => {
    const config = join(place.folder, 'iep.yaml');
    await writeFile(config, 'providers: { relay: { type: smtp, host: 127.0.0.1, port: 1, tls: none } }\n');
    await place.json(['tenant', 'add', 'acme']);
    const { exit, wrong } = await findings({ IEP_CONFIG: config });
    expect(exit).toBe(69);
    expect(wrong).toEqual(expect.arrayContaining(['broken provider relay', 'broken route of acme']));
  });

  it('sees a damaged database', async () => {
    await mkdir(place.dataDir, { mode: 0o700 });
    await writeFile(join(place.dataDir, 'iep.db'), 'this is no database, and long enough to be looked at '.repeat(50));
    await chmod(join(place.dataDir, 'iep.db'), 0o600);
    await writeFile(join(place.dataDir, 'master.key'), Buffer.alloc(32), { mode: 0o600 });
    expect(await findings()).toMatchObject({ exit: 69, wrong: ['broken store'] });
  });
});

describe('iep completion', () => {
  const has = (program: string) => spawnSync(program, ['-c', 'true']).status === 0;

  it('completes commands, options and choices in bash', async () => {
    const { out } = await place.iep(['completion', 'bash']);
    const complete = (...words: string[]) =>
      execFileSync(
        'bash',
        [
          '-c',
          `${out}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _iep; printf '%s\\n' "\${COMPREPLY[@]}"`,
          'x',
          ...words,
        ],
        {
          encoding: 'utf8',
        },
      )
        .trim()
        .split('\n');
    expect(complete('iep', 'ten')).toEqual(['tenant']);
    expect(complete('iep', 'tenant', 's')).toEqual(['show', 'set']);
    expect(complete('iep', 'tenant', 'set', 'acme', '--unknown')).toEqual(['--unknown-outcome']);
    expect(complete('iep', 'send', '--priority', '')).toEqual(['high', 'normal', 'low']);
    expect(complete('iep', 'list', '--jso')).toEqual(['--json']);
  });

  it.each(['zsh', 'fish'])('is a script that %s can read', async (name) => {
    const { out } = await place.iep(['completion', name]);
    for (const word of ['suppression', 'rotate', 'unknown-outcome']) expect(out).toContain(word);
    if (!has(name)) return;
    execFileSync(name, ['--no-execute'], { input: out });
  });
});
