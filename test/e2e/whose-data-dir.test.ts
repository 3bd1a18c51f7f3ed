/** Whom the command line trusts: real users over real files. Needs root, which alone can become the others. */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { call, makeOpenFolder, OWNER, STRANGER, type UserCall } from '../other-users.ts';
import { bundleProgram, type Program } from '../program.ts';

const ROOT = 0;

const title = process.getuid?.() === 0 ? 'whose data directory it is' : 'whose data directory it is (needs root)';

describe.skipIf(process.getuid?.() !== 0)(title, () => {
  let program: Program;
  beforeAll(() => {
    program = bundleProgram();
  });

  /** Of root, open to all, in a directory that belongs to nobody else. */
  let folder: string;
  beforeEach(() => {
    folder = makeOpenFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function directory(name: string, uid: number, mode = 0o755): string {
    const path = join(folder, name);
    mkdirSync(path);
    chownSync(path, uid, uid);
    chmodSync(path, mode);
    return path;
  }
  function file(path: string, text: string, { uid = ROOT, mode = 0o644 } = {}): string {
    writeFileSync(path, text);
    chownSync(path, uid, uid);
    chmodSync(path, mode);
    return path;
  }
  const run = (uid: number, cwd: string, args: readonly string[], more: Pick<UserCall, 'env' | 'input'> = {}) =>
    call(program, args, { as: { uid, gid: uid }, cwd, ...more });
  const SEND = ['send', 'b@example.com', '--from', 'a@example.com'];
  const SENDMAIL = ['sendmail', '-f', 'a@example.com', 'b@example.com'];
  /** Every file below, with whose it is. */
  const owners = (path: string) =>
    readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => lstatSync(join(path, name)).uid);

  describe('a configuration', () => {
    it('that cannot be read is not an absent one', () => {
      const web = directory('web', STRANGER);
      const config = file(join(folder, 'iep.config.yaml'), 'dataDir: ./data', { mode: 0o600 });
      const env = { IEP_CONFIG: config };
      expect(run(STRANGER, web, ['list'], { env })).toMatchObject({ exit: 77, err: expect.stringContaining(config) });
      expect(run(STRANGER, web, SEND, { env })).toMatchObject({ exit: 75, out: '' });
      expect(run(STRANGER, web, SENDMAIL, { env })).toMatchObject({ exit: 75, out: '' });
      expect(readdirSync(web)).toEqual([]);
      // In the working directory it is there too.
      expect(run(STRANGER, folder, ['list'])).toMatchObject({ exit: 77, err: expect.stringContaining('EACCES') });
    });

    it.each([
      ['of another user', { uid: STRANGER }, 0o755, 'belongs to user 61002'],
      ['that others may write', { uid: ROOT, mode: 0o666 }, 0o755, 'may be written by others'],
      ['that a group may write', { uid: ROOT, mode: 0o664 }, 0o755, 'may be written by others'],
      ['in a directory where others may replace it', { uid: ROOT }, 0o777, 'which others may write'],
    ])('%s is not taken from the working directory', (_what, how, mode, why) => {
      const cwd = directory('here', ROOT, mode);
      const secret = file(join(folder, 'secret'), 'only for root', { mode: 0o600 });
      file(
        join(cwd, 'iep.config.yaml'),
        `profiles: { default: { url: 'http://127.0.0.1:1', apiKey: 'file:${secret}' } }`,
        how,
      );
      expect(run(ROOT, cwd, ['list'])).toMatchObject({ exit: 77, err: expect.stringContaining(why) });
      // 69 would say that it was called.
      const sent = run(ROOT, cwd, SEND);
      expect([0, 75]).toContain(sent.exit);
      expect(sent.err).toContain('it is passed over');
      expect(run(ROOT, cwd, SENDMAIL, { input: 'To: b@example.com\n\nhi\n' }).exit).not.toBe(69);
    });

    it('of root or the caller is taken, in a sticky directory too', () => {
      const cwd = directory('here', ROOT, 0o1777);
      file(join(cwd, 'iep.config.yaml'), `dataDir: ${join(folder, 'none')}`, { uid: ROOT });
      expect(run(STRANGER, cwd, ['list'])).toMatchObject({ exit: 65, err: expect.stringContaining('none') });
    });

    it('reached by a link of another user is not taken', () => {
      const cwd = directory('here', ROOT, 0o1777);
      const real = file(join(folder, 'real.yaml'), 'dataDir: ./data', { uid: ROOT });
      symlinkSync(real, join(cwd, 'iep.config.yaml'));
      spawnSync('chown', ['-h', String(STRANGER), join(cwd, 'iep.config.yaml')]);
      expect(run(ROOT, cwd, ['list'])).toMatchObject({ exit: 77, err: expect.stringContaining('is a link of user') });
    });

    it('is never taken from the working directory by sendmail', () => {
      const cwd = directory('here', STRANGER);
      file(join(cwd, 'iep.config.yaml'), 'dataDir: ./data', { uid: STRANGER });
      expect(run(STRANGER, cwd, SENDMAIL)).toMatchObject({ exit: 75, out: '' });
      expect(readdirSync(cwd)).toEqual(['iep.config.yaml']);
    });
  });

  describe('a store', () => {
    it("is not made in another user's directory, or where others may write", () => {
      for (const [uid, cwd] of [
        [STRANGER, directory('of-root', ROOT)],
        [STRANGER, directory('of-all', ROOT, 0o1777)],
        [ROOT, directory('of-a-stranger', STRANGER)],
        [STRANGER, directory('mine-and-open', STRANGER, 0o777)],
      ] as const) {
        expect(run(uid, cwd, SEND)).toMatchObject({ exit: 75, out: '', err: expect.stringContaining('Nothing was') });
        expect(readdirSync(cwd)).toEqual([]);
      }
    });

    it('is made by the first mail of the user whose data directory it is, but not by sendmail', () => {
      const cwd = directory('mine', STRANGER);
      expect(run(STRANGER, cwd, SENDMAIL)).toMatchObject({ exit: 75 });
      expect(readdirSync(cwd)).toEqual([]);
      expect(run(STRANGER, cwd, SEND)).toMatchObject({ exit: 0 });
      expect(statSync(join(cwd, 'iep-data')).mode & 0o777).toBe(0o700);
    });

    it('that another user left in the working directory takes no mail of root', () => {
      const cwd = directory('shared', ROOT, 0o1777);
      directory('shared/iep-data', STRANGER, 0o700);
      expect(run(ROOT, cwd, SEND)).toMatchObject({ exit: 75, err: expect.stringContaining('belongs to user') });
      expect(run(ROOT, cwd, ['list'])).toMatchObject({ exit: 77 });
      expect(readdirSync(join(cwd, 'iep-data'))).toEqual([]);
    });

    it('that is named and reached by a link of another user is not used', () => {
      const real = directory('real', ROOT, 0o700);
      expect(run(ROOT, folder, SEND, { env: { IEP_DATADIR: real } }).exit).toBe(0);
      const theirs = directory('theirs', STRANGER);
      const link = join(theirs, 'iep-data');
      symlinkSync(real, link);
      symlinkSync(folder, join(theirs, 'up'));
      const own = join(folder, 'own');
      symlinkSync(link, own);
      const config = file(join(folder, 'named.yaml'), `dataDir: ${link}\nproviders: { capture: { type: capture } }`);
      const before = owners(real).length;
      for (const env of [
        { IEP_DATADIR: link },
        { IEP_DATADIR: own },
        { IEP_DATADIR: join(theirs, 'up/real') },
        { IEP_DATADIR: join(theirs, 'up/new') },
        { IEP_CONFIG: config },
      ]) {
        expect(run(ROOT, folder, SEND, { env })).toMatchObject({
          exit: 75,
          out: '',
          err: expect.stringContaining('link'),
        });
      }
      for (const args of [['list'], ['serve', '--dev'], ['backup', join(folder, 'b.tar')], ['config', 'check']]) {
        const ran = run(ROOT, folder, args, { env: { IEP_CONFIG: config } });
        expect({ args, exit: ran.exit, err: ran.err }).toEqual({
          args,
          exit: 77,
          err: expect.stringContaining('link'),
        });
      }
      expect(owners(real)).toHaveLength(before);
      expect(existsSync(join(folder, 'new'))).toBe(false);
      // A link that leads to what is its maker's own leads nobody astray.
      directory('theirs/data', STRANGER, 0o700);
      symlinkSync('data', join(theirs, 'mine'));
      expect(run(ROOT, folder, SEND, { env: { IEP_DATADIR: join(theirs, 'mine') } }).exit).toBe(0);
      expect(new Set(owners(join(theirs, 'data')))).toEqual(new Set([STRANGER]));
    });

    it('of another user is never written to', () => {
      const dataDir = directory('data', OWNER, 0o700);
      const env = { IEP_DATADIR: dataDir };
      expect(run(STRANGER, folder, SEND, { env })).toMatchObject({ exit: 75 });
      expect(run(STRANGER, folder, ['list'], { env })).toMatchObject({ exit: 77 });
      expect(readdirSync(dataDir)).toEqual([]);
    });
  });

  describe('root', () => {
    let dataDir: string;
    let env: Record<string, string>;
    beforeEach(() => {
      dataDir = directory('data', OWNER, 0o700);
      env = { IEP_DATADIR: dataDir };
      expect(run(OWNER, folder, SEND, { env }).exit).toBe(0);
    });

    it('leaves nothing in the directory that its owner could not open', () => {
      const apart = directory('backups', ROOT, 0o700);
      for (const args of [
        SEND,
        ['list'],
        ['tenant', 'add', 'acme'],
        ['doctor', '--json'],
        ['backup', join(apart, 'b.tar')],
        ['key', 'master', 'rotate', '--old-key-to', join(apart, 'old.key')],
      ]) {
        const ran = run(ROOT, folder, args, { env });
        expect([0, 69]).toContain(ran.exit);
        expect(new Set(owners(dataDir))).toEqual(new Set([OWNER]));
      }
      expect(readdirSync(apart).sort()).toEqual(['b.tar', 'old.key']);
      expect(new Set(owners(apart))).toEqual(new Set([ROOT]));
      expect(run(OWNER, folder, ['list', '--tenant', 'default', '--json'], { env })).toMatchObject({ exit: 0 });
    });

    it.each(['list', 'doctor', 'migrate', 'queue', 'backup', 'stats'])('is not led anywhere by links: %s', (name) => {
      // The first large content makes it.
      directory('data/blobs', OWNER, 0o700);
      const args = name === 'backup' ? ['backup', join(folder, 'b.tar')] : [name];
      const apart = directory('apart', ROOT, 0o700);
      const old = file(join(apart, 'old'), 'precious');
      utimesSync(old, 0, 0);
      const prey = file(join(apart, 'prey'), '');
      const links: Readonly<Record<string, string>> = { 'blobs/tmp': apart, 'iep.db': prey, 'daemon.lock': prey };
      for (const [link, target] of Object.entries(links)) {
        const path = join(dataDir, link);
        const aside = join(folder, 'aside');
        const wasThere = existsSync(path);
        if (wasThere) spawnSync('mv', [path, aside]);
        symlinkSync(target, path);
        const ran = run(ROOT, folder, args, { env });
        expect({ link, exit: ran.exit === 0 ? 'went on' : 'refused' }).toEqual({ link, exit: 'refused' });
        expect(ran.err + ran.out).toContain('a link');
        expect(readFileSync(old, 'utf8')).toBe('precious');
        expect(statSync(prey).size).toBe(0);
        expect(readdirSync(apart).sort()).toEqual(['old', 'prey']);
        rmSync(path);
        if (wasThere) spawnSync('mv', [aside, path]);
      }
    });
  });
});
