/** Kills a command before each of its changes to files: what it was to make is there whole or not at all, and the next run succeeds. */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openFile } from '../../src/db/sqlite/connection.ts';
import { bundleProgram, type Program } from '../program.ts';

const dieAtCall = join(import.meta.dirname, 'die-at-call.ts');
const nextSchema = join(import.meta.dirname, '../next-schema.ts');
const LARGE = `Subject: large\n\n${'0123456789abcdef'.repeat(20_000)}\n`;
/** More than any command makes; a loop that gets here is wrong. */
const MOST_CALLS = 150;

let program: Program;
let folder: string;
beforeAll(() => {
  program = bundleProgram();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iep-copies-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface How {
  readonly dataDir?: string;
  readonly dieAt?: number;
  readonly input?: string;
  /** As a version whose schema is one step further. */
  readonly isNext?: boolean;
}

function iep(args: readonly string[], { dataDir = join(folder, 'data'), dieAt, input, isNext = false }: How = {}) {
  const dying = dieAt === undefined ? [] : ['--import', dieAtCall];
  const next = isNext ? ['--import', nextSchema] : [];
  return spawnSync(process.execPath, [...next, ...dying, program.script, ...args], {
    encoding: 'utf8',
    input: input ?? '',
    env: {
      ...{ PATH: process.env.PATH, IEP_DATADIR: dataDir, LOGNAME: 'jo' },
      ...{ IEP_SMTP_HOSTNAME: 'host.example', DIE_AT: String(dieAt), DIE_BELOW: folder },
    },
  });
}

/** Runs it again and again, killed one change later each time, over what the run before left, until it comes to its end. */
function killEverywhere(args: readonly string[], each: { how?: How; before?: () => void; after: () => void }): number {
  for (let dieAt = 1; dieAt < MOST_CALLS; dieAt += 1) {
    each.before?.();
    const { signal, status, stderr } = iep(args, { ...each.how, dieAt });
    each.after();
    if (signal === 'SIGKILL') continue;
    expect(status, stderr).toBe(0);
    return dieAt - 1;
  }
  throw new Error('it did not come to its end');
}

const hidden = (path: string) => readdirSync(path).filter((name) => name.startsWith('.'));
const countOf = (file: string) => {
  const db = openFile(file, { readonly: true });
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  const count = db.prepare('SELECT count(*) FROM messages').pluck().get();
  db.close();
  return count;
};

function fill() {
  for (const [args, input] of [
    [['send', 'a@example.com', '--text', 'small'], ''],
    [['send', '--raw', '--to', 'a@example.com'], LARGE],
    [['suppression', 'add', 'b@example.com'], ''],
  ] as const) {
    const { status, stderr } = iep(args, { input });
    expect(status, stderr).toBe(0);
  }
}

it('iep backup', { timeout: 300_000 }, () => {
  fill();
  const file = join(folder, 'out/iep.tar');
  mkdirSync(join(folder, 'out'));
  const kills = killEverywhere(['backup', file], {
    before: () => rmSync(file, { force: true }),
    after() {
      if (!existsSync(file)) return;
      const target = join(folder, 'checked');
      expect(iep(['restore', file], { dataDir: target }).status).toBe(0);
      expect(countOf(join(target, 'iep.db'))).toBe(2);
      expect(globSync(join(target, 'blobs/??/??/*'))).toHaveLength(1);
      rmSync(target, { recursive: true });
    },
  });
  expect(kills).toBeGreaterThan(8);
  expect(readdirSync(join(folder, 'out'))).toEqual(['iep.tar']);
});

it.each(['that is not there', 'that is there and empty, as a mount is'])(
  'iep restore into a directory %s',
  { timeout: 300_000 },
  (kind) => {
    fill();
    const file = join(folder, 'iep.tar');
    expect(iep(['backup', '--with-master-key', file]).status).toBe(0);
    mkdirSync(join(folder, 'out'));
    const target = join(folder, 'out/data');
    const isMount = kind !== 'that is not there';
    if (isMount) mkdirSync(target);
    const kills = killEverywhere(['restore', file], {
      how: { dataDir: target },
      after() {
        if (!existsSync(join(target, 'iep.db'))) return;
        expect(countOf(join(target, 'iep.db'))).toBe(2);
        expect(readdirSync(target)).toEqual(expect.arrayContaining(['blobs', 'master.key']));
        expect(globSync(join(target, 'blobs/??/??/*'))).toHaveLength(1);
        for (const name of readdirSync(target)) {
          if (!name.startsWith('.')) rmSync(join(target, name), { recursive: true });
        }
        if (!isMount) rmSync(target, { recursive: true });
      },
    });
    expect(kills).toBeGreaterThan(10);
    expect(hidden(join(folder, 'out'))).toEqual([]);
    if (isMount) expect(hidden(target)).toEqual([]);
  },
);

it('the copy before a migration', { timeout: 300_000 }, () => {
  fill();
  const dataDir = join(folder, 'data');
  const old = join(folder, 'old.db');
  cpSync(join(dataDir, 'iep.db'), old);
  const kills = killEverywhere(['migrate'], {
    how: { isNext: true },
    before() {
      for (const name of globSync('iep.db*', { cwd: dataDir })) rmSync(join(dataDir, name));
      cpSync(old, join(dataDir, 'iep.db'));
    },
    after() {
      for (const copy of globSync(join(dataDir, 'backups/*.db'))) {
        expect(countOf(copy)).toBe(2);
        rmSync(copy);
      }
      expect(countOf(join(dataDir, 'iep.db'))).toBe(2);
    },
  });
  expect(kills).toBeGreaterThan(5);
  expect(hidden(join(dataDir, 'backups'))).toEqual([]);
});

it('an export', { timeout: 300_000 }, () => {
  fill();
  const file = join(folder, 'out/suppressed.csv');
  mkdirSync(join(folder, 'out'));
  const kills = killEverywhere(['suppression', 'export', file], {
    before: () => rmSync(file, { force: true }),
    after: () => expect(existsSync(file) ? readFileSync(file, 'utf8') : 'b@example.com').toContain('b@example.com'),
  });
  expect(kills).toBeGreaterThan(3);
  expect(readdirSync(join(folder, 'out'))).toEqual(['suppressed.csv']);
});
