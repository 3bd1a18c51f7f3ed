/** What `iep send` loads, as the process itself tells it: a script waits for each of these modules. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { spawnDaemon } from '../daemon-process.ts';
import { bundleProgram, type Program } from '../program.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

/** Packages that may be loaded before a message is stored here; over the socket, no more than the first. */
const inShell = ['commander'];
const inStore = [...inShell, 'better-sqlite3'];
/** Parts of Node that take long. */
const slow = /undici|webstreams|internal\/deps\/acorn|^NativeModule (https|inspector|dns)$/;

let program: Program;
beforeAll(() => {
  program = bundleProgram();
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iep-loaded-'));
  writeFileSync(
    join(folder, 'tell.mjs'),
    `import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
const before = new Set(process.moduleLoadList);
const files = [];
registerHooks({ load(url, context, next) { files.push(url); return next(url, context); } });
process.on('exit', () => {
  const builtins = process.moduleLoadList.filter((name) => !before.has(name));
  writeFileSync(${JSON.stringify(join(folder, 'loaded.json'))}, JSON.stringify({ files, builtins }));
});`,
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Loaded {
  readonly packages: readonly string[];
  readonly slow: readonly string[];
  readonly sources: readonly string[];
}

function loadedBy(args: readonly string[]): Loaded {
  const { files } = told(main, args);
  // As one script, because an import statement of a part of Node reads all that it exports, and loads what that takes.
  const { builtins } = told(program.bare, args);
  const packages = files.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
  return {
    packages: [...new Set(packages)].sort(),
    slow: builtins.filter((name) => slow.test(name)),
    sources: files.flatMap((url) => /\/(src\/.*)$/.exec(url)?.[1] ?? []),
  };
}

function told(script: string, args: readonly string[]) {
  const { status, stderr } = spawnSync(process.execPath, ['--import', join(folder, 'tell.mjs'), script, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder },
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(readFileSync(join(folder, 'loaded.json'), 'utf8')) as {
    readonly files: readonly string[];
    readonly builtins: readonly string[];
  };
}

const send = ['send', '--from', 'a@acme.example', '--to', 'b@example.com', '--subject', 'Hi', '--text', 'Hello'];

describe('what is loaded', () => {
  it('where no daemon runs: the store, and no schema, template, header codec or HTTP', () => {
    const loaded = loadedBy(send);
    expect(loaded.packages).toEqual([...inStore].sort());
    expect(loaded.slow).toEqual([]);
    expect(loaded.sources).toContain('src/message/intake/accept.ts');
    expect(loaded.sources).not.toContain('src/cli/client/http-transport.ts');
  });

  it('where a file says how: the schema, and nothing that connects', () => {
    const relay = { type: 'smtp', host: 'smtp.example.com' };
    writeFileSync(join(folder, 'iep.config.yaml'), JSON.stringify({ providers: { relay } }));
    const { packages } = loadedBy(send);
    expect(packages).toContain('zod');
    expect(packages).not.toContain('nodemailer');
  });

  it('where a daemon runs: the way to its socket, and not the store', async () => {
    const daemon = spawnDaemon({ cwd: folder, args: ['--dev'], env: { HOME: folder } });
    await daemon.line((line) => line.includes('the daemon is up'));
    try {
      const loaded = loadedBy(send);
      expect(loaded.packages).toEqual(inShell);
      expect(loaded.slow).toEqual([]);
      expect(loaded.sources).toContain('src/cli/client/http-transport.ts');
      expect(loaded.sources).not.toContain('src/daemon/local.ts');
    } finally {
      daemon.process.kill('SIGTERM');
      await daemon.ended;
    }
  });
});
