import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { bundleProgram } from '../../../test/program.ts';
import { startS3 } from '../../../test/s3.ts';
import { createVendor } from '../../../test/vendor.ts';
import { lockDirectory } from '../../db/datadir/lock.ts';
import { openStore } from '../../db/open.ts';
import type { Finding } from '../../manage/doctor/finding.ts';
import type { AcceptedJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
beforeEach(async () => {
  home = await makeHome();
});
afterEach(() => home.remove());

const mode = async (path: string) => (await stat(path)).mode & 0o777;

describe('iep init', () => {
  it('makes all that a first run needs, closed to others', async () => {
    const config = join(home.folder, 'etc/iep.yaml');
    const env = { IEP_DATADIR: '' };
    const made = await home.iep(['--config', config, 'init', '--tenant', 'shop', '--json'], { env });
    expect(made.exit).toBe(0);
    const dataDir = join(home.folder, 'etc/iep-data');
    const document = { config, dataDir, tenant: 'shop', key: expect.stringMatching(/^iep_/) };
    expect(JSON.parse(made.out)).toEqual(document);
    expect(await mode(config)).toBe(0o600);
    expect(await mode(dataDir)).toBe(0o700);
    expect(await mode(join(dataDir, 'master.key'))).toBe(0o600);
    expect(await home.iep(['--config', config, 'config', 'check'], { env })).toMatchObject({ exit: 0 });
  });

  it('puts the provider that is given into the configuration, and tries it', async () => {
    const config = join(home.folder, 'iep.yaml');
    const key = join(home.folder, 'key');
    await writeFile(key, 'key-of-mailgun\n');
    const vendor = await createVendor({ taken: () => ({ status: 200, body: '{"domain":{"state":"active"}}' }) });
    const given = ['--provider', 'mailgun', '--domain', 'example.com', '--endpoint', vendor.endpoint];
    const made = await home.json(['--config', config, 'init', ...given, '--api-key-file', key]);
    await vendor.close();
    expect(made).toMatchObject({ test: { ok: true } });
    expect(vendor.calls.map(({ path }) => path)).toEqual(['/v4/domains/example.com']);
    expect(parse(await readFile(config, 'utf8'))).toMatchObject({
      providers: { mailgun: { type: 'mailgun', domain: 'example.com', apiKey: `file:${key}` } },
      routing: { primary: 'mailgun' },
    });
    const again = await home.iep(['--config', config, 'init', '--provider', 'null']);
    expect(again).toMatchObject({ exit: 64, err: expect.stringContaining('is not changed') });
  });

  it('names the variable that a secret is to be in, for a service that is known too', async () => {
    const config = join(home.folder, 'iep.yaml');
    const made = await home.iep([
      ...['--config', config, 'init'],
      ...['--provider', 'office365', '--username', 'a@example.com'],
    ]);
    expect(made.out).toContain('Next: set OFFICE365_PASSWORD in the environment');
    const check = (env: Record<string, string>) => home.iep(['--config', config, 'config', 'check'], { env });
    expect(await check({})).toMatchObject({ exit: 78, err: expect.stringContaining('OFFICE365_PASSWORD') });
    expect(await check({ OFFICE365_PASSWORD: 'hunter2' })).toMatchObject({ exit: 0 });
  });

  it('names the variable of a secret in a group too, and makes nothing of settings that do not go together', async () => {
    const config = join(home.folder, 'iep.yaml');
    const init = ['--config', config, 'init', '--provider', 'office365', '--username', 'a@example.com'];
    const alone = await home.iep([...init, '--oauth2-client-id', 'x']);
    expect(alone).toMatchObject({ exit: 65, err: expect.stringContaining('needs tokenEndpoint') });
    const plain = ['--config', config, 'init', '--provider', 'smtp', '--host', 'mx.example.com', '--tls', 'none'];
    expect(await home.iep(plain)).toMatchObject({ exit: 65, err: expect.stringContaining('tls: none') });
    expect(existsSync(config)).toBe(false);
    const endpoint = 'https://login.example.com/token';
    const made = await home.iep([...init, '--oauth2-token-endpoint', endpoint, '--oauth2-client-id', 'x']);
    expect(made.out).toContain('Next: set OFFICE365_OAUTH2_CLIENT_SECRET in the environment');
    const env = { OFFICE365_OAUTH2_CLIENT_SECRET: 'hunter2' };
    expect(await home.iep(['--config', config, 'config', 'check'], { env })).toMatchObject({ exit: 0 });
  });

  it.each([
    ['mailgun', '--domain: is required'],
    ['pigeon', 'no type of provider is called pigeon'],
  ])('makes nothing for a provider that could not be used: %s', async (word, why) => {
    const config = join(home.folder, 'iep.yaml');
    const refused = await home.iep(['--config', config, 'init', '--provider', word], { env: { IEP_DATADIR: '' } });
    expect(refused.exit).not.toBe(0);
    expect(refused.err).toContain(why);
    expect(await readdir(home.folder)).toEqual([]);
  });

  it('changes nothing that is there', async () => {
    const config = join(home.folder, 'iep.yaml');
    await writeFile(config, 'providers: { capture: { type: capture } }\n');
    await home.json(['tenant', 'add', 'acme', '--any-sender', 'on']);
    const again = await home.json(['--config', config, 'init']);
    expect(again).toMatchObject({ tenant: null, key: null });
    expect(await home.json(['tenant', 'list'])).toHaveLength(1);
    expect(execFileSync('cat', [config], { encoding: 'utf8' })).toBe('providers: { capture: { type: capture } }\n');
  });
});

describe('iep config', () => {
  it('prints every key there is, as a configuration', async () => {
    const { exit, out } = await home.iep(['config', 'example']);
    expect({ exit, keys: Object.keys(parse(out)) }).toMatchObject({
      exit: 0,
      keys: expect.arrayContaining(['http', 'smtp', 'providers', 'feedback']),
    });
    expect(await home.json(['config', 'example'])).toEqual({ text: out });
  });

  it('names the key that is wrong', async () => {
    const config = join(home.folder, 'iep.yaml');
    await writeFile(config, 'http: { prot: 3000 }\n');
    const ran = await home.iep(['--config', config, 'config', 'check']);
    expect(ran).toMatchObject({ exit: 78, err: expect.stringContaining('http.prot') });
  });

  it('names what the daemon could not use, though it is written as it should be', async () => {
    const config = join(home.folder, 'iep.yaml');
    await writeFile(
      config,
      'chores: { space: "99 * * * *" }\nsmtp: { tls: { cert: "-----BEGIN", key: "-----BEGIN" } }\n',
    );
    const ran = await home.iep(['--config', config, 'config', 'check']);
    expect(ran).toMatchObject({ exit: 78, err: expect.stringMatching(/smtp\.tls: .*chores\.space: /s) });
  });

  it('refuses what the daemon would refuse: no provider, or one that is not there', async () => {
    const config = join(home.folder, 'iep.yaml');
    const check = (text: string) =>
      writeFile(config, text).then(() => home.iep(['--config', config, 'config', 'check']));
    const nowhere = 'providers: { a: { type: capture } }\nrouting: { primary: b }\n';
    expect(await check(nowhere)).toMatchObject({ exit: 78, err: expect.stringContaining('routing.primary') });
    expect(await check('log: { level: warn }\n')).toMatchObject({ exit: 78, err: expect.stringContaining('provider') });
    // One that was made by command counts.
    expect(await home.iep(['provider', 'add', 'b', '--type', 'capture'])).toMatchObject({ exit: 0 });
    expect(await check(nowhere)).toMatchObject({ exit: 0 });
  });

  it('shows what it comes to, with where that comes from and without secrets', async () => {
    const config = join(home.folder, 'iep.yaml');
    const relay = '{ type: smtp, host: mx.example, username: u, password: hunter2 }';
    await writeFile(config, `providers: { relay: ${relay} }\nrouting: { primary: relay }\n`);
    const env = { IEP_HTTP_PORT: '3999' };
    const text = await home.iep(['--config', config, 'config', 'show'], { env });
    expect(text.out).toContain('http.port: 3999  # environment IEP_HTTP_PORT\n');
    expect(text.out).toContain('providers.relay.password: (hidden)  # file\n');
    const json = await home.iep(['--config', config, 'config', 'show', '--json'], { env });
    expect(JSON.parse(json.out)).toMatchObject({ providers: { relay: { host: 'mx.example', password: '(hidden)' } } });
    expect(text.out + json.out).not.toContain('hunter2');
  });
});

describe('large content in S3', () => {
  it('is looked at by the doctor, is not in a backup, and its secret is not shown', async () => {
    const s3 = await startS3();
    const { endpoint, bucket, accessKeyId, secretAccessKey } = s3.options;
    const config = join(home.folder, 'iep.yaml');
    const blobs = { type: 's3', endpoint, bucket, accessKeyId, secretAccessKey };
    const providers = { capture: { type: 'capture' } };
    await writeFile(config, JSON.stringify({ blobs, providers, routing: { primary: 'capture' } }));
    const iep = (...args: string[]) => home.iep(['--config', config, ...args]);
    await iep('tenant', 'add', 'acme', '--any-sender', 'on');
    const finding = async () =>
      (JSON.parse((await iep('doctor', '--json')).out) as Finding[]).find(({ check }) => check === 'blobs');
    expect(await finding()).toMatchObject({ level: 'ok' });
    expect((await iep('backup', join(home.folder, 'b.tar'))).err).toContain('Large content is in the bucket mail');
    expect((await iep('config', 'show')).out).toContain('blobs.secretAccessKey: (hidden)  # file\n');
    await s3.close();
    expect(await finding()).toMatchObject({ level: 'broken', advice: expect.stringContaining('endpoint') });
  });
});

describe('iep backup and restore', () => {
  const LARGE = `Subject: large\n\n${'0123456789abcdef'.repeat(20_000)}\n`;
  const into = (folder: string) => ({ env: { IEP_DATADIR: folder } });

  it('bring everything back, large bodies and all', async () => {
    const small = await home.json<AcceptedJson>(['send', 'a@example.com', '--text', 'small']);
    const large = await home.json<AcceptedJson>(['send', '--raw', '--to', 'a@example.com'], { input: LARGE });
    const file = join(home.folder, 'iep.tar');
    expect(await home.json(['backup', file])).toMatchObject({ file, masterKey: { inside: false } });
    expect(await mode(file)).toBe(0o600);
    expect((await readdir(home.folder)).sort()).toEqual(['data', 'iep.tar']);
    const target = join(home.folder, 'again');
    const restored = await home.iep(['restore', file], into(target));
    expect(restored).toMatchObject({ exit: 0, err: expect.stringContaining('2 messages wait') });
    expect(await mode(target)).toBe(0o700);
    for (const { messageId } of [small, large]) {
      const both = [
        await home.iep(['show', messageId, '--raw']),
        await home.iep(['show', messageId, '--raw'], into(target)),
      ];
      expect(both[0]).toMatchObject({ exit: 0 });
      expect(both[1]?.out).toBe(both[0]?.out);
    }

    // Who followed events knows those that come now from all that were told since the backup.
    expect(await home.iep(['send', 'a@example.com', '--text', 'next'], into(target))).toMatchObject({ exit: 0 });
    const { store } = await openStore({ file: join(target, 'iep.db'), threads: false });
    const { position } = await store.events.end();
    await store.close();
    expect(Number(position)).toBeGreaterThan(10_000_000);
  });

  it('fill a directory that is there and empty, as a mount is', async () => {
    await home.json(['send', 'a@example.com', '--text', 'x']);
    const file = join(home.folder, 'iep.tar');
    await home.iep(['backup', file]);
    const mount = join(home.folder, 'mount');
    await mkdir(mount, { mode: 0o700 });
    const before = (await stat(mount)).ino;
    expect(await home.iep(['restore', file], into(mount))).toMatchObject({ exit: 0 });
    expect((await stat(mount)).ino).toBe(before);
    expect(await readdir(mount)).not.toContain('.restoring');
    expect((await home.iep(['list'], into(mount))).out).toContain('a@example.com');
  });

  const asRoot = it.runIf(process.getuid?.() === 0);
  const OWNER = 65_534;
  const ownersIn = async (folder: string) => {
    const names = await readdir(folder, { recursive: true });
    return new Set(await Promise.all(names.map(async (name) => (await stat(join(folder, name))).uid)));
  };

  asRoot('give a restored directory to its owner when root restores', async () => {
    await home.json(['send', '--raw', '--to', 'a@example.com'], { input: LARGE });
    const file = join(home.folder, 'iep.tar');
    await home.iep(['backup', '--with-master-key', file]);
    const mount = join(home.folder, 'mount');
    await mkdir(mount, { mode: 0o700 });
    await chown(mount, OWNER, OWNER);
    await chmod(home.folder, 0o755);
    // As a process of its own: it becomes that user.
    const { script } = bundleProgram();
    const env = { PATH: process.env.PATH, IEP_DATADIR: mount };
    const ran = spawnSync(process.execPath, [script, 'restore', file], { cwd: home.folder, encoding: 'utf8', env });
    expect(ran.status, ran.stderr).toBe(0);
    expect(await ownersIn(mount)).toEqual(new Set([OWNER]));
    expect(await mode(join(mount, 'master.key'))).toBe(0o600);
  });

  asRoot('are looked at by the doctor, who sees what is not the owner’s', async () => {
    await home.json(['send', 'a@example.com', '--text', 'x']);
    await chown(join(home.dataDir, 'iep.db'), OWNER, OWNER);
    const found = JSON.parse((await home.iep(['doctor', '--json'])).out) as Finding[];
    expect(found).toContainEqual(
      expect.objectContaining({ check: `owner of ${join(home.dataDir, 'iep.db')}`, level: 'broken' }),
    );
  });

  it('never write over anything', async () => {
    await home.json(['send', 'a@example.com', '--text', 'x']);
    const file = join(home.folder, 'iep.tar');
    await home.iep(['backup', file]);
    expect(await home.iep(['backup', file])).toMatchObject({
      exit: 65,
      err: expect.stringContaining('exists already'),
    });
    expect(await home.iep(['restore', file])).toMatchObject({ exit: 65, err: expect.stringContaining('not empty') });
    expect(await home.json(['list'])).toHaveLength(1);
  });

  it('stay away from a directory that a daemon serves', async () => {
    await home.json(['send', 'a@example.com', '--text', 'x']);
    const file = join(home.folder, 'iep.tar');
    await home.iep(['backup', file]);
    const lock = lockDirectory(home.dataDir);
    const ran = await home.iep(['restore', file]);
    lock.release();
    expect(ran).toMatchObject({ exit: 69, err: expect.stringContaining('a daemon serves') });
  });

  it('leave nothing behind where the file is not a whole backup', async () => {
    await home.json(['send', 'a@example.com', '--text', 'x']);
    const file = join(home.folder, 'iep.tar');
    await home.iep(['backup', file]);
    await truncate(file, 50_000);
    const strange = join(home.folder, 'strange.tar');
    await writeFile(join(home.folder, 'passwd'), 'x');
    execFileSync('tar', [
      '--format=ustar',
      '-cf',
      strange,
      '-P',
      '-C',
      home.folder,
      '../'.concat(home.folder.split('/').at(-1) ?? '', '/passwd'),
    ]);
    const target = join(home.folder, 'again');
    for (const bad of [file, strange, '/dev/null', '/nowhere']) {
      const ran = await home.iep(['restore', bad], into(target));
      expect(ran).toMatchObject({ exit: 65, err: expect.not.stringMatching(/^ {4}at /m) });
    }
    expect(await readdir(home.folder)).not.toContain('again');
    expect((await readdir(home.folder)).filter((name) => name.includes('restoring'))).toEqual([]);
  });

  /** Turns a byte of the file, where `of` begins in it. */
  async function turn(file: string, of: Buffer | string): Promise<void> {
    const bytes = await readFile(file);
    const at = bytes.indexOf(of);
    expect(at).toBeGreaterThan(0);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    await writeFile(file, bytes);
  }
  const takenOut = async (file: string) => {
    const folder = join(home.folder, 'taken-out');
    await mkdir(folder, { mode: 0o700 });
    execFileSync('tar', ['-xf', file, '-C', folder]);
    return folder;
  };
  const target = () => join(home.folder, 'again');

  it('name a blob that is damaged in an archive or a directory, or gone from it, and bring back the rest', async () => {
    const small = await home.json<AcceptedJson>(['send', 'a@example.com', '--text', 'small']);
    await home.json(['send', '--raw', '--to', 'a@example.com'], { input: LARGE });
    const file = join(home.folder, 'iep.tar');
    await home.json(['backup', file]);
    await turn(file, '0123456789abcdef0123');
    const ran = await home.iep(['restore', file], into(target()));
    expect(ran).toMatchObject({
      exit: 69,
      err: expect.stringMatching(/^LOST blobs\/(..)\/(..)\/\1\2\S+: it is damaged/m),
    });
    expect(ran.err.match(/LOST/g)).toHaveLength(1);
    expect(await home.iep(['show', small.messageId], into(target()))).toMatchObject({ exit: 0 });
    const [name = ''] = /blobs\/\S+(?=:)/.exec(ran.err) ?? [];
    expect(existsSync(join(target(), name))).toBe(false);
    expect(await readFile(join(home.dataDir, name), 'utf8')).toContain('0123456789abcdef');

    const folder = await takenOut(file);
    const again = await home.iep(['restore', folder, '--json'], into(join(home.folder, 'third')));
    expect(again.exit).toBe(69);
    expect(JSON.parse(again.out)).toMatchObject({ lost: [{ name, how: 'damaged' }] });
    await rm(join(folder, name));
    const gone = await home.iep(['restore', folder, '--json'], into(join(home.folder, 'fourth')));
    expect({ exit: gone.exit, ...(JSON.parse(gone.out) as object) }).toMatchObject({
      exit: 69,
      lost: [{ name, how: 'gone' }],
    });
  });

  it('name a database that is not what was backed up, and bring back what can be read of it', async () => {
    await home.json(['send', 'a@example.com', '--text', 'the very text']);
    const file = join(home.folder, 'iep.tar');
    await home.json(['backup', file]);
    await turn(file, 'the very text');
    const ran = await home.iep(['restore', file], into(target()));
    expect(ran).toMatchObject({ exit: 69, err: expect.stringMatching(/^LOST iep\.db: /m) });
    expect(await readdir(target())).toEqual(['iep.db', 'master.key']);
    expect((await home.iep(['list'], into(target()))).out).toContain('a@example.com');
  });

  it('refuse an archive whose database nobody can read, and leave nothing', async () => {
    await home.json(['send', 'a@example.com', '--text', 'x']);
    const file = join(home.folder, 'iep.tar');
    await home.json(['backup', file]);
    await turn(file, 'SQLite format 3');
    const ran = await home.iep(['restore', file], into(target()));
    expect(ran).toMatchObject({ exit: 69, err: expect.stringContaining('nothing of iep.db in') });
    expect((await readdir(home.folder)).sort()).toEqual(['data', 'iep.tar']);
  });

  it('restore an archive without checksums with a remark, and know a list of them that is damaged', async () => {
    await home.json(['send', 'a@example.com', '--text', 'x']);
    const file = join(home.folder, 'iep.tar');
    await home.json(['backup', file]);
    const old = join(home.folder, 'old.tar');
    execFileSync('tar', ['--format=ustar', '-cf', old, '-C', await takenOut(file), 'iep.db']);
    expect(await home.iep(['restore', old], into(target()))).toMatchObject({
      exit: 0,
      err: expect.stringContaining('holds no checksums'),
    });
    await turn(file, '  iep.db\n');
    const ran = await home.iep(['restore', file], into(join(home.folder, 'third')));
    expect(ran).toMatchObject({ exit: 69, err: expect.stringMatching(/^LOST SHA256SUMS: /m) });
    expect(ran.err).not.toContain('LOST iep.db');
  });

  it('bring back a blob that retention had set aside', async () => {
    const { messageId } = await home.json<AcceptedJson>(['send', '--raw', '--to', 'a@example.com'], { input: LARGE });
    const [blob = ''] = globSync(join(home.dataDir, 'blobs/??/??/*'));
    const aside = blob.replace('/blobs/', '/blobs/aside/');
    await mkdir(dirname(aside), { recursive: true });
    await rename(blob, aside);
    const file = join(home.folder, 'iep.tar');
    await home.json(['backup', file]);
    expect(await home.iep(['restore', file], into(target()))).toMatchObject({ exit: 0 });
    expect((await home.iep(['show', messageId, '--raw'], into(target()))).out).toContain('0123456789abcdef');
  });

  it('need a store to begin with', async () => {
    for (const args of [['backup', join(home.folder, 'x.tar')], ['migrate']]) {
      expect(await home.iep(args)).toMatchObject({ exit: 65, err: expect.stringContaining('there is no store') });
    }
    expect(await readdir(home.folder)).toEqual([]);
  });
});

describe('iep migrate', () => {
  it('says which schema the store has', async () => {
    await home.json(['send', 'a@example.com', '--text', 'x']);
    expect(await home.json(['migrate'])).toMatchObject({
      schema: expect.any(Number),
      file: join(home.dataDir, 'iep.db'),
    });
  });
});

describe('iep migrate', () => {
  it('writes the file anew when asked, and not beside a daemon', async () => {
    await home.json(['send', 'a@example.com', '--text', 'x']);
    expect(await home.json(['migrate', '--compact'])).toMatchObject({ schema: expect.any(Number) });
    const lock = lockDirectory(home.dataDir);
    expect((await home.iep(['migrate', '--compact'])).exit).toBe(69);
    lock.release();
    expect(await home.json(['list'])).toHaveLength(1);
  });
});

describe('iep doctor', () => {
  async function findings(env: Record<string, string> = {}) {
    const ran = await home.iep(['doctor', '--json'], { env });
    const found = JSON.parse(ran.out) as Finding[];
    const wrong = found.filter(({ level }) => level !== 'ok');
    expect(wrong.every(({ advice }) => advice !== undefined && advice !== '')).toBe(true);
    return { exit: ran.exit, wrong: wrong.map(({ check, level }) => `${level} ${check}`), found };
  }

  it('finds nothing broken in a store that works', async () => {
    await home.json(['send', 'a@example.com', '--text', 'x']);
    const { exit, wrong, found } = await findings();
    expect({ exit, wrong }).toEqual({ exit: 0, wrong: ['warning daemon'] });
    expect(found.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['config', 'provider capture', 'disk', 'schema', 'integrity', 'clock', 'queue']),
    );
    expect((await home.iep(['doctor'])).out).toContain('-> Start it: iep serve');
  });

  it('looks at the daemon alone where a health check asks', async () => {
    await home.json(['send', 'a@example.com', '--text', 'x']);
    const { exit, out } = await home.iep(['doctor', '--daemon', '--json']);
    expect({ exit, checks: (JSON.parse(out) as Finding[]).map(({ check }) => check) }).toEqual({
      exit: 69,
      checks: ['daemon'],
    });
  });

  it('needs no password of a provider to ask for the daemon, and without one still looks at the rest', async () => {
    await home.json(['send', 'a@example.com', '--text', 'x']);
    const config = join(home.folder, 'relay.yaml');
    const relay = 'relay: { type: smtp, host: h, username: u, password: "env:RELAY_PASSWORD" }';
    await writeFile(config, `providers: { ${relay} }\nrouting: { primary: relay }\n`);
    const env = { IEP_CONFIG: config };
    const { exit, out } = await home.iep(['doctor', '--daemon', '--json'], { env });
    expect({ exit, checks: (JSON.parse(out) as Finding[]).map(({ check }) => check) }).toEqual({
      exit: 69,
      checks: ['daemon'],
    });
    const whole = await findings(env);
    expect(whole).toMatchObject({ exit: 78, wrong: ['broken config', 'warning daemon'] });
    expect(whole.found.map(({ check }) => check)).toEqual(expect.arrayContaining(['integrity', 'queue']));
  });

  it('makes nothing where there is nothing', async () => {
    expect(await findings()).toMatchObject({ exit: 0, wrong: ['warning store'] });
    expect(await readdir(home.folder)).toEqual([]);
  });

  it('changes nothing in a store that it looks at', async () => {
    await home.json(['send', 'a@example.com', '--text', 'x']);
    const config = join(home.folder, 'iep.yaml');
    await writeFile(config, 'tenants: [ { slug: declared } ]\n');
    const contentOf = async () => {
      const names = (await readdir(home.dataDir, { recursive: true })).filter((name) => !/-(?:shm|wal)$/.test(name));
      return Promise.all(names.sort().map(async (name) => [name, (await stat(join(home.dataDir, name))).mtimeMs]));
    };
    const before = await contentOf();
    await findings({ IEP_CONFIG: config });
    expect(await contentOf()).toEqual(before);
  });

  it('sees a wrong config', async () => {
    expect(await findings({ IEP_HTTP_PORT: 'many' })).toMatchObject({ exit: 78, wrong: ['broken config'] });
  });

  it('sees a data directory that others can look into', async () => {
    await home.json(['send', 'a@example.com', '--text', 'x']);
    await chmod(home.dataDir, 0o755);
    expect(await findings()).toMatchObject({
      exit: 69,
      wrong: expect.arrayContaining([`broken permissions of ${home.dataDir}`]),
    });
  });

  it('sees a provider that cannot be reached, and a tenant without a way out', async () => {
    const config = join(home.folder, 'iep.yaml');
    await writeFile(config, 'providers: { relay: { type: smtp, host: 127.0.0.1, port: 1, tls: none } }\n');
    await home.json(['tenant', 'add', 'acme', '--any-sender', 'on']);
    const { exit, wrong } = await findings({ IEP_CONFIG: config });
    expect(exit).toBe(69);
    expect(wrong).toEqual(expect.arrayContaining(['broken provider relay', 'broken route of acme']));
  });

  it('sees a damaged database', async () => {
    await mkdir(home.dataDir, { mode: 0o700 });
    await writeFile(join(home.dataDir, 'iep.db'), 'this is no database, and long enough to be looked at '.repeat(50));
    await chmod(join(home.dataDir, 'iep.db'), 0o600);
    await writeFile(join(home.dataDir, 'master.key'), Buffer.alloc(32), { mode: 0o600 });
    expect(await findings()).toMatchObject({ exit: 69, wrong: ['broken store', 'warning daemon'] });
  });
});

describe('iep completion', () => {
  const has = (program: string) => spawnSync(program, ['-c', 'true']).status === 0;

  it('completes commands, options and choices in bash', async () => {
    const { out } = await home.iep(['completion', 'bash']);
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
    const { out } = await home.iep(['completion', name]);
    for (const word of ['suppression', 'rotate', 'unknown-outcome']) expect(out).toContain(word);
    if (!has(name)) return;
    execFileSync(name, ['--no-execute'], { input: out });
  });
});
