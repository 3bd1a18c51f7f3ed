/** Commands in a directory that was removed under them, as a deployment does to cron jobs and services. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { bundleProgram, type Program } from '../program.ts';

let program: Program;
let folder: string;
let config: string;
beforeAll(() => {
  program = bundleProgram();
  folder = mkdtempSync(join(tmpdir(), 'iep-gone-'));
  config = join(folder, 'iep.config.yaml');
  const providers = 'providers: { capture: { type: capture } }\nrouting: { primary: capture }\n';
  writeFileSync(config, `dataDir: ${folder}/data\nhttp: { port: 0 }\nsmtp: { port: 0 }\n${providers}`);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => mkdirSync(join(folder, 'gone')));

/** What a shell runs in a directory that it has removed. */
const inGone = (args: readonly string[]) => [
  ...['-c', 'cd "$1" && rmdir "$1" && shift && exec "$@"', 'sh', join(folder, 'gone')],
  ...[process.execPath, program.script, ...args],
];

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const input = 'From: a@example.com\nTo: b@example.com\n\nhi\n';
  const done = spawnSync('sh', inGone(args), { input, encoding: 'utf8', env: { PATH: process.env.PATH, ...env } });
  return { exit: done.status, err: done.stderr };
}

const SENDMAIL = ['sendmail', '-t', '-i'];
const commands = [SENDMAIL, ['send', 'b@example.com', '--from', 'a@example.com'], ['list'], ['config', 'check']];

it.each(commands.map((args) => [args.join(' '), args] as const))('%s works with whole paths', (_name, args) => {
  const done = [{ IEP_CONFIG: config }, { IEP_CONFIG: config, IEP_DATADIR: join(folder, 'other') }].map((env) => {
    if (args[0] === 'list') run(SENDMAIL, env);
    mkdirSync(join(folder, 'gone'), { recursive: true });
    return run(args, env);
  });
  expect(done.map(({ exit, err }) => [exit, err.includes('something went wrong')])).toEqual([
    [0, false],
    [0, false],
  ]);
});

it('sendmail works with the data directory alone', () => {
  expect(run(SENDMAIL, { IEP_DATADIR: join(folder, 'data') })).toEqual({ exit: 0, err: '' });
});

it('serve works with whole paths', async () => {
  const daemon = spawn('sh', inGone(['--config', config, 'serve']), { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  for await (const line of createInterface({ input: daemon.stdout })) {
    lines.push(line);
    if (line.includes('the daemon is up')) daemon.kill('SIGTERM');
  }
  const [exit] = daemon.exitCode === null ? await once(daemon, 'exit') : [daemon.exitCode];
  expect({ exit, isUp: lines.some((line) => line.includes('the daemon is up')) }).toEqual({ exit: 0, isUp: true });
});

it.each([
  ['mail with no path', SENDMAIL, {}],
  ['a list with no path', ['list'], {}],
  ['a configuration by a relative path', ['config', 'check'], { IEP_CONFIG: 'iep.config.yaml' }],
  ['mail with a relative path', SENDMAIL, { IEP_DATADIR: 'data' }],
  ['a file to write', ['init'], {}],
])('%s is refused with a sentence', (_name, args, env) => {
  const { exit, err } = run(args, env);
  expect(exit).toBe(75);
  expect(err).toContain('the working directory is gone');
});
